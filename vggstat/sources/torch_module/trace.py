"""Which layers a model runs, in which order: seen while it runs on tensors without values.

The model is run on ``meta`` (or on fake tensors, where its weights are real ones) under a TorchFunctionMode,
which sees every call of a torch function from outside: an LRN is one call there, not the seven operations
that torch.export makes of it, and control flow that depends on shapes alone runs as it is. Control flow that
depends on values cannot run without them: then there is a reason and no outline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from vggstat.records import Record
from vggstat.shapes import Shape
from vggstat.sources.outline import Outline, Part, plain
from vggstat.sources.torch_module.calls import Call, read_call

__all__ = ["TraceError", "input_channels", "trace"]

BATCH: Final = 2
"""A batch norm in training mode refuses a single value per channel."""


class TraceError(Exception):
    """The model did not run on an image without values; the text says why."""


class _Step(Record):
    """One call of a torch function on values that come from the image."""

    part: Part
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    """Several of a call that returns several values: ``chunk``, a pool with its indices."""


def trace(model: nn.Module, image: Shape) -> Outline:
    """The layers that ``model`` runs on images of that shape, those that make a difference.

    The model runs in training mode, where a dropout shows; if it does not, in evaluation mode. Its modes,
    tensors and the global random state are left as they were. Raises TraceError.
    """
    for training in (True, False):
        try:
            return _trace(model, image, training=training)
        except TraceError:
            if not training:
                raise
    raise AssertionError("one of the two modes returns or raises")


def input_channels(model: nn.Module) -> int | None:
    """The channels that the model's first convolution takes; None where it has no Conv2d."""
    return next((module.in_channels for module in model.modules() if isinstance(module, nn.Conv2d)), None)


def _trace(model: nn.Module, image: Shape, *, training: bool) -> Outline:
    recorder = _Recorder()
    with ExitStack() as stack:
        stack.enter_context(_mode(model, training=training))
        stack.enter_context(torch.random.fork_rng(devices=[]))
        stack.enter_context(_names(model, recorder))
        try:
            run, images = _prepare(model, image, stack)
            recorder.start(images)
            with torch.no_grad(), recorder:
                output = run(images)
        except Exception as error:
            lines = str(error).strip().splitlines() or [""]
            raise TraceError(f"{type(error).__name__}: {lines[0]}"[:200]) from None
    return recorder.outline(output, image)


def _prepare(model: nn.Module, image: Shape, stack: ExitStack) -> tuple[Callable[[Tensor], Any], Tensor]:
    """How to run the model without values, and a batch of images for it."""
    tensors = dict((*model.named_parameters(), *model.named_buffers()))
    dtype = next((tensor.dtype for tensor in tensors.values() if tensor.is_floating_point()), torch.float32)
    if all(tensor.is_meta for tensor in tensors.values()):
        return model, torch.empty((BATCH, *image), device="meta", dtype=dtype)
    from torch._subclasses.fake_tensor import FakeTensorMode

    mode = FakeTensorMode(allow_non_fake_inputs=True)
    fakes: dict[str, Tensor] = {name: mode.from_tensor(tensor.detach()) for name, tensor in tensors.items()}
    stack.enter_context(mode)
    device = next((tensor.device for tensor in fakes.values()), torch.device("cpu"))
    images = torch.empty((BATCH, *image), device=device, dtype=dtype)
    return lambda x: torch.func.functional_call(model, fakes, (x,)), images


@contextmanager
def _mode(model: nn.Module, *, training: bool) -> Iterator[None]:
    """Every module's mode, and the caller's after."""
    before = {module: module.training for module in model.modules()}
    try:
        for module in before:
            module.training = training
        yield
    finally:
        for module, mode in before.items():
            module.training = mode


