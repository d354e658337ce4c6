"""What a file states of its outputs, held against what its nodes make."""

from __future__ import annotations

import onnx

from vggstat.errors import InputError
from vggstat.shapes import Shape
from vggstat.sources.onnx_file.inference import Run
from vggstat.sources.onnx_file.model import Model, printable
from vggstat.sources.onnx_file.steps import spoken
from vggstat.sources.onnx_file.values import Value

__all__ = ["check_outputs"]


def check_outputs(model: Model, seen: Run) -> None:
    """Raises InputError for an output of another shape than the file states; sizes that it leaves open are any."""
    makers = {made.number: step for step in seen.steps for made in step.outputs if made is not None}
    for item, made in zip(model.graph.output, seen.ends, strict=True):
        if isinstance(made, Value) and not _is_as_stated(item.type, made.shape):
            maker = makers.get(made.number)
            by = f" of {spoken(maker)}" if maker is not None else ""
            raise InputError(
                f"{model.path}: its output {printable(item.name)} is stated to have the shape {_stated(item.type)}, and "
                f"that{by} is {list(made.shape)}"
            )


def _is_as_stated(kind: onnx.TypeProto, shape: Shape) -> bool:
    """Of what is stated to be no tensor, or of any number of axes, nothing is known."""
    if not kind.HasField("tensor_type") or not kind.tensor_type.HasField("shape"):
        return True
    dims = kind.tensor_type.shape.dim
    return len(dims) == len(shape) and all(
        not dim.HasField("dim_value") or dim.dim_value in (-1, side)
        for dim, side in zip(dims, shape, strict=True)
    )


def _stated(kind: onnx.TypeProto) -> str:
    sides = (
        str(dim.dim_value) if dim.HasField("dim_value") else printable(dim.dim_param) or "?"
        for dim in kind.tensor_type.shape.dim
    )
    return f"[{', '.join(sides)}]"
