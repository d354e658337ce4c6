"""Which layers a model runs, in which order: seen while it runs on tensors without values.

The model is run on ``meta`` (or on fake tensors, where its weights are real ones) under a TorchFunctionMode,
which sees every call of a torch function from outside: an LRN is one call there, not the seven operations
that torch.export makes of it, and control flow that depends on shapes alone runs as it is. Control flow that
depends on values cannot run without them: then there is a reason, with the model's own line, and no graph.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from inspect import Parameter, signature
from itertools import chain
from textwrap import shorten
from typing import Any, Final, NamedTuple, cast

import torch
from torch import Tensor, nn

from vggstat.net.graph import Graph, Node
from vggstat.net.ops.base import Param
from vggstat.net.ops.other import Other
from vggstat.net.spec import Spec
from vggstat.shapes import Shape
from vggstat.sources.torch_module.functions import LAYOUT
from vggstat.sources.torch_module.recorder import LIBRARIES, Alone, Recorder, Step, storage_of
from vggstat.sources.torch_module.returned import tensors_returned
from vggstat.sources.torch_module.steps import graph_of_steps
from vggstat.sources.torch_module.tensors import params_of
from vggstat.sources.torch_module.untouched import untouched

__all__ = ["TraceError", "input_channels", "is_on_meta", "quiet", "reason_of", "required_inputs", "trace"]

OTHER: Final = 29
"""Images of another run: what is not the same in both for each image depends on the batch."""

BATCH: Final = 23
"""Images of a run: more than one, which a batch norm in training mode refuses, and a number that no map's side has."""


MOST_WORDS: Final = 160
"""Signs of what torch says that are shown: its advice may fill a page."""


MOST_CODE: Final = 100
"""Signs of the line that failed."""


class TraceError(Exception):
    """The model did not run on inputs without values; the text says why, and where in its code."""

    def __init__(self, text: str, reached: int = 0) -> None:
        super().__init__(text)
        self.reached = reached
        """How many calls were seen before."""


class _Way(NamedTuple):
    """One way to run a model."""

    training: bool
    batch: int
    grad: bool
    dtype: torch.dtype | None
    """Of the inputs; None for that of the model's tensors."""
    fake: bool = False
    """Whether a model on ``meta`` is run on fake tensors of a CPU, where the tensors are that its forward pass makes."""


WAYS: Final = (
    _Way(training=True, batch=BATCH, grad=True, dtype=None),
    _Way(training=True, batch=BATCH, grad=False, dtype=None),
    _Way(training=False, batch=BATCH, grad=True, dtype=None),
    _Way(training=False, batch=1, grad=True, dtype=None),
    _Way(training=True, batch=BATCH, grad=True, dtype=torch.int64),
    _Way(training=False, batch=BATCH, grad=False, dtype=torch.int64),
)
"""Tried one after the other. In training mode a dropout shows; with gradients what autograd keeps of each call; some
models take one image at a time, and some take numbers of words."""


def trace(
    model: nn.Module, image: Shape, further: Mapping[str, Shape] | None = None, *, first: str = ""
) -> Graph:
    """The graph of what ``model`` runs on images of that shape, beside ``further`` inputs by name.

    The image is the argument called ``first``, or the first one. All calls are in it that outputs depend on, and what
    does work besides. The model runs in training mode, where a dropout shows; if it does not, in evaluation mode. Of one that
    is in evaluation mode only the modules without others inside run as in training, so that its own code goes that way. It and
    the global random state are left as they were; what it prints goes to stderr. Raises TraceError.
    """
    script = next((name for name, module in model.named_modules() if _is_script(module)), None)
    if script is not None:
        raise TraceError(f"{script or 'it'} is TorchScript, whose layers cannot be seen from outside")
    _refuse_lazy(model)
    inputs = {first or "input": image, **(further or {})}
    _refuse_other_inputs(model, inputs, named=bool(first))
    reason: TraceError | None = None
    for way in _ways(model):
        try:
            run = _run(model, inputs, way, named=bool(first))
        except TraceError as error:
            reason = error if reason is None or error.reached > reason.reached else reason
            continue
        graph = _graph_of(model, inputs, way, run)
        if way.batch > 1:
            other = _trace(model, inputs, way._replace(batch=OTHER), named=bool(first))
            single = _laid_out_for_one(model, inputs, way, run, named=bool(first))
            graph = _of_one_image(graph, other)
            if single is not None:
                graph = graph.replace(single=_of_one_image(_graph_of(model, inputs, way, single), other))
        return graph.replace(notes=tuple(_of_training_alone(model, inputs, way, graph, named=bool(first))))
    assert reason is not None
    raise reason


