"""What a session measured, as the rows of a file of results."""

from __future__ import annotations

from vggstat.cost.bench import EXECUTIONS, BenchResult, Execution, LayerTime, MeasuredCeilings, Parts, Timing
from vggstat.cost.facts import known
from vggstat.cost.roofline import LayerBound, Roofline, roofline
from vggstat.measure.bench.passes import BACKWARD, LOSS, OPTIMIZER
from vggstat.measure.bench.session import IN_GRAPH, Session, predicted_bytes
from vggstat.measure.bench.settings import label_of
from vggstat.measure.bench.stopwatch import Stopwatch
from vggstat.measure.bench.telemetry import between
from vggstat.shapes import feature_map

__all__ = ["failed_row", "rows_of"]


def rows_of(session: Session, ceilings: MeasuredCeilings | None) -> tuple[BenchResult, ...]:
    """A row for each execution that was measured or failed; nothing before the first sample."""
    timings = {name: timing for name, watch in session.watches.items() if (timing := watch.timing())}
    line = None
    if ceilings is not None and timings:  # what torch refuses to run has no bounds either
        line = roofline(session.report.graph, session.report.workload, ceilings.ceilings)
    order = list(EXECUTIONS)
    return (
        *(_row(session, name, timings[name], line) for name in sorted(timings, key=order.index)),
        *(failed_row(session, error, execution) for execution, error in session.errors.items()),
    )


def failed_row(session: Session, error: str, execution: Execution = "eager") -> BenchResult:
    """The row of a configuration without a time, and why."""
    report, workload = session.report, session.report.workload
    training = workload.mode == "training"
    return BenchResult(
        spec=report.name,
        title=report.graph.spec.title,
        digest=report.graph.spec.digest,
        device=label_of(session.device),
        dtype=workload.dtype.name,
        autocast=workload.autocast.name if workload.autocast else None,
        image=feature_map(report.graph.image, "the model"),
        head=report.graph.head or "",
        classes=report.graph.classes,
        batch=workload.batch,
        mode=workload.mode,
        optimizer=workload.optimizer.name if training else None,
        implementation=workload.optimizer.implementation if training else None,
        execution=execution,
        compile_mode=session.plan.compile_mode if execution.startswith("compiled") else "off",
        channels_last=session.plan.channels_last,
        flops=known(report, "training_flops" if training else "operations:flops"),
        counted=session.counted,
        error=error,
        predicted_bytes=predicted_bytes(report),
        note=session.notes.get(execution, ""),
    )


def _row(session: Session, execution: Execution, timing: Timing, line: Roofline | None) -> BenchResult:
    watch = session.watches[execution]
    is_eager = execution == "eager"
    in_graph = session.layers_method == IN_GRAPH and "graph" in session.watches
    return failed_row(session, "", execution).replace(
        samples_s=timing.samples_s,
        first_s=timing.first_s,
        host_samples_s=timing.host_samples_s,
        parts=Parts(
            forward=_part(watch, "forward") if session.report.workload.mode == "training" else None,
            backward=_part(watch, "backward"),
            optimizer=_part(watch, OPTIMIZER),
        ),
        bytes=sum(layer.bytes for layer in line.layers) if line else 0,
        fused_bound_s=line.fused_s if line else None,
        eager_bound_s=line.eager_s if line else None,
        own_bound_s=_own_bound(session, execution, line) if line else None,
        layers=_layer_times(session, line) if is_eager and line else (),
        layers_method=session.layers_method if is_eager else "",
        layers_pass="graph" if in_graph else "eager",
        memory=session.memory if is_eager else None,
        telemetry=between(session.before, session.after),
    )


def _own_bound(session: Session, execution: Execution, line: Roofline) -> float:
    """The bound with the kernels that the execution has."""
    if execution.startswith("fused"):
        return line.mixed_s(session.styles)
    return line.total_s("compiled" if execution.startswith("compiled") else "eager")


def _layer_times(session: Session, line: Roofline) -> tuple[LayerTime, ...]:
    watch = session.layers
    if watch is None or not watch.samples:
        return ()
    channels = {node.name: node.in_shapes[0][0] for node in line.graph.nodes if node.layer.row_kind == "conv"}
    rows = [_layer(layer, watch, channels.get(layer.name, 0)) for layer in line.layers]
    for name in (LOSS, OPTIMIZER):
        if watch.section(name):
            rows.append(
                LayerTime(
                    name=name,
                    kind=name,
                    samples_s=watch.section(name),
                    backward_samples_s=watch.section(BACKWARD + name),
                    flops=0,
                    bytes=sum(kernel.bytes for kernel in line.beside if kernel.direction == name),
                    bound_s=line.seconds("optimizer", "fused") if name == OPTIMIZER else 0.0,
                    limit="memory",
                )
            )
    return tuple(row for row in rows if row.samples_s)


def _layer(layer: LayerBound, watch: Stopwatch, channels: int) -> LayerTime:
    return LayerTime(
        name=layer.name,
        kind=layer.kind,
        samples_s=watch.section(layer.name),
        backward_samples_s=watch.section(BACKWARD + layer.name),
        flops=layer.flops,
        bytes=layer.bytes,
        eager_bytes=layer.bytes_of(style="eager"),
        input_channels=channels,
        bound_s=layer.fused_s,
        limit=layer.limit,
        backward_bound_s=layer.seconds("backward"),
        backward_flops=layer.flops_of("backward"),
        backward_bytes=layer.bytes_of("backward"),
    )


def _part(watch: Stopwatch, name: str) -> Timing | None:
    samples = watch.section(name)
    return Timing(samples_s=samples) if samples else None
