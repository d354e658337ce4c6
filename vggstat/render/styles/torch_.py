"""What ``print(model)`` shows of torchvision's model, for any network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from vggstat.cost.report import Report
from vggstat.cost.report import Row as LayerRow
from vggstat.errors import UsageError
from vggstat.net.graph import Node
from vggstat.net.ops.base import TorchModule
from vggstat.net.settings import settings_of
from vggstat.net.torch_names import Container, class_name, module_of, module_tree
from vggstat.render.captions import graph_notes
from vggstat.render.page import Alternative, Column, Listing, Page, Table, row
from vggstat.render.report_data import report_data
from vggstat.render.styles.base import TableOptions
from vggstat.units import grouped

__all__ = ["module_text", "render"]

SUMMARY: Final = "what print(model) shows in torch"
TAKES: Final[tuple[str, ...]] = ()


MODEL_NOTE: Final = (
    "Of a model the calls are seen, not the classes: what holds others stands as Module, and a call that no module is "
    "known for as its operation, with what was set."
)


class _Containers(NamedTuple):
    """What modules that hold others are called: those that run one after another, and all others."""

    chain: str
    other: str


_OF_SPECS: Final = _Containers("Sequential", "Block")
_OF_MODELS: Final = _Containers("Module", "Module")


def render(report: Report, options: TableOptions) -> Page:
    """The page of this style: of a spec the text and nothing else, so that it can be compared."""
    is_model = report.graph.head is None
    return Page(
        title="",
        parts=(Alternative(listing=Listing(text=_text(report), language="text"), table=_table(report)),),
        notes=(MODEL_NOTE, *graph_notes(report)) if is_model else (),
        data=lambda: report_data(report, options.convention, many=iter),
        bare=True,
    )


def module_text(module: TorchModule) -> str:
    """The module as torch prints it: ``MaxPool2d(kernel_size=2, stride=2, padding=0, ...)``."""
    arguments = [str(value) for value in module.args]
    arguments += [f"{key}={value!r}" for key, value in module.kwargs.items() if key not in module.unprinted]
    return f"{module.name}({', '.join(arguments)})"


def _text(report: Report) -> str:
    tree = module_tree(report.graph.nodes)
    containers = _OF_SPECS if report.graph.head is not None else _OF_MODELS
    unused = (f"  ({row.name}): {_unused_words(row)}" for row in _unused(report))
    lines = [f"{class_name(report.graph)}(", *_lines(tree, "  ", containers), *unused, ")"]
    return "\n".join(lines) + "\n"


def _unused(report: Report) -> Iterator[LayerRow]:
    return (row for row in report.rows if row.kind == "unused")


def _unused_words(row: LayerRow) -> str:
    return f"{row.label}, {grouped(row.params)} parameters"


def _lines(container: Container, margin: str, containers: _Containers) -> Iterator[str]:
    """What a container holds, as torch indents it."""
    for name, held in container.held.items():
        if isinstance(held, Node):
            yield f"{margin}({name}): {_node_text(held)}"
            continue
        yield f"{margin}({name}): {containers.chain if held.is_chain else containers.other}("
        yield from _lines(held, f"{margin}  ", containers)
        yield f"{margin})"


def _node_text(node: Node) -> str:
    """The module; of a call that no module is known for, its function and what was set."""
    try:
        return module_text(module_of(node))
    except UsageError:
        given = dict(settings_of(node.layer))
        name = str(given.pop("operation", node.layer.label))
        return module_text(TorchModule(name, (), given))


def _table(report: Report) -> Table:
    modules = [node for node in report.graph.nodes if node.torch_name]
    return Table(
        columns=(Column(key="name", header="name"), Column(key="module", header="module")),
        rows=(
            *(row(str(node.torch_name), _node_text(node)) for node in modules),
            *(row(held.name, _unused_words(held)) for held in _unused(report)),
        ),
        name="modules",
        main=True,
    )