def _of_one_image(graph: Graph, other: Graph) -> Graph:
    """The graph, with what is not the same for each image of a batch as work that nobody counts.

    ``other`` is of another batch. Raises TraceError where that runs other layers: what is told of one image would be false.
    """
    if [node.name for node in graph.nodes] != [node.name for node in other.nodes]:
        raise TraceError(
            f"it runs {len(graph.nodes):,} calls for {BATCH} images and {len(other.nodes):,} for {OTHER}: a forward pass that "
            "goes through the images of a batch one by one has no figures of one image"
        )
    nodes = [
        node if (node.shape, node.ops) == (like.shape, like.ops) else _mixing(node, like)
        for node, like in zip(graph.nodes, other.nodes, strict=True)
    ]
    return graph.replace(nodes=tuple(nodes))


def _mixing(node: Node, like: Node) -> Node:
    """A layer whose work is another for another batch: it mixes images, or takes another axis for the batch's.

    What it makes of one image has none of the axes that grow with the batch.
    """
    shape = node.shape
    if len(shape) == len(like.shape):
        pairs = zip(shape, like.shape, strict=True)
        shape = tuple(size for size, other in pairs if (size, other) != (BATCH, OTHER)) or (1,)
    layer = Other(operation=f"{node.layer.label} across the batch", makes=shape, tensors=node.params)
    return node.replace(layer=layer, shape=shape, ops=layer.ops(*node.in_shapes))


def _ways(model: nn.Module) -> Iterator[_Way]:
    """Ways to run a model. What it makes without a thought for the device lies on the CPU: on ``meta`` that does not fit."""
    yield from WAYS
    if is_on_meta(model):
        yield from (way._replace(fake=True) for way in WAYS)


def _of_training_alone(
    model: nn.Module, inputs: Mapping[str, Shape], way: _Way, graph: Graph, *, named: bool
) -> Iterator[str]:
    """A sentence on the layers that run in training and not in evaluation, as an auxiliary head may."""
    if not way.training:
        yield "It runs in evaluation mode alone, where nothing is dropped."
        return
    try:
        evaluated = _trace(model, inputs, way._replace(training=False, grad=False), named=named)
    except TraceError:
        yield "It runs in training mode alone."
        return
    beside = {param.path for param in graph.unused} - {param.path for param in evaluated.unused}
    if beside:
        yield f"In training mode; evaluation uses parameters that this does not: {min(beside)}" + (
            f" and {len(beside) - 1:,} more." if len(beside) > 1 else "."
        )
    still = {node.name for node in evaluated.nodes}
    gone = [node.name for node in graph.nodes if node.name not in still and (node.ops.macs or node.params)]
    if gone:
        more = f" and {len(gone) - 1:,} more" if len(gone) > 1 else ""
        yield f"In training mode; in evaluation these layers do not run: {gone[0]}{more}."


def _is_script(module: nn.Module) -> bool:
    return isinstance(module, torch.jit.ScriptModule)


def _refuse_lazy(model: nn.Module) -> None:
    """Raises TraceError where a module learns its size from the first input."""
    lazy = next((name for name, module in model.named_modules() if _is_lazy(module)), None)
    if lazy is not None:
        kind = type(model.get_submodule(lazy)).__name__
        raise TraceError(
            f"{lazy or 'it'} is a {kind}, whose size is not known until the model has run: run it once where it is made, as in "
            "model(torch.empty(1, 3, 224, 224)), or give the size"
        )


def _is_lazy(module: nn.Module) -> bool:
    tensors = (*module._parameters.values(), *module._buffers.values())
    return any(nn.parameter.is_lazy(tensor) for tensor in tensors if tensor is not None)


def required_inputs(model: nn.Module) -> tuple[str, ...]:
    """The arguments that its forward pass cannot do without, by name."""
    return tuple(
        name
        for name, parameter in signature(model.forward).parameters.items()
        if parameter.default is Parameter.empty
        and parameter.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    )


def _refuse_other_inputs(model: nn.Module, inputs: Mapping[str, Shape], *, named: bool) -> None:
    """Raises TraceError where the model needs another number of inputs than it is given, or others by name."""
    needed = required_inputs(model)
    if len(needed) > len(inputs):
        taken = ", ".join(needed)
        words = "one image" if len(inputs) == 1 else ", ".join(inputs)
        raise TraceError(
            f"its forward takes {taken}, and is given {words}: name the shape of each, as in "
            + " ".join(f"--input {name}=3x224x224" for name in needed)
        )
    known = signature(model.forward).parameters
    strange = [name for name in inputs if name not in known]
    if named and strange and not any(one.kind is Parameter.VAR_KEYWORD for one in known.values()):
        raise TraceError(f"its forward takes no {strange[0]}; it takes {', '.join(known)}")


