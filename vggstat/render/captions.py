"""The words around tables: what was run, and under which convention."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from vggstat.cost.convention import Convention
from vggstat.cost.counting import COUNTING_RULES
from vggstat.cost.report import Report
from vggstat.cost.workload import Workload
from vggstat.net.graph import Graph
from vggstat.net.ops.adaptive_avgpool import AdaptiveAvgPool
from vggstat.net.spec import Spec
from vggstat.net.work import kind_of
from vggstat.render.figures import apart
from vggstat.render.not_counted import not_counted_notes, some
from vggstat.shapes import Shape, describe
from vggstat.units import grouped

__all__ = [
    "AXES_NOTE",
    "HEAD_NOTES",
    "MACS_NOTE",
    "NAMES_NOTE",
    "UNITS_NOTE",
    "axes_note",
    "graph_notes",
    "head_note",
    "held_note",
    "image_words",
    "left_out_note",
    "left_out_words",
    "memory_notes",
    "names_note",
    "operations_note",
    "run_notes",
    "run_words",
    "shared_words",
    "spec_words",
    "workload_words",
    "workloads_words",
]

UNITS_NOTE = "MB = 10^6 B, MiB = 2^20 B."
MACS_NOTE = f"{COUNTING_RULES[0].unit}: {COUNTING_RULES[0].definition}."

HEAD_NOTES = {
    "flatten": "Head flatten: the first FC layer takes the last map as it comes, so its parameters depend on the "
    "input size.",
    "conv": "Head conv: the FC layers as convolutions over the map, with the same weights (dense evaluation).",
    "gap": "Head gap: a global average pool before the FC layers.",
    "none": "Head none: no FC layers.",
}


def image_words(image: Shape) -> str:
    """The image in words: ``224×224 RGB image``."""
    if len(image) != 3:
        return f"input of {describe(image)} values"
    channels, height, width = image
    colours = {1: "grey image", 3: "RGB image"}.get(channels, f"image of {channels:,} channels")
    return f"{height}×{width} {colours}"


def workload_words(graph: Graph, workload: Workload) -> str:
    """What is run: image, further inputs, batch, dtype."""
    others = "".join(f" and {node.name} {describe(node.shape)}" for node in graph.further_inputs)
    return run_words(graph.image, workload, others)


def run_words(image: Shape, workload: Workload, others: str = "") -> str:
    """The same of an image of this shape."""
    return f"{image_words(image)}{others} · batch {workload.batch:,} · {workload.dtype.name}"


def workloads_words(reports: Sequence[Report], names: Sequence[str]) -> list[str]:
    """What is run of several networks: once where it is the same of all, else of which networks what."""
    return shared_words([workload_words(report.graph, report.workload) for report in reports], names)


def shared_words(texts: Sequence[str], names: Sequence[str]) -> list[str]:
    """Each text once, after the names that it holds for; without them where it holds for all."""
    alike: dict[str, list[str]] = {}
    for name, text in zip(names, texts, strict=True):
        alike.setdefault(text, []).append(name)
    if len(alike) == 1:
        return list(alike)
    return [f"{', '.join(group)}: {words}" for words, group in alike.items()]


def spec_words(spec: Spec) -> str:
    """The network's name, title and source."""
    parts = [spec.name]
    if spec.title != spec.name:
        parts.append(spec.title)
    if spec.source:
        parts.append(spec.source)
    return " · ".join(parts)


def head_note(graph: Graph) -> str:
    """What joins the maps to the FC layers, in a sentence, and in another one what another head has left out.

    Empty of a model, whose code says it.
    """
    return "" if graph.head is None else " ".join((_joint_note(graph), *left_out_note(graph)))


def graph_notes(report: Report, *totals: str) -> tuple[str, ...]:
    """What is to be said of a network beside its figures: its head, or what its model holds and nobody sees in a table.

    And which layers the ``totals`` that are shown do not hold, by their keys among the facts.
    """
    graph = report.graph
    notes = (
        head_note(graph),
        *graph.notes,
        *_parameter_notes(report),
        *_flow_notes(graph),
        *not_counted_notes(report, totals),
    )
    return tuple(note for note in notes if note)


def _parameter_notes(report: Report) -> Iterator[str]:
    """Parameters that are shared, frozen or not used."""
    graph = report.graph
    shared = [
        f"{node.name} uses {one.param.path} of {one.owner}"
        for node in graph.nodes
        for one in node.shared
        if one.param.role != "buffer"
    ]
    if shared:
        yield f"Shared parameters count once: {some(shared)}."
    if report.frozen_params:
        yield (
            f"Frozen: {grouped(report.frozen_params)} of {grouped(report.total.params)} parameters, which training "
            "leaves as they are."
        )
    unused = sum(param.elements for param in graph.unused)
    if unused:
        paths = some([param.path for param in graph.unused])
        yield f"Not used by the forward pass that was traced, and in the total: {grouped(unused)} parameters ({paths})."


