"""An ONNX file as a graph, with what is to be said of how it was read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, cast

from vggstat.net.graph import Graph
from vggstat.net.ops.base import Param
from vggstat.net.spec import Spec
from vggstat.shapes import values
from vggstat.sources.formats import formats_note
from vggstat.sources.onnx_file.batch import mixing_step
from vggstat.sources.onnx_file.building import graph_of_run
from vggstat.sources.onnx_file.inference import Run, run
from vggstat.sources.onnx_file.inputs import Inputs, settle_inputs
from vggstat.sources.onnx_file.model import DEFAULT_DOMAIN, Model, load_model, names_read
from vggstat.sources.onnx_file.outputs import check_outputs
from vggstat.sources.onnx_file.steps import Step, spoken
from vggstat.sources.onnx_file.values import FLOATING, QUANTIZED, Stored, Unknown, format_name
from vggstat.sources.require import version_of
from vggstat.sources.wanted import Wanted

__all__ = ["graph_of_file"]

QUANTIZED_OPS: Final = ("QLinearConv", "ConvInteger", "QLinearMatMul", "MatMulInteger", "DequantizeLinear")


def graph_of_file(path: Path, wanted: Wanted) -> Graph:
    """The graph of a file on the inputs wanted.

    Raises InputError for a file that cannot be followed, UsageError for shapes that it does not take.
    """
    model = load_model(path)
    inputs = settle_inputs(model, wanted)
    seen = run(model, inputs.shapes, inputs.symbols)
    if inputs.are_fixed:
        check_outputs(model, seen)
    inputs = _with_their_batch(inputs, seen)
    opset = model.opsets.get(DEFAULT_DOMAIN)
    spec = Spec(
        name=str(path),
        title=path.stem,
        source=f"ONNX file, opset {opset}, read by onnx {version_of('onnx')}",
        origin=str(path),
        input=cast(tuple[int, int, int], inputs.image),
        blocks=(),
        texts=(model.digest,),
    )
    graph = graph_of_run(seen, spec, inputs.batch)
    return graph.replace(notes=(*inputs.notes, *_notes(model, seen)), unused=_unused(model, seen))


def _with_their_batch(inputs: Inputs, seen: Run) -> Inputs:
    """The inputs with what is to be said of a fixed batch; as a whole where what was taken for a batch is none."""
    if inputs.batch == 1:
        return inputs
    mixing = mixing_step(seen, inputs.batch)
    if mixing is None:
        note = f"The file has a fixed batch of {inputs.batch}: figures are of one image."
        return inputs._replace(notes=(*inputs.notes, note))
    note = (
        f"The first axis of the file's input, of {inputs.batch}, is no batch, for {spoken(mixing)} mixes what lies along it: "
        "figures are of the whole input."
    )
    whole = next(iter(inputs.shapes.values()))
    return inputs._replace(image=whole, batch=1, notes=(*inputs.notes, note))


def _unused(model: Model, seen: Run) -> tuple[Param, ...]:
    """Stored tensors of several values that no node reads."""
    read = {name for node in model.graph.node for name in names_read(node)} | {
        item.name for item in model.graph.output
    }
    return tuple(
        Param("weight", tensor.shape, "weight", path=tensor.name)
        for tensor in seen.stored
        if tensor.name not in read and tensor.type in FLOATING and values(tensor.shape) > 1
    )


def _quantized(seen: Run) -> Iterator[Stored]:
    """The stored tensors of several axes whose values are integers of few bits: weights, and no sizes or zero points."""
    return (tensor for tensor in seen.stored if tensor.type in QUANTIZED and len(tensor.shape) > 1)


def _leaves_padding_out(step: Step) -> bool:
    padded = any(step.settings.get("pads") or ()) or step.settings.get("auto_pad", "NOTSET") in (
        "SAME_UPPER",
        "SAME_LOWER",
    )
    return step.op == "AveragePool" and padded and not step.settings.get("count_include_pad", 0)


def _notes(model: Model, seen: Run) -> Iterator[str]:
    """What a reader of the figures has to know."""
    ops = {step.op for step in seen.steps}
    biased = any(step.op == "Conv" and step.constant(2) is not None for step in seen.steps)
    if biased and "BatchNormalization" not in ops:
        yield (
            "There are no batch norms in the file: where the network has some, they are folded into its convolutions, and "
            "biases stand for them."
        )
    formats = sorted({format_name(one.type) for one in _quantized(seen)})
    if formats or any(node.op_type in QUANTIZED_OPS for node in model.graph.node):
        named = f" (its tensors are {' and '.join(formats)})" if formats else ""
        yield (
            f"The file is quantized{named}: bytes are those of the format of the whole table, as if its weights were in that, "
            "and not the file's own."
        )
    stored = (
        (format_name(one.type), values(one.shape))
        for one in seen.stored
        if one.type in FLOATING and values(one.shape) > 1
    )
    yield from filter(None, (formats_note("The file's weights", stored),))
    if any(_leaves_padding_out(step) for step in seen.steps):
        yield "Average pools leave the padding out of their means, which changes values and no figure here."
    if seen.left_out:
        yield f"Left out because no output depends on them: {seen.left_out:,} nodes."
    hidden = [(step, one) for step in seen.steps for one in step.outputs if isinstance(one, Unknown)]
    if hidden:
        step, first = hidden[0]
        yield (
            f"The shapes of {len(hidden):,} maps are not known, nor is the work on them. The first is of "
            f"{spoken(step)}: {first.reason}."
        )
