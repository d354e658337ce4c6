"""Values that are known before anything runs: shapes, and what is computed of them by the chains that exporters write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import onnx
from onnx.reference.ops import load_op

from vggstat.sources.onnx_file.values import Numbers

__all__ = ["SMALL", "fold"]

SMALL: Final = 128
"""Numbers of a value that is worth to be known."""

FOLDED: Final = frozenset(
    (
        *("Abs", "Neg", "Floor", "Ceil", "Round", "Sqrt", "Reciprocal", "Not", "Identity", "Cast", "CastLike"),
        *("Add", "Sub", "Mul", "Div", "Mod", "Pow", "Min", "Max", "Sum", "And", "Or", "Xor", "Where"),
        *("Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"),
        *("Concat", "Gather", "Slice", "Split", "Squeeze", "Unsqueeze", "Reshape", "Flatten", "Transpose", "Expand", "Tile"),
        *("ConstantOfShape", "Range", "ScatterND", "ScatterElements"),
        *("ReduceProd", "ReduceSum", "ReduceMin", "ReduceMax", "ReduceMean"),
    )
)  # fmt: skip
"""The operators of shape arithmetic. None of them needs more memory than what enters and leaves."""


def fold(node: onnx.NodeProto, version: int, entering: Sequence[Numbers | None]) -> Sequence[Any]:
    """What a node makes of numbers, by the library's own definition of its operator; nothing for one that is not folded.

    What leaves has to be known to be small. May raise whatever the library does.
    """
    if node.domain not in ("", "ai.onnx") or node.op_type not in FOLDED:
        return ()
    operator = load_op("", node.op_type, version)
    settings = {"log": _silent, "opsets": {"": version}, "verbose": 0, "new_ops": {}}
    made: Sequence[Any] = operator(node, settings).run(*entering)
    return made


def _silent(*_: object) -> None:
    pass
