"""The library's own rule of an operator: what types and shapes leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import onnx
from onnx.shape_inference import infer_node_outputs

from vggstat.errors import InputError
from vggstat.shapes import values
from vggstat.sources.onnx_file.model import graphs_in, printable, said
from vggstat.sources.onnx_file.steps import Step, spoken
from vggstat.sources.onnx_file.values import Constant, Unknown, Value, type_of
from vggstat.sources.onnx_file.weights import wrong_weights

__all__ = ["RUNTIMES_OWN", "Types", "infer"]


RUNTIMES_OWN: Final = frozenset(
    f"com.microsoft.{name}"
    for name in (
        *("QLinearAdd", "QLinearMul", "QLinearSigmoid", "QLinearLeakyRelu", "QLinearSoftmax"),
        *("Gelu", "BiasGelu", "FastGelu", "QuickGelu", "SkipLayerNormalization"),
    )
)
"""Operators of ONNX Runtime that work value by value."""

SAME_SHAPE: Final = RUNTIMES_OWN | {"GroupNormalization", "MeanVarianceNormalization"}
"""Operators of which the library has no rule, and that make a map of the shape that enters."""

BY_ANOTHER: Final[Mapping[str, str]] = {"GreaterOrEqual": "Greater", "LessOrEqual": "Less"}
"""Operators of which some opsets have no rule, by one that has the same."""


NO_FORMATS: Final = ("[ShapeInferenceError]", "input size", "output size", "attribute type")
"""What the library writes where a node breaks its rule by something else than a format: shapes, or what is missing."""


class Types(NamedTuple):
    """The types of what leaves by name, as far as the rule tells them."""

    found: Mapping[str, onnx.TypeProto]
    reason: str
    """Why a shape is not known, where it is not."""
    are_checked: bool
    """Whether there is a rule, and the node keeps it."""


def infer(
    path: Path,
    node: onnx.NodeProto,
    step: Step,
    names: Sequence[str],
    *,
    imports: list[onnx.OperatorSetIdProto],
    is_stated: bool,
) -> Types:
    """What the rule of the node's operator says. ``names`` are those of the step's inputs.

    ``is_stated`` says that the file states the shapes itself: then a node may break its rule, as one does that takes a format
    which the operator does not. Else that raises InputError, unless the operator is deprecated, or there are graphs within the
    node, of which the library knows some forms only.
    """
    domain, _, op = step.op.rpartition(".")
    try:
        schema = onnx.defs.get_schema(BY_ANOTHER.get(op, op), step.version, domain)
    except onnx.defs.SchemaError:
        reason = (
            f"there is no rule for the operator {printable(step.op)}, and the file does not state its shape"
        )
        return Types(_as_the_largest(node, step), reason, are_checked=False)
    known = {name: item for name, item in zip(names, step.inputs, strict=True) if name and item is not None}
    if op == "Range":  # runtimes take vectors of one number too
        known = {name: _scalar(item) for name, item in known.items()}
    numbers = {
        name: onnx.numpy_helper.from_array(item.numbers, name)
        for name, item in known.items()
        if isinstance(item, Constant) and item.numbers is not None
    }
    types = {name: type_of(item) for name, item in known.items()}
    types.setdefault("", onnx.TypeProto())  # onnx 1.16 looks up what is left out, too
    broken = _breaks_the_library(op, step) or wrong_weights(step)
    if broken:
        raise InputError(f"{path}: {spoken(step)}: {broken}")
    try:
        found = infer_node_outputs(schema, node, types, numbers, opset_imports=imports)
        found.update(_as_the_largest(node, step))
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        is_format = is_stated and not any(word in str(error) for word in NO_FORMATS)
        if is_format or schema.deprecated or any(True for item in node.attribute for _ in graphs_in(item)):
            return Types(_as_the_largest(node, step), said(error), are_checked=False)
        raise InputError(f"{path}: {spoken(step)}: {said(error)}") from None
    except Exception as error:
        raise InputError(f"{path}: {spoken(step)}: {said(error)}") from None
    return Types(found, "its shape depends on values that are not known before it runs", are_checked=True)


def _scalar(item: Value | Constant | Unknown) -> Value | Constant | Unknown:
    """A vector of one number as that number."""
    if isinstance(item, Unknown) or item.shape != (1,):
        return item
    if isinstance(item, Value):
        return item._replace(shape=())
    return item._replace(shape=(), numbers=None if item.numbers is None else item.numbers.reshape(()))


def _as_the_largest(node: onnx.NodeProto, step: Step) -> dict[str, onnx.TypeProto]:
    """The first output as the largest map that enters, of operators that compute value by value."""
    entering = [item for item in step.inputs if isinstance(item, Value)]
    if step.op not in SAME_SHAPE or not entering or not node.output:
        return {}
    return {node.output[0]: type_of(max(entering, key=lambda item: values(item.shape)))}


MOST_AXES: Final = 64
"""Of a map; the library makes as many as an input of sizes has values."""

RESHAPING: Final = frozenset(
    ("Reshape", "Expand", "ConstantOfShape", "Tile", "Resize", "Upsample", "Unsqueeze", "Pad")
)
"""Operators that take sizes, or axes, as an input."""


def _breaks_the_library(op: str, step: Step) -> str:
    """What makes the library's rule read or write beyond its memory (onnx 1.23: found by trying all operators)."""
    shapes = [item.shape if isinstance(item, Value | Constant) else None for item in step.inputs]
    first, second = [*shapes, None, None][:2]
    rank = len(first or ())
    if op == "Split" and _integer(step, "num_outputs", len(step.outputs)) != len(step.outputs):
        return f"it has {len(step.outputs)} outputs, and says another number"
    if op == "LayerNormalization" and first is not None and not -rank <= _integer(step, "axis", -1) < rank:
        return f"the axis that it starts at is none of {rank}"
    if op == "GatherND" and first is not None and second:
        batched = _integer(step, "batch_dims", 0)
        if not 0 <= batched < min(rank, len(second)) or second[-1] > rank - batched:
            return "its indices have more axes than there are"
    sizes = shapes if op == "ConstantOfShape" else shapes[1:]
    if op in RESHAPING and any(shape and len(shape) == 1 and shape[0] > MOST_AXES for shape in sizes):
        return f"it makes more than {MOST_AXES} axes"
    return ""


def _integer(step: Step, name: str, default: int) -> int:
    """A setting that is a number; what is none is for the library's rule to tell."""
    value = step.settings.get(name, default)
    return value if isinstance(value, int) else default
