"""The calls of torch functions that a model makes while it runs, seen from outside and written down one by one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import FunctionType
from typing import Any, Final, Literal, NamedTuple
from unittest.mock import patch
from weakref import ref

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from vggstat.net.ops.base import Param, Saved, Storage
from vggstat.net.spec import Place
from vggstat.shapes import Shape
from vggstat.sources.torch_module.calls import (
    ALIASES,
    PLAIN,
    READERS,
    Call,
    TensorArgument,
    is_by_channels,
    is_nothing,
)
from vggstat.sources.torch_module.functions import LAYOUT, POINTWISE, SHARES
from vggstat.sources.torch_module.products import PRODUCTS, copied

__all__ = ["Alone", "Recorder", "Step", "storage_of", "tensors_of"]


class Step(NamedTuple):
    """One call of a torch function on values that come from the inputs, or one that multiplies weights."""

    call: Call
    module: str
    """The module that made it, by its path; empty for the model itself."""
    is_leaf: bool
    """Whether that module has no others inside, so that the call is what it is for."""
    inputs: tuple[int, ...]
    makes: dict[int, Shape]
    """The values that it makes, with their shapes of one image: several of a call that splits its input."""
    position: int
    """How many steps there were before it."""
    place: Place
    """The line of the model that made the call."""
    tensors: tuple[Param, ...] = ()
    """What it takes of the model's own."""
    keeps: tuple[Saved, ...] | None = None
    """What autograd kept of it; None where nobody looked."""
    lies_in: Storage = "new"
    width: int | Literal["read", "dtype"] = "read"
    """Bytes a value of what it makes, as of a layer that was seen."""
    grows: bool = True
    """Whether what it makes grows with the batch."""
    takes_made: bool = False
    """Whether it takes weights that are made of the model's own on the way: those are kept too."""
    copies: int | None = 0
    """Values of what it reads that it copies first, of one image; None where that is not known."""


class Alone(NamedTuple):
    """Memory that comes from no input, and how many steps there were before it came and when it went."""

    elements: int
    width: int | None
    once: bool
    start: int
    end: int | None = None


class _Made(NamedTuple):
    """What a tensor is made of that comes of the model's own alone."""

    params: tuple[Param, ...]
    kept: tuple[Saved, ...]
    """What autograd kept on the way: every step that takes it holds that."""


