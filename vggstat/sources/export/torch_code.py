"""A graph as Python source for torch: a file that builds the network, with nothing of vggstat in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import wrap
from typing import Final

from vggstat.errors import Unwritable, UnwritableError, UsageError
from vggstat.net.graph import Graph, Node
from vggstat.net.ops.softmax import Softmax
from vggstat.shapes import Shape
from vggstat.sources.export.about import about
from vggstat.sources.export.classes import class_lines, definition
from vggstat.sources.export.frame import Frame
from vggstat.sources.export.functions import CENTER_CROP
from vggstat.sources.export.layout import WIDTH, Brackets, lines
from vggstat.sources.export.modules import CHANNEL_NORM, ModuleCall, is_function, module_call
from vggstat.sources.export.naming import Names
from vggstat.sources.export.paths import module_paths, unnameable
from vggstat.sources.export.plan import Plan
from vggstat.sources.export.regions import region_tree
from vggstat.sources.unwritten import as_values, unwritten

__all__ = ["torch_code"]

CHANNEL_NORM_CLASS = f'''\
class {CHANNEL_NORM}(nn.LayerNorm):
    """Layer normalization over the channels of a map."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
'''

LOGITS = "# Logits: the softmax that closes the network is left to the loss, or to the caller."


def torch_code(graph: Graph) -> str:
    """Python source of a module that computes what ``graph`` means, and of a function that makes it.

    It needs torch alone, 2.0 or later. Its state dict has the names and shapes of that of
    ``vggstat.measure.module.build_module(graph)``; it ends in logits, and works in place where the graph does. Raises
    UnwritableError for layers that torch has no module for, or whose modules cannot have their names.
    """
    graph = as_values(graph)
    nodes = [node for node in graph.nodes if node.in_model]
    calls = _module_calls(graph, nodes)
    root = region_tree(graph, module_paths(nodes), calls)
    plan = Plan(root)
    shapes = {0: graph.image, **{node.output: node.shape for node in nodes}}
    names = Names(graph)
    frames: dict[int, Frame] = {}
    for template in plan.in_order(root):
        frame = Frame(template, plan, frames, shapes)
        frame.name = names.network if template.model is root else names.of(template)
        frames[id(template)] = frame
    *parts, network = frames.values()
    if graph.classes is not None:
        network.take_classes(graph.classes)
    body = [*map(definition, parts), _network(graph, network), _factory(network, names.factory)]
    text = "\n\n\n".join("\n".join(part) for part in body)
    helpers = [helper for name, helper in _HELPERS.items() if re.search(rf"\b{name}\(", text)]
    return f"{_docstring(graph)}\n\n{_imports(text)}\n\n\n" + "\n\n".join((*helpers, text)) + "\n"


_HELPERS: Final = {CHANNEL_NORM: CHANNEL_NORM_CLASS, "center_crop": CENTER_CROP}


def _module_calls(graph: Graph, nodes: Sequence[Node]) -> dict[int, ModuleCall]:
    """The modules of the nodes that are no functions, by their index. Raises UnwritableError with all that have none."""
    calls: dict[int, ModuleCall] = {}
    known: dict[
        tuple[int, tuple[Shape, ...], bool], ModuleCall
    ] = {}  # large networks repeat few layers on few shapes
    problems = list(unwritten(graph))
    for node in nodes:
        key = (id(node.layer), node.in_shapes, node.in_place)
        try:
            if not is_function(node):
                calls[node.index] = known[key] = known.get(key) or module_call(node)
        except UsageError:
            problems.append(Unwritable(node.name, node.layer.label, "vggstat knows no torch module for it"))
    problems = problems or [Unwritable(node.name, node.layer.label, why) for node, why in unnameable(nodes)]
    if problems:
        raise UnwritableError(graph.spec.name, "torch code", tuple(problems))
    return calls


def _docstring(graph: Graph) -> str:
    paragraphs = ("\n".join(wrap(_safe(paragraph), WIDTH - 3)) for paragraph in about(graph))
    return '"""' + "\n\n".join(paragraphs) + '\n"""'


def _safe(text: str) -> str:
    """As it stands in a docstring."""
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _imports(text: str) -> str:
    found = ["from __future__ import annotations", ""]
    if "OrderedDict(" in text:
        found += ["from collections import OrderedDict", ""]
    found += ["import torch"] if "torch." in text else []
    return "\n".join([*found, "from torch import Tensor, nn"])


def _network(graph: Graph, network: Frame) -> list[str]:
    has_softmax = any(isinstance(node.layer, Softmax) and not node.in_model for node in graph.nodes)
    made = network.template.model.outputs
    output = next((node.shape for node in graph.nodes if node.output in made), graph.image)
    word = "Maps" if len(output) == 3 else "Scores" if graph.classes else "Vectors"
    result = f"{word} {_with_batch(output)} of images {_with_batch(graph.image)}."
    return class_lines(network, "", result, (LOGITS,) if has_softmax else ())


def _with_batch(shape: Shape) -> str:
    return f"(batch, {', '.join(map(str, shape))})"


def _factory(frame: Frame, name: str) -> list[str]:
    """``def vgg16(num_classes: int = 1000) -> VGG``."""
    head = lines(Brackets(f"def {name}(", frame.signature, f") -> {frame.name}:"), 0)
    given = ", ".join(parameter.name for parameter in frame.parameters)
    return [*head, f"    return {frame.name}({given})"]
