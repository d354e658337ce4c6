"""ONNX's operators by what they do to values: bring them into another order, or compute without a multiply-accumulate.

What stands in neither list, is no layer of the language and no product is an operation that nobody has counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["LAYOUT", "POINTWISE", "SETTINGS_ONLY", "TORCH_NAMES", "VIEWS"]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


VIEWS: Final = frozenset(
    [
        "Reshape",
        "Flatten",
        "Squeeze",
        "Unsqueeze",
        "Transpose",
        "Slice",
        "Split",
        "Expand",
        "Identity",
        "Part",
    ]
)
"""Operators that hand on the same values, or some of them, in another shape: torch does it without a copy."""

LAYOUT: Final = VIEWS | _names(
    """
    Concat Gather GatherElements GatherND Pad Tile DepthToSpace SpaceToDepth ReverseSequence CenterCropPad Compress Trilu
    ScatterElements ScatterND Scatter OneHot EyeLike Cast CastLike BitCast Col2Im TensorScatter
    """
)
"""All that change no value."""

POINTWISE: Final = _names(
    """
    Add Sub Mul Div Pow Mod Neg Abs Sqrt Reciprocal Exp Log Sign Floor Ceil Round Erf Sin Cos Tan Asin Acos Atan Sinh Cosh
    Asinh Acosh Atanh Min Max Mean Sum Clip Where Not And Or Xor Equal Less Greater LessOrEqual GreaterOrEqual IsNaN IsInf
    BitShift BitwiseAnd BitwiseOr BitwiseXor BitwiseNot Relu LeakyRelu PRelu Elu Selu Celu Sigmoid HardSigmoid Tanh Softplus
    Softsign ThresholdedRelu HardSwish Mish Silu Swish Gelu Shrink Hardmax Softmax LogSoftmax
    ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSum ReduceLogSumExp
    ArgMax ArgMin CumSum CumProd TopK Unique NonZero
    MaxPool AveragePool LpPool GlobalMaxPool GlobalAveragePool GlobalLpPool MaxUnpool MaxRoiPool RoiAlign
    BatchNormalization InstanceNormalization GroupNormalization LayerNormalization RMSNormalization LRN LpNormalization
    MeanVarianceNormalization Dropout Bernoulli Range ConstantOfShape RandomNormalLike RandomUniformLike Multinomial
    Resize Upsample GridSample AffineGrid RotaryEmbedding QuantizeLinear DequantizeLinear DynamicQuantizeLinear
    NonMaxSuppression NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss
    """
)
"""Functions of each value, reductions, means and copies: no multiply-accumulate among their work."""

SETTINGS_ONLY: Final = _names(
    """
    Resize Upsample Clip QuantizeLinear DequantizeLinear Pad OneHot TopK RoiAlign MaxRoiPool NonMaxSuppression Range
    AffineGrid
    """
)
"""Operators whose constants are settings: nothing that a network learns."""

TORCH_NAMES: Final[Mapping[str, str]] = {
    "Add": "add",
    "Mul": "multiply",
    "Concat": "concat",
    "MatMul": "matmul",
    "Einsum": "einsum",
    "ReduceMean": "mean",
    "LayerNormalization": "layer_norm",
}
"""Operators that are a layer of the language but for their shapes, or that torch has under another name: by that, so that a
file and the model that it was made of are found to be alike."""
