"""The library's own rule of an operator: what types and shapes leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import onnx
from onnx.shape_inference import infer_node_outputs

from vggstat.errors import InputError
from vggstat.sources.onnx_file.model import graphs_in, printable, said
from vggstat.sources.onnx_file.steps import Step, spoken
from vggstat.sources.onnx_file.values import Constant, type_of

__all__ = ["Types", "infer"]


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

    ``is_stated`` says that the file states the shapes itself: then a node may break its rule, as one of a deprecated operator
    does, or of a format that the operator does not take. Else that raises InputError, unless there are graphs within the node:
    the library knows some forms of those only.
    """
    domain, _, op = step.op.rpartition(".")
    try:
        schema = onnx.defs.get_schema(op, step.version, domain)
    except onnx.defs.SchemaError:
        reason = (
            f"there is no rule for the operator {printable(step.op)}, and the file does not state its shape"
        )
        return Types({}, reason, are_checked=False)
    known = {name: item for name, item in zip(names, step.inputs, strict=True) if name and item is not None}
    numbers = {
        name: onnx.numpy_helper.from_array(item.numbers, name)
        for name, item in known.items()
        if isinstance(item, Constant) and item.numbers is not None
    }
    types = {name: type_of(item) for name, item in known.items()}
    try:
        found = infer_node_outputs(schema, node, types, numbers, opset_imports=imports)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        if is_stated or any(True for attribute in node.attribute for _ in graphs_in(attribute)):
            return Types({}, said(error), are_checked=False)
        raise InputError(f"{path}: {spoken(step)}: {said(error)}") from None
    except Exception as error:
        raise InputError(f"{path}: {spoken(step)}: {said(error)}") from None
    return Types(found, "its shape depends on values that are not known before it runs", are_checked=True)
