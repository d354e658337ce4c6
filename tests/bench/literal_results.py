"""A results file written down as literals: its figures are invented, its records are not."""

from __future__ import annotations

from vggstat.cost.bench import (
    BenchFile,
    BenchResult,
    Counted,
    DeviceInfo,
    LayerTime,
    MeasuredCeilings,
    MemoryBridge,
    Scratch,
    Telemetry,
    Warned,
)

__all__ = ["EAGER", "FILE", "around"]

MS = 1e-3


def around(middle: float, count: int = 12, spread: float = 0.004) -> tuple[float, ...]:
    """Samples whose median is ``middle``, in no order that drifts."""
    steps = [(index * 7 % count) - (count - 1) / 2 for index in range(count)]
    return tuple(middle * (1 + spread * step / count) for step in steps)


DEVICE = DeviceInfo(
    kind="cuda",
    index=0,
    name="NVIDIA H200",
    memory_bytes=150_754_820_096,
    versions={"torch": "2.13.0", "cuda": "13.0", "vggstat": "0.1.0"},
    settings={"capability": "9.0", "cudnn.benchmark": True},
)

CEILINGS = MeasuredCeilings(
    device="NVIDIA H200",
    dtype="bf16",
    matmul_n=8192,
    matmul_samples_s=(2 * 8192**3 / 790e12,) * 12,
    copy_bytes=2**30,
    copy_samples_s=(2 * 2**30 / 4.3e12,) * 12,
)

LAYERS = (
    LayerTime(
        name="block1_conv1",
        kind="conv",
        samples_s=around(2.549 * MS),
        flops=44_392_513_536,
        bytes=1_721_237_120,
        eager_bytes=8_297_905_792,
        input_channels=3,
        bound_s=0.4003 * MS,
        limit="memory",
    ),
    LayerTime(
        name="block1_conv2",
        kind="conv",
        samples_s=around(3.536 * MS),
        flops=947_040_288_768,
        bytes=3_288_408_192,
        eager_bytes=9_865_076_864,
        input_channels=64,
        bound_s=1.1988 * MS,
        limit="compute",
    ),
    LayerTime(
        name="block1_pool",
        kind="pool",
        samples_s=around(1.008 * MS),
        flops=0,
        bytes=2_055_208_960,
        eager_bytes=3_699_376_128,
        bound_s=0.478 * MS,
        limit="memory",
    ),
)

EAGER = BenchResult(
    spec="D",
    title="VGG-16",
    digest="0" * 16,
    device="cuda:0",
    dtype="bfloat16",
    image=(3, 224, 224),
    head="adaptive",
    classes=1000,
    batch=256,
    samples_s=around(7.2 * MS),
    first_s=1.9,
    host_samples_s=around(0.4 * MS),
    flops=991_432_802_304,
    bytes=7_064_854_272,
    fused_bound_s=2.077 * MS,
    eager_bound_s=5.3 * MS,
    layers=LAYERS,
    layers_method="events inside one CUDA graph of the whole pass",
    layers_pass="graph",
    memory=MemoryBridge(
        predicted_bytes=4_053_161_552,
        predicted_at="block1_pool",
        scratch=(
            Scratch("cuBLAS workspace", 33_554_432, "kept between passes, seen in the allocator's trace"),
        ),
        requested_peak_bytes=4_086_715_984,
        measured_at="block1_pool",
        allocated_peak_bytes=4_089_338_960,
        reserved_peak_bytes=4_185_915_392,
        device_bytes=5_000_000_000,
        method="torch.cuda.memory_stats, workspaces by the allocator's trace",
    ),
    counted=(
        Counted("shapes", 21, "forward hooks"),
        Counted("parameters", 138_357_544, "torch"),
        Counted("operations", 15_470_289_408, "fvcore"),
    ),
    telemetry=Telemetry(
        clock_mhz=(1980, 1905),
        max_clock_mhz=1980,
        temperature_c=(50, 64),
        power_w=(100.0, 620.0),
        power_limit_w=700.0,
    ),
    predicted_bytes=4_053_161_552,
)

FILE = BenchFile(
    started="2026-01-01T00:00:00+00:00",
    device=DEVICE,
    ceilings=(CEILINGS,),
    results=(
        EAGER,
        EAGER.replace(
            execution="graph",
            samples_s=around(7.08 * MS),
            first_s=None,
            host_samples_s=(),
            layers=(),
            memory=None,
            layers_method="",
        ),
        EAGER.replace(
            execution="compiled+graph",
            compile_mode="default",
            samples_s=around(4.4 * MS),
            first_s=41.0,
            host_samples_s=(),
            layers=(),
            memory=None,
            layers_method="",
            warnings=(Warned("wide-spread", "the runs differ much (IQR/median 0.12)"),),
        ),
        EAGER.replace(
            batch=8192,
            samples_s=(),
            first_s=None,
            host_samples_s=(),
            layers=(),
            memory=None,
            counted=(),
            telemetry=None,
            error="needs 120.41 GB by prediction, and 80.00 GB are free on cuda:0: take a smaller --batch, or --force",
        ),
    ),
)
