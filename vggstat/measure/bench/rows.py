"""What a session measured, as the rows of a file of results."""

from __future__ import annotations

from collections.abc import Sequence

from vggstat.cost.bench import EXECUTIONS, BenchResult, Execution, LayerTime, MeasuredCeilings, Parts, Timing
from vggstat.cost.facts import exact
from vggstat.cost.roofline import LayerBound, Roofline, roofline
from vggstat.measure.bench.passes import BACKWARD, LOSS, OPTIMIZER
from vggstat.measure.bench.session import IN_GRAPH, Session, predicted_bytes
from vggstat.measure.bench.settings import label_of
from vggstat.measure.bench.stopwatch import Stopwatch
from vggstat.measure.bench.telemetry import between

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
        image=report.graph.image,
        further_inputs={node.name: node.shape for node in report.graph.further_inputs},
        head=report.graph.head or "",
        classes=report.graph.classes,
        batch=workload.batch,
        mode=workload.mode,
        optimizer=workload.optimizer.name if training else None,
        implementation=workload.optimizer.implementation if training else None,
        execution=execution,
        compile_mode=session.plan.compile_mode if execution.startswith("compiled") else "off",
        channels_last=session.plan.channels_last,
        loss=session.loss,
        flops=_flops(session),
        counted=session.counted,
        error=error,
        predicted_bytes=None if session.unlike else predicted_bytes(report),
        note=session.notes.get(execution, ""),
    )


def _flops(session: Session) -> int | None:
    """Of the pass or the step; None where there is work in it that nobody knows."""
    report = session.report
    forward = None if session.unlike else exact(report, "operations:flops")
    if report.workload.mode == "inference" or forward is None:
        return forward
    return exact(report, "training_flops")


def _row(session: Session, execution: Execution, timing: Timing, line: Roofline | None) -> BenchResult:
    watch = session.watches[execution]
    is_eager = execution == "eager"
    in_graph = session.layers_method.startswith(IN_GRAPH) and "graph" in session.watches
    result = failed_row(session, "", execution)
    bound = line if result.flops is not None else None
    return result.replace(
        samples_s=timing.samples_s,
        first_s=timing.first_s,
        host_samples_s=timing.host_samples_s,
        parts=Parts(
            forward=_part(watch, "forward") if session.report.workload.mode == "training" else None,
            backward=_part(watch, "backward"),
            optimizer=_part(watch, OPTIMIZER),
        ),
        bytes=sum(layer.bytes for layer in bound.layers) if bound else None if line else 0,
        fused_bound_s=bound.fused_s if bound else None,
        eager_bound_s=bound.eager_s if bound else None,
        own_bound_s=_own_bound(session, execution, bound) if bound else None,
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
    bounds = {layer.name: layer for layer in line.layers}
    rows = []
    for section in session.sections:
        row = LayerTime(
            name=section.name,
            kind=section.kind,
            samples_s=watch.section(section.name),
            backward_samples_s=watch.section(BACKWARD + section.name),
            input_channels=channels.get(section.groups[0], 0),
        )
        parts = [bounds[group] for group in section.groups]
        known = not session.unlike and all(part.is_counted for part in parts)
        rows.append(_bounded(row, parts) if known else _unbounded(row))
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


def _unbounded(row: LayerTime) -> LayerTime:
    return row.replace(
        flops=None,
        bytes=None,
        eager_bytes=None,
        bound_s=None,
        limit=None,
        backward_bound_s=None,
        backward_flops=None,
        backward_bytes=None,
    )


def _bounded(row: LayerTime, parts: Sequence[LayerBound]) -> LayerTime:
    """The row with the bounds of its groups of layers, which run one after the other."""
    kernels = tuple(kernel for part in parts for kernel in part.kernels)
    whole = LayerBound(name=row.name, kind=row.kind, kernels=kernels, ceilings=parts[0].ceilings)
    return row.replace(
        flops=whole.flops,
        bytes=whole.bytes,
        eager_bytes=whole.bytes_of(style="eager"),
        bound_s=whole.fused_s,
        limit=whole.limit,
        backward_bound_s=whole.seconds("backward"),
        backward_flops=whole.flops_of("backward"),
        backward_bytes=whole.bytes_of("backward"),
    )


def _part(watch: Stopwatch, name: str) -> Timing | None:
    samples = watch.section(name)
    return Timing(samples_s=samples) if samples else None
