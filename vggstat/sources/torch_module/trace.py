"""Which layers a model runs, in which order: seen while it runs on tensors without values.

The model is run on ``meta`` (or on fake tensors, where its weights are real ones) under a TorchFunctionMode,
which sees every call of a torch function from outside: an LRN is one call there, not the seven operations
that torch.export makes of it, and control flow that depends on shapes alone runs as it is. Control flow that
depends on values cannot run without them: then there is a reason and no graph.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from inspect import Parameter, signature
from typing import Any, Final, Literal, cast

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from vggstat.net.graph import Graph
from vggstat.net.ops.base import Param
from vggstat.net.spec import Spec
from vggstat.shapes import Shape
from vggstat.sources.torch_module.calls import Call, is_by_channels, is_nothing
from vggstat.sources.torch_module.steps import Step, graph_of_steps

__all__ = ["TraceError", "input_channels", "trace"]

BATCH: Final = 2
"""A batch norm in training mode refuses a single value per channel."""


class TraceError(Exception):
    """The model did not run on an image without values; the text says why."""


def trace(model: nn.Module, image: Shape) -> Graph:
    """The graph of what ``model`` runs on images of that shape, as far as its outputs depend on it.

    The model runs in training mode, where a dropout shows; if it does not, in evaluation mode. Its modes,
    tensors and the global random state are left as they were; what it prints goes to stderr. Raises TraceError.
    """
    script = next((name for name, module in model.named_modules() if _is_script(module)), None)
    if script is not None:
        raise TraceError(f"{script or 'it'} is TorchScript, whose layers cannot be seen from outside")
    _refuse_other_inputs(model)
    for training in (True, False):
        try:
            return _trace(model, image, training=training)
        except TraceError:
            if not training:
                raise
    raise AssertionError("one of the two modes returns or raises")


def _is_script(module: nn.Module) -> bool:
    return isinstance(module, torch.jit.ScriptModule)


def _refuse_other_inputs(model: nn.Module) -> None:
    """Raises TraceError where the model needs more than an image."""
    needed = [
        name
        for name, parameter in signature(model.forward).parameters.items()
        if parameter.default is Parameter.empty
        and parameter.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    ]
    if len(needed) > 1:
        raise TraceError(f"its forward takes {', '.join(needed)}, and is given one image")


def input_channels(model: nn.Module) -> int | None:
    """The channels that the model's first convolution takes; None where it has no Conv2d."""
    return next((module.in_channels for module in model.modules() if isinstance(module, nn.Conv2d)), None)


def _trace(model: nn.Module, image: Shape, *, training: bool) -> Graph:
    recorder = _Recorder()
    with ExitStack() as stack:
        stack.enter_context(_mode(model, training=training))
        stack.enter_context(torch.random.fork_rng(devices=[]))
        stack.enter_context(_names(model, recorder))
        try:
            run, images, recorder.tensors = _prepare(model, image, stack)
            recorder.start(images)
            with torch.no_grad(), recorder, redirect_stdout(sys.stderr):
                output = run(images)
        except Exception as error:
            lines = str(error).strip().splitlines() or [""]
            raise TraceError(f"{type(error).__name__}: {lines[0]}"[:200]) from None
    name = type(model).__name__
    spec = Spec(
        name=name, title=name, origin="torch module", input=cast(tuple[int, int, int], image), blocks=()
    )
    return graph_of_steps(recorder.steps_to(output), spec)


def _prepare(
    model: nn.Module, image: Shape, stack: ExitStack
) -> tuple[Callable[[Tensor], Any], Tensor, dict[int, Param]]:
    """How to run the model without values, a batch of images for it, and what its tensors are, by ``id``."""
    learned = dict(model.named_parameters())
    tensors: dict[str, Tensor] = {**learned, **dict(model.named_buffers())}
    dtype = next((tensor.dtype for tensor in tensors.values() if tensor.is_floating_point()), torch.float32)
    if all(tensor.is_meta for tensor in tensors.values()):
        images = torch.empty((BATCH, *image), device="meta", dtype=dtype)
        return model, images, _params(tensors, learned)
    from torch._subclasses.fake_tensor import FakeTensorMode

    mode = FakeTensorMode(allow_non_fake_inputs=True)
    device = next(tensor.device for tensor in tensors.values() if not tensor.is_meta)
    stack.enter_context(_quiet())
    stack.enter_context(mode)
    fakes = {
        # Of a model that is half on meta the other half is put beside it.
        name: torch.empty_like(tensor, device=device) if tensor.is_meta else mode.from_tensor(tensor.detach())
        for name, tensor in tensors.items()
    }
    images = torch.empty((BATCH, *image), device=device, dtype=dtype)
    return lambda x: torch.func.functional_call(model, fakes, (x,)), images, _params(fakes, learned)