@contextmanager
def _names(model: nn.Module, recorder: _Recorder) -> Iterator[None]:
    """Tells the recorder which module runs."""
    names = {module: name for name, module in model.named_modules()}

    def enter(module: nn.Module, *_: Any) -> None:
        recorder.running.append(names.get(module, ""))

    def leave(*_: Any) -> None:
        recorder.running.pop()

    handles = [
        nn.modules.module.register_module_forward_pre_hook(enter),
        nn.modules.module.register_module_forward_hook(leave, always_call=True),
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class _Recorder(TorchFunctionMode):
    """Writes down the calls that go from the image to the output."""

    def __init__(self) -> None:
        super().__init__()
        self.running = [""]
        self.steps: list[_Step] = []
        self._values: dict[int, int] = {}
        self._alive: list[Tensor] = []
        """Every tensor seen, so that no id comes back for another one."""
        self._count = 0

    def start(self, images: Tensor) -> None:
        """The image is value 0."""
        self._new(images)

    def _new(self, tensor: Tensor) -> int:
        self._alive.append(tensor)
        number = self._values[id(tensor)] = self._count
        self._count += 1
        return number

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: tuple[type, ...],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        named = dict(kwargs or {})
        sources = [item for item in _tensors((args, named)) if id(item) in self._values]
        inputs = tuple(self._values[id(item)] for item in sources)
        before = tuple(sources[0].shape) if sources else ()
        result = func(*args, **named)
        outputs = list(_tensors(result))
        if inputs and outputs:
            self._record(func, args, named, inputs, before, outputs)
        return result

    def _record(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        named: dict[str, Any],
        inputs: tuple[int, ...],
        before: tuple[int, ...],
        outputs: list[Tensor],
    ) -> None:
        output = outputs[0]
        name = getattr(func, "__name__", str(func))
        after = tuple(output.shape)
        if name == "__get__" or (name in LAYOUT and _only_flattens(before, after)):
            self._values[id(output)] = inputs[0]
            self._alive.append(output)
            return
        kind, settings = read_call(name.rstrip("_") or name, Call(args, named, before))
        part = Part(kind=kind, name=self.running[-1], settings=settings, in_shape=before[1:], shape=after[1:])
        self.steps.append(_Step(part=part, inputs=inputs, outputs=tuple(map(self._new, outputs))))

    def outline(self, output: Any, image: Shape) -> Outline:
        """The steps that the outputs depend on: all of a tuple or a dictionary. Raises TraceError where there are none."""
        needed = {value for result in _tensors(output) if (value := self._values.get(id(result)))}
        if not needed:
            raise TraceError("the output does not come from the image by torch functions that can be seen")
        steps: list[_Step] = []
        for step in reversed(self.steps):
            if needed.intersection(step.outputs):
                needed.update(step.inputs)
                steps.append(step)
        steps.reverse()
        return Outline(
            parts=plain(_join_padding([step.part for step in steps])),
            image=image,
            branches=_branches(steps, needed),
        )


def _branches(steps: list[_Step], needed: set[int]) -> str:
    """Which operation takes something else than the one value before it, or makes several; empty for a chain.

    ``needed`` are the values that somebody reads, or the caller gets.
    """
    current = 0
    for step in steps:
        where = f" in {step.part.name}" if step.part.name else ""
        if set(step.inputs) != {current}:
            return f"{step.part.kind}{where} does not take the one value before it"
        made = [value for value in step.outputs if value in needed]
        if len(made) > 1:
            return f"{step.part.kind}{where} makes {len(made)} values"
        current = made[0]
    return ""


def _tensors(tree: Any) -> Iterator[Tensor]:
    """The tensors in nested tuples, lists and dicts."""
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, Mapping):
        for item in tree.values():
            yield from _tensors(item)
    elif isinstance(tree, tuple | list):
        for item in tree:
            yield from _tensors(item)


LAYOUT: Final = frozenset(
    (
        "view",
        "reshape",
        "flatten",
        "ravel",
        "squeeze",
        "unsqueeze",
        "contiguous",
        "clone",
        "detach",
        "to",
        "float",
        "half",
        "bfloat16",
        "double",
        "type",
        "view_as",
        "reshape_as",
        "alias",
        "requires_grad_",
        "unflatten",
        "identity",
        "cpu",
        "cuda",
    )
)
"""Functions that change no value; those that bring values into another shape only where they flatten."""


def _only_flattens(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Whether a new shape keeps the batch axis, and is the old one, a vector, or differs by axes of 1."""
    if before[:1] != after[:1]:
        return False
    return len(after) == 2 or [n for n in before if n != 1] == [n for n in after if n != 1]


def _join_padding(parts: list[Part]) -> list[Part]:
    """Zeros put around a map by a layer of their own, as the padding of the convolution that follows."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.kind == "zero padding"
            and part.kind == "conv"
            and not part.settings["padding"]
        ):
            settings = {**part.settings, "padding": last.settings["padding"]}
            joined[-1] = part.replace(settings=settings, in_shape=last.in_shape)
        else:
            joined.append(part)
    return joined