class Recorder(TorchFunctionMode):
    """Writes down the calls on what comes from the inputs. It holds no tensor, so that each goes when the model lets go.

    ``batch`` is the number of images, one that no other axis is likely to have: whatever is a multiple of it grows with it.
    """

    def __init__(
        self, batch: int, tensors: Mapping[int, Param], storages: Iterable[int], width: int, *, grad: bool
    ) -> None:
        super().__init__()
        self.batch = batch
        self.grad = grad
        """Whether gradients are on where it begins."""
        self._storages = frozenset(storages)
        """Those of the model's own tensors, which it keeps whatever autograd does."""
        self.running = [("", False)]
        """The modules that run, outermost first, each with whether it is a leaf."""
        self.steps: list[Step] = []
        self.taken: set[str] = set()
        """Paths of the tensors that calls took."""
        self.drops = False
        """Whether a dropout called as a function drops although its module is in evaluation mode, so that it shows."""
        self.set_aside: set[str] = set()
        """What the model does itself about gradients: then what is kept is not what each call keeps."""
        self.gone: dict[int, int] = {}
        """For each value that nobody holds any more how many steps there were by then."""
        self.alone: list[Alone] = []
        self._alone: dict[int, tuple[int, set[int]]] = {}
        """By its storage the place of such memory in the list, and the tensors in it."""
        self._names: dict[int, str] = {}
        """What memory that comes from no input is called by all that keep it, as long as somebody holds it."""
        self._width = width
        self._params = tensors
        self._buffers: dict[str, list[Param]] = {}
        """Buffers by the module that holds them."""
        for param in tensors.values():
            if param.role == "buffer":
                self._buffers.setdefault(param.path.rpartition(".")[0], []).append(param)
        self._values: dict[int, int] = {}
        self._weights: dict[int, _Made] = {}
        """Tensors that are made of the model's own alone, by ``id``, with what they are made of."""
        self._refs: dict[int, ref[Tensor]] = {}
        self._alive: dict[int, set[int]] = {}
        """Every tensor that stands for a value, by its storage."""
        self._holders: dict[int, int] = {}
        self._packed: list[Tensor] = []
        """What autograd has asked to keep during a call, held until that ends: its memory is nobody else's so long."""
        self._inside: list[FunctionType] = []
        self._count = 0
        self._numbers = count(1)

    def start(self, inputs: Iterable[Tensor]) -> None:
        """The inputs are the first values, from 0 on."""
        for tensor in inputs:
            self._new(tensor)

    # what stands for what ---------------------------------------------------------------------------------------

    def _new(self, tensor: Tensor) -> int:
        number = self._count
        self._count += 1
        self._keep(tensor, number)
        return number

    def _keep(self, tensor: Tensor, number: int) -> None:
        """The tensor stands for a value from now on."""
        before = self._values.get(id(tensor))
        if before is not None:
            self._let_go(before)
        self._values[id(tensor)] = number
        self._holders[number] = self._holders.get(number, 0) + 1
        self._alive.setdefault(storage_of(tensor), set()).add(id(tensor))
        self._watch(tensor)

    def _watch(self, tensor: Tensor) -> None:
        """Forgets the tensor once nobody else holds it: another may get its ``id``."""
        key, storage = id(tensor), storage_of(tensor)
        if key in self._refs:
            return

        def forget(_: object) -> None:
            self._refs.pop(key, None)
            self._weights.pop(key, None)
            self._alive.get(storage, set()).discard(key)
            self._let_go_alone(storage, key)
            number = self._values.pop(key, None)
            if number is not None:
                self._let_go(number)

        self._refs[key] = ref(tensor, forget)

    def _let_go(self, number: int) -> None:
        self._holders[number] -= 1
        if not self._holders[number]:
            self.gone[number] = len(self.steps)

    def _keep_alone(self, tensor: Tensor) -> None:
        """A tensor that comes from no input: its memory counts unless that is a parameter's."""
        storage = storage_of(tensor)
        if storage in self._storages:
            return
        if storage not in self._alone:
            width = tensor.element_size()
            elements = tensor.untyped_storage().nbytes() // width
            own_width = None if tensor.is_floating_point() and width == self._width else width
            once = elements % self.batch != 0
            self._alone[storage] = (len(self.alone), set())
            self.alone.append(
                Alone(elements if once else elements // self.batch, own_width, once, len(self.steps))
            )
        self._alone[storage][1].add(id(tensor))
        self._watch(tensor)

    def _let_go_alone(self, storage: int, key: int) -> None:
        place, tensors = self._alone.get(storage, (0, set()))
        tensors.discard(key)
        if storage in self._alone and not tensors:
            self.alone[place] = self.alone[place]._replace(end=len(self.steps))
            del self._alone[storage]
            self._names.pop(storage, None)

    def number_of(self, tensor: Tensor) -> int | None:
        """The value that a tensor stands for; None where it comes from no input."""
        return self._values.get(id(tensor))

    # what is seen -----------------------------------------------------------------------------------------------

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: tuple[type, ...],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        named = dict(kwargs or {})
        name = _name_of(func)
        if isinstance(func, FunctionType) and func not in self._inside and not _is_known(name):
            return self._look_inside(func, args, named)
        if name == "dropout" and self.drops:
            args, named = args[:2], {**named, "training": True}
        sources = [item for item in tensors_of((args, named)) if id(item) in self._values]
        own = tuple(dict.fromkeys(self._own((args, named))))
        seen = self._seen(name, args, named)
        shapes = [tuple(item.shape) for item in sources]
        versions = [item._version for item in sources]
        storages = [storage_of(item) for item in sources]
        copies = copied(name, (*args, *named.values()))
        self._packed.clear()
        result = _run(name, func, args, named, is_layer=bool(sources))
        outputs = list(tensors_of(args[0] if name == "__setitem__" else result))
        is_step = bool(outputs) and bool(sources or (own and name.strip("_") in PRODUCTS))
        found = self._kept(storages, outputs) if is_step else self._kept_alone(outputs)
        kept = tuple(dict.fromkeys((*found, *self._kept_before((args, named)))))
        self._packed.clear()
        is_written = bool(sources) and sources[0]._version != versions[0]
        if is_step:
            after = tuple(outputs[0].shape)
            call = Call(name, *seen, shapes, after, in_place=is_written)
            lies_in = self._place(outputs[0], storages, is_written=is_written)
            inputs = tuple(self._values[id(item)] for item in sources)
            keeps = kept if torch.is_grad_enabled() else None
            width = _width(sources, outputs[0])
            made = any(id(item) in self._weights for item in tensors_of((args, named)))
            before = len(self.steps)
            self._record(call, inputs, outputs, own, keeps, lies_in, width)
            if made and len(self.steps) == before + 1:
                self.steps[-1] = self.steps[-1]._replace(takes_made=True)
            if copies != 0 and self.steps:
                self.steps[-1] = self.steps[-1]._replace(copies=copies and copies // self.batch)
        elif not sources:
            for output in outputs:
                if own and id(output) not in self._params:
                    self._weights[id(output)] = _Made(own, kept)
                    self._watch(output)
                self._keep_alone(output)
        for item, version in zip(sources, versions, strict=True):
            if item._version != version:
                self._written_over(item)
        return result

    def _look_inside(self, func: FunctionType, args: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        """Runs one of torch's functions that is made of others, and sees those."""
        self._inside.append(func)
        try:
            with _calls_inside(), self:
                return func(*args, **named)
        finally:
            self._inside.pop()

    def _own(self, tree: Any) -> Iterator[Param]:
        for item in tensors_of(tree):
            if id(item) in self._params:
                yield self._params[id(item)]
            elif id(item) in self._weights:
                yield from self._weights[id(item)].params

    def _kept_before(self, tree: Any) -> Iterator[Saved]:
        """What was kept while weights were made that a call takes."""
        for item in tensors_of(tree):
            if id(item) in self._weights:
                yield from self._weights[id(item)].kept

    def _seen(self, name: str, args: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[Any, Any]:
        """The arguments without tensors."""

        def seen(item: Any) -> Any:
            if isinstance(item, Tensor):
                known = id(item) in self._params or id(item) in self._weights
                source = "value" if id(item) in self._values else "weight" if known else "constant"
                return TensorArgument(tuple(item.shape), source)
            if isinstance(item, tuple | list) and any(isinstance(one, Tensor | tuple | list) for one in item):
                return [seen(one) for one in item]
            return item

        return tuple(seen(item) for item in args), {key: seen(item) for key, item in named.items()}

    def _place(self, output: Tensor, storages: list[int], *, is_written: bool) -> Storage:
        if not storages or storage_of(output) != storages[0]:
            return "new"
        return "in-place" if is_written else "view"

    # what autograd keeps ----------------------------------------------------------------------------------------

    def pack(self, tensor: Tensor) -> None:
        """Notes what autograd is about to keep, and keeps nothing in its place."""
        if storage_of(tensor) not in self._storages:
            self._packed.append(tensor)

    def _kept(self, storages: list[int], outputs: list[Tensor]) -> Iterator[Saved]:
        """Each storage once, as the call's input, its output or a tensor of its own."""
        made = {storage_of(output) for output in outputs}
        for storage, tensor in self._packed_storages():
            saved = self._saved(tensor, f"tensor {next(self._numbers)}")
            if storage in storages:
                position = storages.index(storage)
                yield Saved("input", "input", saved.elements, position=position)
            elif storage in made:
                yield Saved("output", "output", saved.elements)
            elif storage in self._alone:
                yield saved._replace(of="made", what=self._name_alone(storage))
            else:
                yield saved

    def _kept_alone(self, outputs: list[Tensor]) -> Iterator[Saved]:
        """The same of a call on no value: its input and its output may be what others keep too."""
        lasting = {*self._alone, *(storage_of(output) for output in outputs)}
        for storage, tensor in self._packed_storages():
            name = self._name_alone(storage) if storage in lasting else f"tensor {next(self._numbers)}"
            yield self._saved(tensor, name)._replace(of="made")

    def _packed_storages(self) -> Iterable[tuple[int, Tensor]]:
        return {storage_of(tensor): tensor for tensor in self._packed}.items()

    def _name_alone(self, storage: int) -> str:
        return self._names.setdefault(storage, f"tensor {next(self._numbers)}")

    def _saved(self, tensor: Tensor, what: str) -> Saved:
        """All of the storage that a tensor lies in."""
        width = tensor.element_size()
        held = tensor.untyped_storage().nbytes() // width
        grows = held % self.batch == 0
        own_width = None if width == self._width else width
        return Saved("own", what, held // self.batch if grows else held, own_width, once=not grows)

    # what is written down ---------------------------------------------------------------------------------------

    def _record(
        self,
        call: Call,
        inputs: tuple[int, ...],
        outputs: list[Tensor],
        own: tuple[Param, ...],
        keeps: tuple[Saved, ...] | None,
        lies_in: Storage,
        width: int | Literal["read", "dtype"],
    ) -> None:
        if self.running[-1][1]:  # a leaf's buffers are its layer's, also those that it counts steps in
            own = tuple(dict.fromkeys((*own, *self._buffers.get(self.running[-1][0], ()))))
        self.taken.update(param.path for param in own)
        self.set_aside.update(self._ways_of_its_own())
        if len(inputs) == 1 and not own and is_nothing(call) and not self._may_copy(call, lies_in):
            self._keep(outputs[0], inputs[0])
            return
        if call.name in SHARES and is_by_channels(call):
            self._record_shares(call, inputs, outputs)
            return
        shapes = [self._of_one(tuple(output.shape)) for output in outputs]
        makes = {
            self._new(output): shape or tuple(output.shape)
            for output, shape in zip(outputs, shapes, strict=True)
        }
        self._add(call, inputs, makes)
        grows = shapes[0] is not None
        self.steps[-1] = self.steps[-1]._replace(
            tensors=own, keeps=keeps, lies_in=lies_in, width=width, grows=grows
        )

    def _may_copy(self, call: Call, lies_in: Storage) -> bool:
        """Whether what changes no value takes memory: of a single image also what would take some of more images."""
        return call.name in LAYOUT and (lies_in == "new" or (call.name == "contiguous" and self.batch == 1))

    def _ways_of_its_own(self) -> Iterator[str]:
        """What the model has switched on or off around the call that runs."""
        if self.grad and not torch.is_grad_enabled():
            yield "no_grad"
        if any(torch.is_autocast_enabled(device) for device in ("cpu", "cuda")):
            yield "autocast"
        if _is_recomputed():
            yield "checkpoint"

    def _add(self, call: Call, inputs: tuple[int, ...], makes: dict[int, Shape]) -> None:
        """A step that hands on what it reads, by the module that runs."""
        module, is_leaf = self.running[-1]
        at = len(self.steps)
        step = Step(call, module, is_leaf, inputs, makes, at, _calling_line(module), keeps=(), lies_in="view")
        self.steps.append(step)

    def _of_one(self, shape: Shape) -> Shape | None:
        """A shape of one image: without the batch's axis, or with the batch divided out of the one that it was folded into.

        None for what does not grow with the batch.
        """
        exact = [axis for axis, size in enumerate(shape) if size == self.batch]
        for axis in (*range(min(1, len(shape))), *exact, *range(len(shape))):
            if shape[axis] and shape[axis] % self.batch == 0:
                rest = shape[axis] // self.batch
                return (*shape[:axis], *((rest,) if rest > 1 else ()), *shape[axis + 1 :]) or (1,)
        return None

    def _record_shares(self, call: Call, inputs: tuple[int, ...], outputs: list[Tensor]) -> None:
        """What splits the channels as a part for each of them."""
        start = 0
        for output in outputs:
            before, after = tuple(call.before), tuple(output.shape)
            share = Call("narrow", (None, 1, start, after[1]), {}, [before], after)
            self._add(share, inputs, {self._new(output): after[1:]})
            start += after[1]

    def _written_over(self, tensor: Tensor) -> None:
        """Other tensors in the same memory have other values now: a map of which a part or a view was written.

        What is written depends on all that its value does, so that nothing on the way there is lost.
        """
        value, shape = self._values[id(tensor)], tuple(tensor.shape)
        for key in list(self._alive[storage_of(tensor)]):
            other = self._refs[key]()
            if other is None or other is tensor:
                continue
            before, after = self._values[key], tuple(other.shape)
            call = Call("overwrite", (), {}, [after, shape], after)
            self._add(call, (before, value), {self._new(other): self._of_one(after) or after})


LIBRARIES: Final = (str(Path(__file__).parents[2]), str(Path(torch.__file__).parent), "<")
"""Where code lies that is nobody's model; what has no file stands in brackets."""

KNOWN: Final = LAYOUT | POINTWISE | PRODUCTS.keys() | READERS.keys() | PLAIN.keys() | ALIASES.keys()
"""Functions that are read as they stand."""


def _is_known(name: str) -> bool:
    return name.strip("_") in KNOWN


def _calling_line(module: str) -> Place:
    """The innermost line that runs of code that is neither torch's nor ours; none where a model is made of torch's modules."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        if not frame.f_code.co_filename.startswith(LIBRARIES):
            return Place(frame.f_code.co_filename, frame.f_lineno, 0, module)
        frame = frame.f_back
    return Place("", 0, 0, module)


CHECKPOINT: Final = str(Path(torch.__file__).parent / "utils" / "checkpoint.py")


def _is_recomputed() -> bool:
    """Whether a call runs below torch.utils.checkpoint."""
    if "torch.utils.checkpoint" not in sys.modules:
        return False
    frame = sys._getframe(1)
    while frame.f_back is not None:
        if frame.f_code.co_filename == CHECKPOINT:
            return True
        frame = frame.f_back
    return False


def _width(sources: list[Tensor], output: Tensor) -> int | Literal["read", "dtype"]:
    """Bytes a value: its own of what is no number with a fraction, as read of what was one before."""
    if not output.is_floating_point():
        return output.element_size()
    return "read" if sources and sources[0].is_floating_point() else "dtype"


def storage_of(tensor: Tensor) -> int:
    """A number that tensors in the same memory share, as long as one of them is there."""
    return int(tensor.untyped_storage()._cdata)


def _name_of(func: Callable[..., Any]) -> str:
    """The function's name; of an attribute that is read the attribute's."""
    name = getattr(func, "__name__", str(func))
    return str(getattr(getattr(func, "__self__", None), "__name__", name)) if name == "__get__" else name


def _run(
    name: str, func: Callable[..., Any], args: tuple[Any, ...], named: Mapping[str, Any], *, is_layer: bool
) -> Any:
    """What a call returns, or values of the same shape that cost less and keep as little for a gradient.

    torch takes means, batch norms and sums with a bias on meta apart in Python, and imports its compiler for that, which
    takes as long as all the rest.
    """
    if args and isinstance(args[0], Tensor) and args[0].is_meta:
        if (
            name == "batch_norm" and args[0].dim() in (2, 4) and is_layer
        ):  # of these the language knows what is kept
            return args[0].clone()
        if name == "linear" and args[0].dim() == 2 and len(args) == 3:  # its bias is not kept
            return func(*args[:2])
        if name == "mean":
            return torch.sum(*args, **named)
        if name == "adaptive_avg_pool2d" and args[1] in (1, (1, 1), [1, 1]):
            return torch.sum(args[0], (-2, -1), keepdim=True)
    return func(*args, **named)


GATES: Final = (nn.functional, torch.functional)
"""Where torch's own Python functions ask whether somebody watches, and hand themselves over whole if so."""


@contextmanager
def _calls_inside() -> Iterator[None]:
    """Within it such a function runs as if nobody watched, so that the calls that it makes are seen instead."""
    with (
        patch.object(GATES[0], "has_torch_function", _nobody),
        patch.object(GATES[1], "has_torch_function", _nobody),
    ):
        yield


def _nobody(_: object) -> bool:
    return False


def tensors_of(tree: Any) -> Iterator[Tensor]:
    """The tensors in nested tuples, lists and dicts: what calls are given and make."""
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, Mapping):
        for item in tree.values():
            yield from tensors_of(item)
    elif isinstance(tree, tuple | list):
        for item in tree:
            yield from tensors_of(item)
