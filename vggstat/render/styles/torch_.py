"""What ``print(model)`` shows of torchvision's model, for any network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vggstat.cost.report import Report
from vggstat.net.graph import Node
from vggstat.net.ops.base import TorchModule
from vggstat.net.torch_names import Container, class_name, module_of, module_tree
from vggstat.render.page import Alternative, Column, Listing, Page, Table, row
from vggstat.render.report_data import report_data
from vggstat.render.styles.base import TableOptions

__all__ = ["module_text", "render"]

SUMMARY: Final = "what print(model) shows in torch"
TAKES: Final[tuple[str, ...]] = ()


def render(report: Report, options: TableOptions) -> Page:
    """The page of this style: the text and nothing else, so that it can be compared."""
    return Page(
        title="",
        parts=(Alternative(listing=Listing(text=_text(report), language="text"), table=_table(report)),),
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
    return "\n".join([f"{class_name(report.graph)}(", *_lines(tree, "  "), ")"]) + "\n"


def _lines(container: Container, margin: str) -> Iterator[str]:
    """What a container holds, as torch indents it."""
    for name, held in container.held.items():
        if isinstance(held, Node):
            yield f"{margin}({name}): {_node_text(held)}"
            continue
        yield f"{margin}({name}): {'Sequential' if held.is_chain else 'Block'}("
        yield from _lines(held, f"{margin}  ")
        yield f"{margin})"


def _node_text(node: Node) -> str:
    return module_text(module_of(node))


def _table(report: Report) -> Table:
    modules = [node for node in report.graph.nodes if node.torch_name]
    return Table(
        columns=(Column(key="name", header="name"), Column(key="module", header="module")),
        rows=tuple(row(str(node.torch_name), _node_text(node)) for node in modules),
        name="modules",
        main=True,
    )
