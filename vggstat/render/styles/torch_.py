"""What ``print(model)`` shows of torchvision's model, for any network."""

from __future__ import annotations

from typing import Final

from vggstat.cost.report import Report
from vggstat.net.graph import Node
from vggstat.net.ops.base import TorchModule
from vggstat.net.torch_names import class_name, containers, module_of
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
    lines = [f"{class_name(report.graph)}("]
    for holder, nodes in containers(report.graph).items():
        if nodes[0].torch_name == holder:
            lines.append(f"  ({holder}): {_node_text(nodes[0])}")
            continue
        lines.append(f"  ({holder}): Sequential(")
        lines += [f"    ({str(node.torch_name).partition('.')[2]}): {_node_text(node)}" for node in nodes]
        lines.append("  )")
    lines.append(")")
    return "\n".join(lines) + "\n"


def _node_text(node: Node) -> str:
    return module_text(module_of(node))


def _table(report: Report) -> Table:
    modules = [node for nodes in containers(report.graph).values() for node in nodes]
    return Table(
        columns=(Column(key="name", header="name"), Column(key="module", header="module")),
        rows=tuple(row(str(node.torch_name), _node_text(node)) for node in modules),
        name="modules",
        main=True,
    )
