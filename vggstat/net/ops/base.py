"""What a layer kind states about itself: shapes, parameters, work, memory, and how others write it.

A layer kind is one final class in one file of this package. It states facts about one image; batch, dtype,
units and conventions are applied further up. No formula returns "FLOPs": ``Work`` holds counts by kind.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, Literal, NamedTuple

from vggstat.fields import Field
from vggstat.net.work import Work
from vggstat.records import Record
from vggstat.shapes import Extents, Shape, Sides, square, values

__all__ = [
    "CONVOLUTIONS",
    "INPUT_GRADIENT",
    "OUTPUT_GRADIENT",
    "Autocast",
    "Backward",
    "Extra",
    "Follower",
    "InputGradients",
    "Kind",
    "Layer",
    "Mode",
    "Param",
    "Saved",
    "Slide",
    "Storage",
    "TorchModule",
    "Window",
    "Windows",
]

Mode = Literal["inference", "training"]
RowRule = Literal["always", "own", "never"]
Storage = Literal["new", "view", "in-place"]
InputGradients = Literal["new", "incoming", "views"]
"""What the gradients lie in that a layer passes on: memory of their own, the gradient that came in (each input gets that
very one), or views of it."""
Autocast = Literal["low", "float32", "raise", "widest", "follow"]
"""What autocast does to a kind: casts its input and parameters down, its input up, makes float32 of an input that
it leaves as it is, casts all inputs to the widest of their formats, or leaves all alone."""


INPUT_GRADIENT: Final = "input gradient"
"""The name of the gradient that a layer passes on."""

OUTPUT_GRADIENT: Final = "gradient"
"""The name of the gradient that reaches a layer."""


CONVOLUTIONS: Final = ("conv", "upconv")
"""The kinds of rows that are convolutions."""


class Param(NamedTuple):
    """One tensor of a layer. ``role`` is ``weight`` or ``bias``, or ``buffer`` where it is not learned."""

    name: str
    shape: tuple[int, ...]
    role: Literal["weight", "bias", "buffer"]
    width: int | None = None
    """Bytes a value, where they do not follow the dtype (a counter in int64)."""
    path: str = ""
    """Its name in the model that it was found in (``features.0.weight``); a tensor of the same path is the same one."""
    frozen: bool = False
    """Whether training leaves it as it is."""

    @property
    def is_trained(self) -> bool:
        """Whether the backward pass makes a gradient of it."""
        return self.role != "buffer" and not self.frozen

    @property
    def elements(self) -> int:
        return values(self.shape)


class Extra(NamedTuple):
    """A tensor beside a layer's input. ``width`` is its bytes a value, None where they follow the dtype.

    That is the format that the layer reads, or with ``as_output`` the one that it writes: autocast may make them two.
    """

    what: str
    elements: int
    width: int | None = None
    as_output: bool = False
    once: bool = False
    """One for the whole batch, not one per image."""
    position: int = 0
    """Of an input gradient: which of the layer's inputs it is for."""


class Saved(NamedTuple):
    """A tensor that autograd keeps for the backward pass.

    ``of`` says whether it is the layer's input or output (then it costs nothing where the same storage is
    kept already), a tensor of its own, or one ``made`` of no input, which layers may share under that name.
    """

    of: Literal["input", "output", "own", "made"]
    what: str
    elements: int
    width: int | None = None
    once: bool = False
    """One for the whole batch, not one per image (a batch norm's statistics)."""
    as_output: bool = False
    """Whether an ``own`` tensor has the format that the layer writes, not the one that it reads."""
    position: int = 0
    """Of an ``input``: which of the layer's."""
    needed_by: int | Literal["weight"] | None = None
    """The position of the input for whose gradient alone it is kept, or that it is the weight's."""


class Backward(NamedTuple):
    """What is allocated at one moment of a layer's backward pass.

    It stands beside the incoming gradient, the saved tensors and the gradients of parameters. ``released``
    names the layer's own saved tensors that are gone by then, and the incoming ``gradient`` where that is. The
    gradient that leaves carries the name ``input gradient``; it is left out where nothing before the layer learns.
    ``learned`` names the parameters whose gradients are there by then; None is all of them.
    """

    extras: tuple[Extra, ...]
    released: tuple[str, ...] = ()
    learned: tuple[str, ...] | None = None