def _params(tensors: Mapping[str, Tensor], learned: Mapping[str, Tensor]) -> dict[int, Param]:
    found = {}
    for name, tensor in tensors.items():
        last = name.rpartition(".")[2]
        role: Literal["weight", "bias", "buffer"] = "bias" if last == "bias" else "weight"
        found[id(tensor)] = Param(last, tuple(tensor.shape), role if name in learned else "buffer")
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """torch logs what fails under its fake tensors, which is told as the reason here."""
    logger = logging.getLogger("torch._subclasses.fake_tensor")
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before


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
        self.steps: list[Step] = []
        self.tensors: dict[int, Param] = {}
        """The model's own, by ``id``."""
        self._values: dict[int, int] = {}
        self._alive: dict[int, list[Tensor]] = {}
        """Every tensor seen, by its storage, so that no id comes back for another one."""
        self._count = 0

    def start(self, images: Tensor) -> None:
        """The image is value 0."""
        self._new(images)

    def _new(self, tensor: Tensor) -> int:
        number = self._count
        self._count += 1
        self._keep(tensor, number)
        return number

    def _keep(self, tensor: Tensor, number: int) -> None:
        """The tensor stands for a value from now on."""
        if id(tensor) not in self._values:
            self._alive.setdefault(tensor.untyped_storage()._cdata, []).append(tensor)
        self._values[id(tensor)] = number

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
        shapes = [tuple(item.shape) for item in sources]
        versions = [item._version for item in sources]
        result = func(*args, **named)
        name = getattr(func, "__name__", str(func))
        outputs = list(_tensors(args[0] if name == "__setitem__" else result))
        if inputs and outputs:
            own = [self.tensors[id(item)] for item in _tensors((args, named)) if id(item) in self.tensors]
            self._record(Call(name, args, named, shapes, tuple(outputs[0].shape)), inputs, outputs, own)
        for item, version in zip(sources, versions, strict=True):
            if item._version != version:
                self._written_over(item)
        return result

    def _record(self, call: Call, inputs: tuple[int, ...], outputs: list[Tensor], own: list[Param]) -> None:
        if is_nothing(call):
            self._keep(outputs[0], inputs[0])
            return
        if call.name in ("chunk", "split", "split_with_sizes", "tensor_split") and is_by_channels(call):
            self._record_shares(call, inputs, outputs)
            return
        shapes = [tuple(output.shape)[1:] for output in outputs]
        numbers = [self._new(output) for output in outputs]
        self.steps.append(Step(call, self.running[-1], inputs, dict(zip(numbers, shapes, strict=True)), own))

    def _record_shares(self, call: Call, inputs: tuple[int, ...], outputs: list[Tensor]) -> None:
        """What splits the channels as a part for each of them."""
        start = 0
        for output in outputs:
            before, after = tuple(call.before), tuple(output.shape)
            share = Call("narrow", (None, 1, start, after[1]), {}, [before], after)
            self.steps.append(Step(share, self.running[-1], inputs, {self._new(output): after[1:]}, []))
            start += after[1]

    def _written_over(self, tensor: Tensor) -> None:
        """Other tensors in the same memory have other values now: a map of which a part or a view was written.

        What is written depends on all that its value does, so that nothing on the way there is lost.
        """
        value, shape = self._values[id(tensor)], tuple(tensor.shape)
        for other in self._alive[tensor.untyped_storage()._cdata]:
            if other is not tensor:
                before, after = self._values[id(other)], tuple(other.shape)
                call = Call("overwrite", (), {}, [after, shape], after)
                self.steps.append(
                    Step(call, self.running[-1], (before, value), {self._new(other): after[1:]}, [])
                )

    def steps_to(self, output: Any) -> list[Step]:
        """The steps that the outputs depend on: all of a tuple or a dictionary. Raises TraceError where there are none."""
        needed = {value for result in _tensors(output) if (value := self._values.get(id(result)))}
        if not needed:
            raise TraceError("the output does not come from the image by torch functions that can be seen")
        steps: list[Step] = []
        for step in reversed(self.steps):
            makes = {value: shape for value, shape in step.makes.items() if value in needed}
            if makes:
                needed.update(step.inputs)
                steps.append(step._replace(makes=makes))
        return steps[::-1]


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
