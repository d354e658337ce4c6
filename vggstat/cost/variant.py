"""``D@384,head=gap,bf16``: a network and what is changed about it, in one argument."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from vggstat.cost.report import Report, analyze
from vggstat.cost.workload import DTYPES, DType, Workload, find_dtype
from vggstat.errors import UsageError
from vggstat.net.graph import Graph
from vggstat.net.spec import HEADS, Head, Spec
from vggstat.records import Record
from vggstat.shapes import Shape, reads_channels_last
from vggstat.sources.source import SpecSource, is_model
from vggstat.sources.spec.build import build_graph
from vggstat.sources.wanted import Source, Wanted

__all__ = [
    "Variant",
    "parse_batch",
    "parse_classes",
    "parse_head",
    "parse_image",
    "parse_inputs",
    "parse_shape",
    "parse_variant",
    "spell_variant",
]

MAX_AXES = 8
MAX_SIDE = 100_000
MAX_CHANNELS = 1_000_000
MAX_BATCH = 1_000_000_000
MAX_CLASSES = 100_000_000

Inputs = tuple[tuple[str, Shape], ...]
"""Names and shapes of a model's inputs."""

Image = tuple[int | None, int, int]
"""``(channels, height, width)``; channels None where the spec's own are meant."""


class Variant(Record):
    """A spec's argument and what is changed about it; None where the spec's own, or the default, holds."""

    argument: str
    image: Image | None = None
    inputs: Inputs | None = None
    """Shapes of inputs by name, in place of an image."""
    batch: int | None = None
    dtype: DType | None = None
    head: Head | None = None
    classes: int | None = None

    def over(self, base: Variant) -> Variant:
        """This variant with ``base`` filled in where it says nothing."""
        changes = {
            name: getattr(self, name) if getattr(self, name) is not None else getattr(base, name)
            for name in ("batch", "dtype", "head", "classes")
        }
        if self.image is None and self.inputs is None:
            changes |= {"image": base.image, "inputs": base.inputs}
        return self.replace(**changes)

    @property
    def words(self) -> str:
        """What is changed as options of the command line, each after a blank."""
        given = {
            "input": None if self.image is None else "x".join(str(side) for side in self.image if side),
            "classes": self.classes,
            "batch": self.batch,
            "dtype": self.dtype.short if self.dtype else None,
            "head": self.head,
        }
        named = "".join(f" --input {name}={'x'.join(map(str, shape))}" for name, shape in self.inputs or ())
        return named + "".join(f" --{name} {value}" for name, value in given.items() if value is not None)

    @property
    def wanted(self) -> Wanted:
        """What a graph is wanted of."""
        return Wanted(image=self.image, inputs=dict(self.inputs or ()), head=self.head, classes=self.classes)

    @property
    def workload(self) -> Workload:
        """A forward pass of its batch in its dtype."""
        return Workload(batch=self.batch or 1, dtype=self.dtype or DTYPES[0])

    def report(self, source: Spec | Source) -> Report:
        """The report of what is read from a source under this variant."""
        graph = (SpecSource(spec=source) if isinstance(source, Spec) else source).graph(self.wanted)
        return analyze(graph, self.workload)


def parse_variant(argument: str) -> Variant:
    """The variant that ``NAME@PART,PART`` names. Raises UsageError for a part that is none.

    A part is an input size (``384``, ``3x384x512``), a dtype (``bf16``), or ``key=value`` with ``input``,
    ``batch``, ``dtype``, ``head`` or ``classes``.
    """
    name, at, tail = argument.rpartition("@")
    if not at or (is_model(argument) and tail.endswith(")")):  # a sign in a model's arguments
        return Variant(argument=argument)
    if not name:
        raise UsageError(f"{argument!r} has no spec before the @: write for instance D@384")
    variant = Variant(argument=name)
    for part in tail.split(","):
        key, value = _split_part(part.strip(), argument)
        if getattr(variant, key) is not None:
            raise UsageError(f"{argument!r} sets {key} twice")
        variant = variant.replace(**{key: _PARSERS[key](value)})
    return variant


def spell_variant(graph: Graph) -> str:
    """The argument that names the graph's network: its spec, and behind an @ what the graph has otherwise than the spec."""
    spec, own = graph.spec, build_graph(graph.spec)
    parts = []
    if graph.image != own.image:
        channels, height, width = graph.image
        side = f"{height}" if height == width else f"{height}x{width}"
        parts.append(side if channels == own.image[0] else f"{channels}x{height}x{width}")
    if graph.head != own.head:
        parts.append(f"head={graph.head}")
    if graph.classes not in (own.classes, None):
        parts.append(f"classes={graph.classes}")
    return f"{spec.name}@{','.join(parts)}" if parts else spec.name


