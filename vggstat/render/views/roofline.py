"""The roofline: what binds each layer, and how fast the whole could be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from vggstat.cost.roofline import LayerBound, Roofline
from vggstat.cost.traffic import STYLES, Style
from vggstat.render.bars import bar
from vggstat.render.captions import left_out_note, run_notes, spec_words, workload_words
from vggstat.render.figures import UNKNOWN, UNKNOWN_CELL, part_words
from vggstat.render.measured import clock_unit, rate, seconds, share, significant
from vggstat.render.not_counted import layers_words, why_words
from vggstat.render.page import RULE, Column, Named, Page, Row, Table, Text, row, total
from vggstat.render.report_data import SCHEMA
from vggstat.render.views.memory import run_words, running_data
from vggstat.units import giga, mega

__all__ = ["roofline_data", "roofline_page"]

BAR_WIDTH = 16


RULES = (
    "Bound: for each kernel the larger of FLOPs / matrix rate and bytes / bandwidth; FLOPs are 2 per "
    "multiply-accumulate. Bytes are ideal: weights, input and output once. Fused: bias, ReLU and the like cost nothing "
    "of their own; eager: they are kernels of their own, and a max-pool writes int64 indices."
)
BETWEEN = (
    "Between the two, cuDNN conv + ReLU: one kernel that reads the map that it writes (torch.cudnn_convolution_relu); "
    "compiled: one kernel for all that follows a convolution, no indices."
)
WORDS: Final[dict[Style, str]] = {
    "fused": "fused",
    "cudnn-relu": "cuDNN conv + ReLU",
    "compiled": "compiled",
    "eager": "eager",
}


def roofline_page(line: Roofline) -> Page:
    """The page of ``vggstat roofline``.

    JSON: ``{"schema": 1, "spec", "workload": {...}, "ceilings": {"name", "dtype", "flops_per_s", "bytes_per_s",
    "ridge", sources}, "layers": [{"name", "kind", "flops", "bytes", "intensity", "compute_s", "memory_s",
    "fused_s", "eager_s", "limit"}], "fused": {"seconds", "images_per_s", "utilisation"}, "eager": {...}}``,
    in inference with ``cudnn-relu`` and ``compiled`` between them.
    Times are of the whole batch.
    """
    graph, workload = line.graph, line.workload
    ceilings = line.ceilings
    training = workload.mode == "training"
    return Page(
        title=spec_words(graph.spec),
        aside=f"{run_words(workload)} · {workload_words(graph, workload)}",
        parts=(
            Text(
                lines=(
                    f"Ceilings of {ceilings.name}: {rate(ceilings.flops_per_s / 1e12)} TFLOP/s in {ceilings.dtype} "
                    f"({ceilings.flops_source or 'as given'}), {significant(ceilings.bytes_per_s / 1e12)} TB/s "
                    f"({ceilings.bytes_source or 'as given'}). From {significant(ceilings.ridge)} FLOP/B on the matrix "
                    "rate binds.",
                )
            ),
            _layers(line),
            _whole(line),
        ),
        notes=(
            RULES if training else f"{RULES} {BETWEEN}",
            *_not_counted(line),
            *run_notes(graph, workload.mode),
            "Computed, nothing was run. A real run is slower: vggstat bench measures by how much.",
            *left_out_note(graph),
        ),
        data=lambda: roofline_data(line),
    )


def _not_counted(line: Roofline) -> tuple[str, ...]:
    """The layers whose arithmetic is in no bound."""
    left = line.not_counted
    if not left:
        return ()
    reasons = why_words((reason for one in left for reason in one.why), ())
    return (
        f"Not counted in FLOPs: {layers_words(line.graph, left)}. {reasons} The bounds are without "
        f"{'its' if len(left) == 1 else 'their'} arithmetic, and so lower ones all the same.",
    )


def _layers(line: Roofline) -> Table:
    training = line.workload.mode == "training"
    scale, unit = clock_unit(max(layer.eager_s for layer in line.layers))
    whole = sum(layer.fused_s for layer in line.layers)

    def time(value: float) -> str:
        return f"{value / scale:,.3f}"

    columns = [
        Column(key="layer", header="layer"),
        Column(key="flops", header="GFLOP", align="right", text=lambda count: giga(count), priority=20),
        Column(key="bytes", header="MB", align="right", text=lambda count: mega(count, 1), priority=20),
        Column(key="intensity", header="FLOP/B", align="right", text=lambda value: f"{value:,.1f}"),
        Column(key="compute_s", header=f"compute, {unit}", align="right", text=time, priority=10),
        Column(key="memory_s", header=f"memory, {unit}", align="right", text=time, priority=10),
        Column(key="fused_s", header=f"bound, {unit}", align="right", text=time),
        Column(key="share", header="share", align="right", text=share, priority=30),
        Column(key="bar", header="", label="bar", priority=40),
        Column(key="eager_s", header=f"eager, {unit}", align="right", text=time),
        Column(key="limit", header="limit"),
    ]
    if training:
        columns.insert(-1, Column(key="backward_s", header=f"backward, {unit}", align="right", text=time))
    rows = [_layer(layer, whole, training=training) for layer in line.layers]
    flops = sum(layer.flops for layer in line.layers)
    sums: list[Any] = ["sum", _part(flops, giga) if line.not_counted else flops]
    sums += [sum(layer.bytes for layer in line.layers), "", "", "", whole, "", ""]
    sums += [sum(layer.eager_s for layer in line.layers)]
    if training:
        sums.append(sum(layer.seconds("backward", "eager") for layer in line.layers))
    return Table(columns=tuple(columns), rows=(*rows, RULE, total(*sums, "")), name="layers", main=True)


def _part(known: int, text: Callable[[int], str]) -> Named:
    """What is known of a sum, marked as a part."""
    return Named(value=None, text=part_words(text(known)) if known else UNKNOWN)


def _layer(layer: LayerBound, whole: float, *, training: bool) -> Row:
    cells: list[Any] = [
        layer.name,
        (layer.flops or None) if layer.is_counted else UNKNOWN_CELL,
        layer.bytes,
        layer.intensity if layer.is_counted else UNKNOWN_CELL,
        (layer.compute_s if layer.flops else None) if layer.is_counted else UNKNOWN_CELL,
        layer.memory_s,
        layer.fused_s,
        layer.fused_s / whole if whole else None,
        bar(round(1e15 * layer.fused_s), round(1e15 * whole), BAR_WIDTH * 2),
        layer.eager_s,
    ]
    if training:
        cells.append(layer.seconds("backward", "eager"))
    return row(*cells, layer.limit if layer.is_counted else UNKNOWN_CELL)


def _styles(line: Roofline) -> tuple[Style, ...]:
    """The styles whose bounds differ: of a step in training nobody knows more than fused and eager."""
    return ("fused", "eager") if line.workload.mode == "training" else STYLES


def _whole(line: Roofline) -> Table:
    styles = _styles(line)
    parts: list[tuple[Any, ...]] = [("forward", *(line.seconds("forward", style) for style in styles))]
    if line.cast_s:
        parts.append(("weights cast by autocast", *(line.cast_s for _ in styles)))
    if line.workload.mode == "training":
        parts.append(("backward", *(line.seconds("backward", style) for style in styles)))
        step = line.seconds("optimizer", "eager")
        parts.append((f"optimizer, {line.workload.optimizer.title}", *(step for _ in styles)))
    rows = [row(*part) for part in parts] if len(parts) > 1 else []
    rows += [RULE] if rows else []
    rows += [
        row("whole network", *(line.total_s(style) for style in styles)),
        row("images/s, at most", *(_whole_number(line.images_per_s(style)) for style in styles)),
        row("TFLOP/s, at most", *(_known(line, _tera(line.flops_per_s(style))) for style in styles)),
        row(
            "of the matrix rate",
            *(_known(line, f"{100 * line.utilisation(style):.1f} %") for style in styles),
        ),
    ]
    return Table(
        columns=(
            Column(key="whole", header="whole network, bounds"),
            *(Column(key=style, header=WORDS[style], align="right", text=seconds) for style in styles),
        ),
        rows=tuple(rows),
        name="whole",
    )


def _known(line: Roofline, cell: Any) -> Any:
    """A figure that follows from all FLOPs, where these are known."""
    return UNKNOWN_CELL if line.not_counted else cell


def roofline_data(line: Roofline) -> dict[str, Any]:
    """What ``--format json`` prints."""
    graph, workload, ceilings = line.graph, line.workload, line.ceilings
    training = workload.mode == "training"
    return {
        "schema": SCHEMA,
        "spec": graph.spec.name,
        "title": graph.spec.title,
        "digest": graph.spec.digest,
        "workload": {
            "input": list(graph.image),
            "batch": workload.batch,
            "dtype": workload.dtype.name,
            "head": graph.head,
            "classes": graph.classes,
            **running_data(workload),
        },
        "ceilings": {
            "name": ceilings.name,
            "dtype": ceilings.dtype,
            "flops_per_s": ceilings.flops_per_s,
            "flops_source": ceilings.flops_source,
            "bytes_per_s": ceilings.bytes_per_s,
            "bytes_source": ceilings.bytes_source,
            "ridge": ceilings.ridge,
        },
        "layers": [
            {
                "name": layer.name,
                "kind": layer.kind,
                "flops": layer.flops if layer.is_counted else None,
                "bytes": layer.bytes,
                "eager_bytes": layer.bytes_of(style="eager"),
                "intensity": layer.intensity,
                "compute_s": layer.compute_s if layer.is_counted else None,
                "memory_s": layer.memory_s,
                "fused_s": layer.fused_s,
                "eager_s": layer.eager_s,
                "backward_s": layer.seconds("backward", "eager") if training else None,
                "limit": layer.limit if layer.is_counted else None,
            }
            for layer in line.layers
        ],
        "parts": {
            direction: {
                "fused_s": line.seconds(direction, "fused"),
                "eager_s": line.seconds(direction, "eager"),
            }
            for direction in (("forward", "backward", "optimizer") if training else ("forward",))
        },
        "autocast_s": line.cast_s,
        "flops_not_counted": [
            {"name": one.name, "work": list(one.why), "place": one.place or None} for one in line.not_counted
        ],
        **{style: _bound_data(line, style) for style in _styles(line)},
    }


def _whole_number(value: float | None) -> str | None:
    return None if value is None else f"{value:,.0f}"


def _tera(value: float | None) -> str | None:
    return None if value is None else rate(value / 1e12)


def _bound_data(line: Roofline, style: Style) -> dict[str, float | None]:
    return {
        "seconds": line.total_s(style),
        "images_per_s": line.images_per_s(style),
        "utilisation": None if line.not_counted else line.utilisation(style),
    }