def input_channels(model: nn.Module) -> int | None:
    """The channels that the model's first convolution takes; None where it has no Conv2d."""
    return next((module.in_channels for module in model.modules() if isinstance(module, nn.Conv2d)), None)


def is_on_meta(model: nn.Module) -> bool:
    """Whether its tensors have shapes and no memory."""
    return all(tensor.is_meta for tensor in chain(model.parameters(), model.buffers()))


def _trace(model: nn.Module, inputs: Mapping[str, Shape], way: _Way, *, named: bool) -> Graph:
    return _graph_of(model, inputs, way, _run(model, inputs, way, named=named))


class _Run(NamedTuple):
    """What was seen of a run."""

    steps: list[Step]
    gone: Mapping[int, int]
    alone: list[Alone]
    taken: set[str]
    """Paths of the tensors that calls took."""
    outputs: list[int]
    params: tuple[Param, ...]
    set_aside: tuple[str, ...]
    """What it does about gradients by itself."""


def _run(model: nn.Module, inputs: Mapping[str, Shape], way: _Way, *, named: bool) -> _Run:
    with ExitStack() as stack:
        stack.enter_context(untouched(model))
        of_training = model.training
        for module in model.modules():
            module.training = way.training and (of_training or _is_leaf(module))
        stack.enter_context(torch.random.fork_rng(devices=[]))
        recorder: Recorder | None = None
        try:
            run, given, held, dtype = _prepare(model, inputs, way, stack)
            tensors = params_of(held, dict(model.named_parameters()))
            recorder = Recorder(
                way.batch, tensors, map(storage_of, held.values()), dtype.itemsize, grad=way.grad
            )
            recorder.drops = way.training and not of_training
            stack.enter_context(_names(model, recorder))
            recorder.start(given)
            given_by_name = dict(zip(inputs, given, strict=True)) if named else None
            with _watching(recorder, grad=way.grad), redirect_stdout(sys.stderr):
                output = run(() if named else tuple(given), given_by_name or {})
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a forward pass that ends the program, too
            raise TraceError(reason_of(error), reached=len(recorder.steps) if recorder else 0) from None
        outputs = _outputs(output, recorder)
    return _Run(
        steps=recorder.steps,
        gone=recorder.gone,
        alone=recorder.alone,
        taken=recorder.taken,
        outputs=outputs,
        params=tuple(tensors.values()),
        set_aside=tuple(sorted(recorder.set_aside)),
    )


def _graph_of(model: nn.Module, inputs: Mapping[str, Shape], way: _Way, run: _Run) -> Graph:
    name = type(model).__name__
    # The language's specs are of one image; a model may take a vector, or words.
    spec = Spec(
        name=name, title=name, origin="torch module", input=cast(Any, next(iter(inputs.values()))), blocks=()
    )
    graph = graph_of_steps(run.steps, spec, inputs, run.outputs, run.gone, run.alone)
    unused = [param for param in run.params if param.path not in run.taken]
    return graph.replace(
        set_aside=run.set_aside,
        unused=tuple(param for param in unused if param.role != "buffer"),
        unused_buffers=tuple(param for param in unused if param.role == "buffer"),
        input_width=None if way.dtype is None else way.dtype.itemsize,
    )


def _laid_out_for_one(
    model: nn.Module, inputs: Mapping[str, Shape], way: _Way, run: _Run, *, named: bool
) -> _Run | None:
    """The run with what its calls copy and keep of a batch of one image; None where that makes no difference.

    Of several images axes that are moved lie in pieces in memory, of a single one they may lie in one piece.
    """
    if way.batch == 1 or not way.grad or not any(_may_lie_otherwise(step) for step in run.steps):
        return None
    try:
        alone = _run(model, inputs, way._replace(batch=1), named=named).steps
    except TraceError:
        return None
    alone = _like(alone, run.steps)
    if [step.call.name for step in alone] != [step.call.name for step in run.steps]:
        return None
    pairs = zip(run.steps, alone, strict=True)
    steps = [step._replace(lies_in=one.lies_in, keeps=one.keeps, copies=one.copies) for step, one in pairs]
    return run._replace(steps=steps)


def _like(alone: Iterable[Step], steps: Iterable[Step]) -> list[Step]:
    """The steps of a single image without those that copy nothing of several images either, which have no step there."""
    names = [step.call.name for step in steps]
    found: list[Step] = []
    for step in alone:
        expected = names[len(found)] if len(found) < len(names) else ""
        if step.call.name == expected or step.call.name != "contiguous":
            found.append(step)
    return found


