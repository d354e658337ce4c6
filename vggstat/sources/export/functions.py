"""The functions that a forward pass calls, as text."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Final

from vggstat.net.graph import Node
from vggstat.net.ops.part import Part
from vggstat.sources.export.layout import Brackets, Text, flat
from vggstat.sources.export.regions import Step

__all__ = ["CENTER_CROP", "function_key", "function_text", "is_centered", "joins"]

CENTER_CROP: Final = '''\
def center_crop(x: Tensor, like: Tensor) -> Tensor:
    """The middle of ``x``, as high and wide as ``like``."""
    height, width = like.shape[2:]
    top, left = (x.shape[2] - height) // 2, (x.shape[3] - width) // 2
    return x[:, :, top : top + height, left : left + width]
'''


def is_centered(step: Step) -> bool:
    """Whether it cuts a map to the size of another one, which it reads too."""
    return isinstance(step.part, Node) and step.part.layer.stem == "crop" and len(step.reads) > 1


def joins(step: Step) -> bool:
    """Whether several maps meet in it."""
    return isinstance(step.part, Node) and step.part.layer.stem in ("add", "concat", "multiply")


def function_key(step: Step) -> Hashable:
    """All that tells a function from others: with its numbers, since ``forward`` has no parameters but maps."""
    node = step.part
    assert isinstance(node, Node)
    part = isinstance(node.layer, Part) and not is_centered(step)
    return (node.layer.stem, node.in_place, _cut("", node) if part else "")


def function_text(step: Step, reads: Sequence[Text]) -> Text:
    """What it makes of maps, as an expression; a sum in place, or of more than two, is one of the caller's."""
    assert isinstance(step.part, Node)
    if is_centered(step):
        return Brackets("center_crop(", tuple(reads))
    return _TEXTS[step.part.layer.stem](step.part, reads)


def _flatten(_: Node, reads: Sequence[Text]) -> Text:
    return Brackets("torch.flatten(", (reads[0], "1"))


def _add(_: Node, reads: Sequence[Text]) -> Text:
    return " + ".join(map(flat, reads))


def _multiply(_: Node, reads: Sequence[Text]) -> Text:
    return " * ".join(map(flat, reads))


def _concat(_: Node, reads: Sequence[Text]) -> Text:
    return Brackets("torch.cat(", (Brackets("[", tuple(reads), "]"), "dim=1"))


def _part(node: Node, reads: Sequence[Text]) -> Text:
    return _cut(flat(reads[0]), node)


def _cut(x: str, node: Node) -> str:
    """A part of a map: one of equal shares of its channels, or what lies between some bounds."""
    layer, whole = node.layer, node.in_shapes[0]
    assert isinstance(layer, Part)
    first, share = layer.start[0], layer.makes[0]
    if layer.makes[1:] == whole[1:] and whole[0] % share == 0 and first % share == 0:
        return f"{x}.chunk({whole[0] // share}, dim=1)[{first // share}]"
    axes = zip(layer.start, layer.makes, whole, strict=True)
    bounds = [_slice(start, start + size, end) for start, size, end in axes]
    while bounds and bounds[-1] == ":":
        bounds.pop()
    return f"{x}[{', '.join([':', *bounds])}]"


def _slice(start: int, stop: int, end: int) -> str:
    return f"{start or ''}:{'' if stop == end else stop}"


_TEXTS: Final[Mapping[str, Callable[[Node, Sequence[Text]], Text]]] = {
    "flatten": _flatten,
    "add": _add,
    "concat": _concat,
    "multiply": _multiply,
    "split": _part,
    "crop": _part,
}
