"""A benchmark written down as literals: two batches of D, one of them with its layers."""

from __future__ import annotations

from tests.networks import report_of
from vggstat.cost.bench import BenchFile, BenchResult, DeviceInfo, LayerTime, MeasuredCeilings
from vggstat.cost.roofline import roofline

REPORT = report_of("D@bf16,batch=8")

CEILINGS = MeasuredCeilings(
    device="Some GPU",
    dtype="bf16",
    matmul_n=1000,
    matmul_samples_s=(2e-6,) * 5,  # 2 * 1000^3 FLOPs in 2 µs: 10^15 a second
    copy_bytes=10**9,
    copy_samples_s=(1e-3,) * 5,  # read and written: 2 * 10^12 B a second
)

LAYERS = tuple(
    LayerTime(
        name=bound.name,
        kind=bound.kind,
        samples_s=(2 * bound.fused_s,) * 5,
        flops=bound.flops,
        bytes=bound.bytes,
        bound_s=bound.fused_s,
        limit=bound.limit,
    )
    for bound in roofline(REPORT.graph, REPORT.workload, CEILINGS.ceilings).layers
)


def result(batch: int, seconds: float, layers: tuple[LayerTime, ...] = ()) -> BenchResult:
    """One measured row."""
    return BenchResult(
        spec="D",
        digest=REPORT.graph.spec.digest,
        device="cuda:0",
        dtype="bfloat16",
        image=(3, 224, 224),
        batch=batch,
        samples_s=(seconds,) * 9,
        flops=30_940_528_640 * batch,
        layers=layers,
        layers_method="events between layers",
    )


FILE = BenchFile(
    started="2026-01-01T00:00:00",
    device=DeviceInfo(kind="cuda", name="Some GPU", memory_bytes=10**10, versions={"torch": "2.13.0"}),
    ceilings=(CEILINGS,),
    results=(result(1, 0.001), result(8, 0.004, LAYERS)),
)