class Window(NamedTuple):
    """What one output value sees of the input: the step of the receptive field."""

    kernel: int
    stride: int
    padding: int
    dilation: int = 1
    enlarged: int = 1
    """How many positions of the output stand for one of the input, in each direction."""

    @property
    def extent(self) -> int:
        """The kernel's reach with its dilation, in input pixels."""
        return self.dilation * (self.kernel - 1) + 1


class Slide(NamedTuple):
    """How a window moves along one, two or three axes; each is one number where it is the same along all."""

    kernel: Extents
    stride: Extents
    padding: Extents
    dilation: Extents


class Windows(NamedTuple):
    """The windows along height and width. Its sides are one number where both are the same."""

    height: Window
    width: Window

    @property
    def kernel(self) -> Sides:
        return square(self.height.kernel, self.width.kernel)

    @property
    def stride(self) -> Sides:
        return square(self.height.stride, self.width.stride)

    @property
    def padding(self) -> Sides:
        return square(self.height.padding, self.width.padding)

    @property
    def dilation(self) -> Sides:
        return square(self.height.dilation, self.width.dilation)


class TorchModule(NamedTuple):
    """The torch.nn module that does the same: its class and its arguments."""

    name: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = {}
    unprinted: tuple[str, ...] = ()
    """Arguments that its repr leaves out."""


ONE_VALUE: Final = Windows(Window(1, 1, 0), Window(1, 1, 0))


class Layer(Record, ABC):
    """A layer kind: a final subclass gives its fields and its formulas, and cannot be made without them.

    ``inputs`` of every method are the shapes of the maps that enter, one for all kinds but those that join.
    """

    row_kind: ClassVar[str] = ""
    """The kind that a row of a table carries (``conv``, ``pool``, ``fc``)."""
    stem: ClassVar[str] = ""
    """What the layer's name is made from: ``conv`` in ``block1_conv1``."""
    numbered: ClassVar[bool] = True
    """Whether the first of its block carries a number (``block1_conv1``, but ``block1_pool``)."""
    row: ClassVar[RowRule] = "always"
    """Whether it is a row of every table, only where a spec writes it as a layer of its own, or never."""
    keras_class: ClassVar[str] = ""
    """The class that Keras's summary prints."""
    autocast: ClassVar[Autocast] = "follow"
    """In which format it runs under autocast (CUDA's lists, torch 2.13)."""
    knows_windows: ClassVar[bool] = True
    """Whether ``windows`` says what its values see."""
    unwritten: ClassVar[frozenset[str]] = frozenset()
    """Fields that say where and how it was seen to run, not what it is set to."""
    is_part: ClassVar[bool] = False
    """Whether it hands on some of the values of a map, as a view."""
    copies_slices: ClassVar[bool] = False
    """Whether an input that is a part of a map is copied before it runs, and kept as such, and a gradient that is one before
    its backward function runs."""

    @property
    @abstractmethod
    def label(self) -> str:
        """The layer in the notation of the paper's Table 1."""

    @abstractmethod
    def out_shape(self, *inputs: Shape) -> Shape:
        """The shape that leaves. Raises ShapeError where the layer cannot take ``inputs``."""

    @abstractmethod
    def torch_module(self, *inputs: Shape) -> TorchModule:
        """The torch.nn module that does the same."""

    def params(self, *inputs: Shape) -> tuple[Param, ...]:
        """Learned tensors, then buffers."""
        return ()

    def ops(self, *inputs: Shape) -> Work:
        """Work for one image."""
        return Work()

    def saved(self, *inputs: Shape) -> tuple[Saved, ...]:
        """What autograd keeps for the backward pass, parameters and buffers not included."""
        return ()

    def saved_in_place(self, *inputs: Shape) -> tuple[Saved, ...]:
        """The same where it writes over its input."""
        return self.saved(*inputs)

    def keeps_output(self, *inputs: Shape) -> bool:
        """Whether autograd keeps what it makes, in place or not, so that nothing may be written over that."""
        return any(saved.of == "output" for saved in (*self.saved(*inputs), *self.saved_in_place(*inputs)))

    def saved_compiled(self, *inputs: Shape) -> tuple[Saved, ...]:
        """What is kept for the backward pass where torch.compile has rewritten the network."""
        return self.saved(*inputs)

    def alive(self, *inputs: Shape) -> tuple[tuple[Extra, ...], ...]:
        """What is allocated beside the input during a forward pass, at each moment that could be the peak."""
        return ((Extra("output", values(self.out_shape(*inputs))),),)

    def backward(self, *inputs: Shape) -> tuple[Backward, ...]:
        """The moments of the backward pass that could be the peak; most kinds make one tensor."""
        return (Backward((Extra(INPUT_GRADIENT, values(inputs[0])),)),)

    def mac_products(self, *inputs: Shape) -> tuple[tuple[int, ...], ...]:
        """The factors of its MACs for one image, a sum of products; nothing where they are its weights at each position."""
        return ()

    def gradient_products(self, *, inputs: int, weights: int) -> int:
        """How often the backward pass repeats its MACs: for ``inputs`` that get a gradient, and ``weights`` that do."""
        return weights + min(inputs, 1)

    def input_gradients(self) -> InputGradients:
        """What the gradients lie in that it passes on."""
        return "incoming" if self.storage("training") == "view" else "new"

    def windows(self) -> Windows | None:
        """The receptive-field step along height and width; None where every output value sees the whole map."""
        return ONE_VALUE

    def geometry(self) -> Windows | Slide | None:
        """Kernel, stride, padding and dilation as the layer itself has them; None where it has none."""
        return None

    def output_width(self, read: int, dtype: int) -> int:
        """Bytes a value of what it makes, where it reads values of ``read`` bytes and parameters have ``dtype``."""
        return read

    def storage(self, mode: Mode) -> Storage:
        """Whether the output is memory of its own, a view of the input, or written over it."""
        return "new"