def _flow_notes(graph: Graph) -> Iterator[str]:
    """Several outputs, work that leads nowhere, and what torch refuses to train."""
    if len(graph.outputs) > 1:
        shapes = ", ".join(describe(graph.shape_of(value)) for value in graph.outputs)
        yield f"{len(graph.outputs)} outputs: {shapes}."
    lost = [node.name for node in graph.leads_nowhere if node.ops.macs or node.params]
    if lost:
        yield f"No output depends on these layers, which run and count all the same: {some(lost)}."
    yield from _refused(graph)


def _refused(graph: Graph) -> Iterator[str]:
    return (f"{words}: torch refuses its backward pass." for words in graph.overwritten)


def run_notes(graph: Graph, mode: str) -> tuple[str, ...]:
    """What is to be said of a model's run: of how it was read, and that torch refuses its training, where it does."""
    return (*graph.notes, *(_refused(graph) if mode == "training" else ()))


NAMES_NOTE: Final = "A layer of a unit is called by the unit's name and its own: block2_unit1_conv1. CSV and JSON have whole names."


def names_note(report: Report) -> tuple[str, ...]:
    """How rows that stand under others are called in full; nothing where none do."""
    nested = next((row for row in report.rows if len(row.scope) > 1), None)
    if nested is None:
        return ()
    if report.graph.head is not None:
        return (NAMES_NOTE,)
    return (f"A layer is called by the path of its module: {nested.name}. CSV and JSON have whole names.",)


AXES_NOTE: Final = "Maps of three axes are height × width × channels; all other shapes are as torch has them."


def axes_note(report: Report) -> tuple[str, ...]:
    """How shapes are written that are neither maps nor vectors; nothing where there are none."""
    return () if all(len(row.output_shape) in (0, 1, 3) for row in report.rows) else (AXES_NOTE,)


def held_note(report: Report) -> tuple[str, ...]:
    """What the model's own code needs in inference where that is more than what its maps' readers do."""
    if report.graph.held_until is None:
        return ()
    # Imported when asked for: the pages of specs have no use for it.
    from vggstat.cost.facts import exact

    own, least = exact(report, "module_inference_bytes"), exact(report, "inference_bytes")
    if own is None or least is None or own == least:
        return ()
    words = apart(least, own)
    return (
        f"inference-peak is for a run that frees each map after its last reader: {words[0]} with the weights. "
        f"The model's own code holds maps longer and needs {words[1]}.",
    )


LAST_READER: Final = (
    "The figure is for a run that frees each map after its last reader. Python code of modules in modules (a residual "
    "block whose forward holds its input) frees some later in inference, and can need more; training is the same."
)
"""Which figure of a branching network's memory in inference is meant."""


CHANNELS_LAST: Final = (
    "A layer norm over channels has them last: where they are not, torch copies the map while it runs, which is not "
    "counted."
)


def memory_notes(graph: Graph, mode: str) -> tuple[str, ...]:
    """What is to be said of a peak where maps are read more than once, or are normalized over their channels.

    How long a model's own code holds maps is known, and told beside the peak.
    """
    known = graph.is_chain or graph.held_until is not None
    notes = [] if known or mode != "inference" else [LAST_READER]
    if any(node.layer.stem == "ln" and len(node.shape) == 3 for node in graph.nodes):
        notes.append(CHANNELS_LAST)
    return tuple(notes)


def left_out_note(graph: Graph) -> tuple[str, ...]:
    """The layers of the spec that another head than its own has left out, in a sentence; nothing where none are."""
    return left_out_words(graph.spec.name, graph.left_out)


def left_out_words(name: str, layers: Sequence[str]) -> tuple[str, ...]:
    """The same of these layers of the network called ``name``."""
    return (f"Left out of {name}: {', '.join(layers)}.",) if layers else ()


def _joint_note(graph: Graph) -> str:
    if graph.head is None or graph.head != "adaptive":
        return HEAD_NOTES.get(graph.head or "", "")
    pool = next(
        node for node in graph.nodes if isinstance(node.layer, AdaptiveAvgPool) and node.block == "fc"
    )
    height, width = pool.shape[1:]
    text = f"Head adaptive: an average pool to {height}×{width} before the FC layers"
    if pool.shape == pool.in_shapes[0]:
        return f"{text} (no row: it changes nothing at this input)."
    return f"{text}, so parameters do not depend on the input size."


def operations_note(report: Report, convention: Convention) -> str:
    """What the operations column counts, in a sentence."""
    rule = convention.ops
    if rule.name in ("macs", "flops"):
        return f"{rule.unit}: {rule.definition}."
    text = f"Operations under {rule.name}: {rule.definition} ({rule.reference})."
    left_out = [kind_of(name) for name in rule.uncounted if report.ops[name]]
    if left_out:
        text += f" Left out there, though this network has it: {', '.join(left_out)}."
    return text