def _split_part(part: str, argument: str) -> tuple[str, str]:
    key, equals, value = part.partition("=")
    if equals:
        if key == "input":
            key = "image"
        if key not in _PARSERS:
            known = "input, batch, dtype, head, classes"
            raise UsageError(f"unknown part {part!r} of {argument!r}: expected one of {known}")
        return key, value
    if any(part.lower() in (dtype.name, dtype.short) for dtype in DTYPES):
        return "dtype", part
    if part[:1].isdigit():
        return "image", part
    if part in HEADS:
        return "head", part
    raise UsageError(
        f"cannot read {part!r} of {argument!r}: expected an input size (384, 3x384x512), a dtype (bf16), or "
        "head=gap, batch=32, classes=10, joined by commas"
    )


def parse_image(text: str) -> Image:
    """``256`` (square), ``384x512`` (height, width) or ``3x384x512`` (channels, height, width)."""
    words = re.split(r"[x×]", text.strip().lower())
    limits = (MAX_CHANNELS, MAX_SIDE, MAX_SIDE)[-len(words) :] if len(words) <= 3 else ()
    if not limits or not all(re.fullmatch(r"[0-9]{1,9}", word) for word in words):
        raise UsageError(
            f"cannot read the input size {text!r}: expected a side (256), height x width (384x512), or "
            "channels x height x width (3x384x512)"
        )
    numbers = [int(word) for word in words]
    for count, limit in zip(numbers, limits, strict=True):
        if not 1 <= count <= limit:
            raise UsageError(f"the input size {text!r} has {count}: expected 1 to {limit:,} there")
    if len(numbers) == 1:
        return (None, numbers[0], numbers[0])
    if len(numbers) == 2:
        return (None, numbers[0], numbers[1])
    image = (numbers[0], numbers[1], numbers[2])
    if reads_channels_last(image):
        channels, height, width = image
        raise UsageError(
            f"the input size {text!r} is {channels} channels of {height}×{width}: channels first? write "
            f"{width}x{channels}x{height}"
        )
    return image


def _whole(text: str, what: str, limit: int) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", text.strip()) or not 1 <= int(text) <= limit:
        shown = text if len(text) <= 20 else f"{text[:17]}..."
        raise UsageError(f"cannot take {shown!r} as {what}: expected a whole number from 1 to {limit:,}")
    return int(text)


def parse_inputs(texts: Sequence[str]) -> tuple[Image | None, Inputs | None]:
    """What ``--input`` says: the size of an image, or the shape of each input by name (``mask=1x224x224``).

    Raises UsageError where it is neither, or both.
    """
    named = [text for text in texts if "=" in text]
    if len(texts) > len(named):
        if len(texts) > 1:
            other = next(text for text in texts if "=" not in text)
            raise UsageError(
                f"--input {other} has no name: of several inputs each has one, as in image=3x224x224"
            )
        return parse_image(texts[0]), None
    shapes: dict[str, Shape] = {}
    for text in named:
        name, _, size = text.partition("=")
        if name.strip() in shapes:
            raise UsageError(f"--input gives the shape of {name} twice")
        shapes[name.strip()] = parse_shape(size)
    return None, tuple(shapes.items())


def parse_shape(text: str) -> Shape:
    """The shape of one input without its batch: ``3x224x224``, ``16`` words, ``1x16000`` samples."""
    words = re.split(r"[x×]", text.strip().lower())
    if not all(re.fullmatch(r"[0-9]{1,9}", word) and int(word) for word in words) or len(words) > MAX_AXES:
        raise UsageError(
            f"cannot read the shape {text!r}: expected numbers joined by x, without the batch, as in 3x224x224"
        )
    return tuple(map(int, words))


def parse_batch(text: str) -> int:
    """A batch size."""
    return _whole(text, "a batch size", MAX_BATCH)


def parse_classes(text: str) -> int:
    """A number of classes."""
    return _whole(text, "a number of classes", MAX_CLASSES)


def parse_head(text: str) -> Head:
    """A head by its name."""
    if text not in HEADS:
        raise UsageError(f"unknown head {text!r}: expected one of {', '.join(HEADS)}")
    return cast(Head, text)


_PARSERS = {
    "image": parse_image,
    "batch": parse_batch,
    "dtype": find_dtype,
    "head": parse_head,
    "classes": parse_classes,
}