def _may_lie_otherwise(step: Step) -> bool:
    """Whether it copies what it need not copy of another batch."""
    return step.copies != 0 or (step.call.name in LAYOUT and step.lies_in == "new")


def _outputs(output: Any, recorder: Recorder) -> list[int]:
    """All tensors of what is returned that come from the inputs. Raises TraceError where there are none."""
    found = [recorder.number_of(result) for result in tensors_returned(output)]
    if not found:
        raise TraceError(f"its forward pass returns no tensor, but {type(output).__name__}")
    numbers = [number for number in found if number is not None]
    if numbers and not any(numbers):
        raise TraceError("its forward pass returns its input as it is: there is no layer to tell of")
    if not numbers:
        raise TraceError("the output does not come from the image by torch functions that can be seen")
    return list(dict.fromkeys(numbers))


@contextmanager
def _watching(recorder: Recorder, *, grad: bool) -> Iterator[None]:
    """Within it calls are recorded, and what autograd keeps of them where gradients are on."""
    with (
        torch.set_grad_enabled(grad),
        torch.autograd.graph.saved_tensors_hooks(recorder.pack, _unpack),
        recorder,
    ):
        yield


def _unpack(_: object) -> Tensor:
    raise TraceError("its forward pass runs a backward pass, which cannot be seen")


def reason_of(error: BaseException, beside: tuple[str, ...] = ()) -> str:
    """What went wrong, and at which line of the model: of what lies neither in torch nor in the folders ``beside``."""
    lines = str(error).strip().splitlines() or [""]
    words = (
        shorten(f"{type(error).__name__}: {lines[0]}", MOST_WORDS, placeholder=" …")
        if not isinstance(error, TraceError)
        else str(error)
    )
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((*LIBRARIES, *beside))
    ]
    if not frames:
        return words
    code = f" ({shorten(frames[-1].line, MOST_CODE, placeholder=' …')})" if frames[-1].line else ""
    return f"{frames[-1].filename}:{frames[-1].lineno}: {words}{code}"


def _prepare(
    model: nn.Module, inputs: Mapping[str, Shape], way: _Way, stack: ExitStack
) -> tuple[Callable[[tuple[Any, ...], dict[str, Any]], Any], list[Tensor], dict[str, Tensor], torch.dtype]:
    """How to run the model without values, a batch for each input, its tensors by their paths, and their dtype."""
    learned = dict(model.named_parameters())
    tensors: dict[str, Tensor] = {**learned, **dict(model.named_buffers())}
    dtype = next((tensor.dtype for tensor in tensors.values() if tensor.is_floating_point()), torch.float32)
    shapes = [(way.batch, *shape) for shape in inputs.values()]
    if is_on_meta(model) and not way.fake:
        given = [torch.empty(shape, device="meta", dtype=way.dtype or dtype) for shape in shapes]
        return lambda args, named: model(*args, **named), given, tensors, dtype
    from torch._subclasses.fake_tensor import FakeTensorMode

    mode = FakeTensorMode(allow_non_fake_inputs=True)
    real = (tensor.device for tensor in tensors.values() if not tensor.is_meta)
    device = next(real, torch.device("cpu"))
    stack.enter_context(quiet())
    stack.enter_context(mode)
    fakes = {
        # Of a model that is half on meta the other half is put beside it.
        name: torch.empty_like(tensor, device=device) if tensor.is_meta else mode.from_tensor(tensor.detach())
        for name, tensor in tensors.items()
    }
    for name, parameter in learned.items():
        fakes[name].requires_grad_(parameter.requires_grad)
    given = [torch.empty(shape, device=device, dtype=way.dtype or dtype) for shape in shapes]

    def run(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        return torch.func.functional_call(model, fakes, args, named)

    return run, given, fakes, dtype


@contextmanager
def quiet() -> Iterator[None]:
    """torch logs what fails under its fake tensors, which is told as the reason here."""
    logger = logging.getLogger("torch._subclasses.fake_tensor")
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before


@contextmanager
def _names(model: nn.Module, recorder: Recorder) -> Iterator[None]:
    """Tells the recorder which module runs."""
    names = {module: name for name, module in model.named_modules()}
    leaves = {module for module in names if _is_leaf(module)}

    def enter(module: nn.Module, *_: Any) -> None:
        recorder.running.append((names.get(module, ""), module in leaves))

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


def _is_leaf(module: nn.Module) -> bool:
    """Whether it has no modules inside, but for those that make its weights (torch.nn.utils.parametrize)."""
    return all(name == "parametrizations" for name, _ in module.named_children())