class Follower(NamedTuple):
    """A layer that comes with another one and is written as one of its fields (a conv's ``activation``)."""

    field: Field
    build: Callable[[Any], Layer | None]


class Kind(Record):
    """A layer kind of the spec language."""

    name: str
    """The key of the long form."""
    layer: type[Layer]
    doc: str
    spellings: tuple[str, ...] = ()
    """Other words for it, compared without regard to case, ``-`` and ``_``."""
    notation: str = ""
    """A regular expression of the short form, with the layer's fields as named groups."""
    example: str = ""
    """The short form by an example, for messages and the schema."""
    short_problem: Callable[[str, Mapping[str, Any]], str | None] | None = None
    """What is wrong with a stem and its figures, though each of them can be read."""
    followers: tuple[Follower, ...] = ()
    settles: Callable[[Shape], Mapping[str, Any]] | None = None
    """Fields that the kind settles itself, by the map that enters; ``build`` is given them with what is written."""
    settled: tuple[str, ...] = ()
    """Their names: nobody writes them."""
    defaults_of: str = ""
    """Another kind whose defaults in a spec hold for this one too."""

    @property
    def fields(self) -> dict[str, Field]:
        """All fields that the language takes for this kind, by name."""
        own = {name: field for name, field in self.layer.language_fields.items() if name not in self.settled}
        own.update((follower.field.name, follower.field) for follower in self.followers)
        return own

    def build(self, written: Mapping[str, Any]) -> tuple[Layer, ...]:
        """The layers that ``written`` stands for: the layer itself, then what follows it."""
        own = {name: value for name, value in written.items() if name in self.layer.language_fields}
        layers = [self.layer(**own)]
        for field, build in self.followers:
            layer = build(written.get(field.name, field.default))
            if layer is not None:
                layers.append(layer)
        return tuple(layers)
