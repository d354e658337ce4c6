"""Operation counts under named rules: one value a rule, with its source.

For one and the same VGG-16 the known tools print eleven different counts. Each is a weighted sum of the same
``Ops``; the weights are the convention.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vggstat.errors import UsageError
from vggstat.net.ops.base import Ops
from vggstat.records import Record

__all__ = ["OPCOUNTS", "OpCount", "find_opcount"]


class OpCount(Record):
    """A rule that turns ``Ops`` into one number.

    ``weights`` maps fields of ``Ops`` to factors; a field that is not named counts 0 under this rule. Fields
    in ``unknown`` are kinds of work for which the rule is not known: with any of it there is no number.
    """

    name: str
    unit: str
    """What the source calls the number: MACs, FLOPs, operations."""
    definition: str
    reference: str
    weights: Mapping[str, int]
    unknown: tuple[str, ...] = ()
    uncounted: tuple[str, ...] = ()
    """Fields of ``Ops`` that the tool itself reports as not supported, or passes over in silence."""

    def count(self, ops: Ops) -> int | None:
        """The number under this rule, or None where ``ops`` holds work for which the rule is not known."""
        counts: dict[str, int] = ops.__dict__
        if any(counts[name] for name in self.unknown):
            return None
        return sum(factor * counts[name] for name, factor in self.weights.items())


def find_opcount(name: str) -> OpCount:
    """The rule of that name. Raises UsageError with the known ones."""
    for rule in OPCOUNTS:
        if rule.name == name.lower():
            return rule
    known = ", ".join(rule.name for rule in OPCOUNTS)
    raise UsageError(f"unknown operation count {name!r}: expected one of {known}")


MACS: Final = {"conv_macs": 1, "linear_macs": 1}
BIAS: Final = {"conv_bias": 1, "linear_bias": 1}
ELEMENTWISE: Final = {
    "relu": 1,
    "pool_inputs": 1,
    "window_avgpool_inputs": 1,
    "avgpool_inputs": 1,
}
BN: Final = {"bn_values": 2}
LRN: Final = {"lrn_values": 3, "lrn_padded": 1}
"""torch's LRN as tools see it that patch functions: two products and a sum a value, and a pool's inputs."""

OPCOUNTS: Final[tuple[OpCount, ...]] = (
    OpCount(
        name="macs",
        unit="MACs",
        definition="multiply-accumulates of conv and FC layers; no biases, ReLU or pooling",
        reference="the definition; calflops 0.3.2 and deepspeed 0.19.8 call it MACs; torchvision's tables print it "
        "as GFLOPS",
        weights=MACS,
    ),
    OpCount(
        name="flops",
        unit="FLOPs",
        definition="2 per multiply-accumulate of conv and FC layers; no biases, ReLU or pooling",
        reference="the definition; torch 2.13 FlopCounterMode and torch.profiler",
        weights={"conv_macs": 2, "linear_macs": 2},
    ),
    OpCount(
        name="macs+bias",
        unit="MACs",
        definition="multiply-accumulates, and one per addition of a bias",
        reference='the definition; ptflops 0.7.5 with the backend "aten" (which takes every other operation for '
        "none)",
        weights={**MACS, **BIAS},
    ),
    OpCount(
        name="fvcore",
        unit="MACs",
        definition='"flops": MACs, the inputs of adaptive average pools, 2 per value of a batch norm; max-pools and '
        "LRN are listed as unsupported",
        reference="fvcore 0.1.5 in eval mode; mmengine 0.10.7 has the same rules",
        weights={**MACS, "avgpool_inputs": 1, **BN},
        uncounted=("pool_inputs", "softmax_values", "lrn_values", "window_avgpool_inputs"),
    ),
    OpCount(
        name="torchprofile",
        unit="MACs",
        definition="MACs, the outputs of average pools, 1 per value of a batch norm, 3 per value of an LRN",
        reference="torchprofile 0.1.0",
        weights={**MACS, "avgpool_outputs": 1, "window_avgpool_outputs": 1, "bn_values": 1, "lrn_values": 3},
    ),
    OpCount(
        name="thop",
        unit="MACs",
        definition='"macs": MACs, the inputs and outputs of adaptive average pools, the outputs of other average '
        "pools, 4 per value of a batch norm; where windows are uneven thop may print one less, from a float",
        reference="thop 0.1.1",
        weights={
            **MACS,
            "avgpool_inputs": 1,
            "avgpool_outputs": 1,
            "window_avgpool_outputs": 1,
            "bn_values": 4,
        },
        unknown=("softmax_values",),
        uncounted=("lrn_values",),
    ),
    OpCount(
        name="thop-old",
        unit="MACs",
        definition="MACs and bias additions, and the MACs of FC layers once more",
        reference="the table in thop's README, which its present version no longer prints",
        weights={"conv_macs": 1, "linear_macs": 2, **BIAS},
        unknown=("bn_values", "lrn_values", "window_avgpool_inputs", "softmax_values"),
    ),
    OpCount(
        name="thop-older",
        unit="MACs",
        definition="MACs and bias additions, the MACs of FC layers once more, and ReLU values",
        reference="the first table in thop's README, of 2018",
        weights={"conv_macs": 1, "linear_macs": 2, **BIAS, "relu": 1},
        unknown=("bn_values", "lrn_values", "window_avgpool_inputs", "softmax_values"),
    ),
    OpCount(
        name="torchinfo",
        unit="MACs",
        definition='"mult-adds": MACs and bias additions, and a batch norm\'s parameters once per image',
        reference="torchinfo 1.8.0",
        weights={**MACS, **BIAS, "bn_params": 1},
    ),
    OpCount(
        name="ptflops",
        unit="MACs",
        definition="MACs and bias additions, 2 × (ReLU values + inputs of pools), 2 per value of a batch norm; ReLU "
        "and pools are counted twice by mistake",
        reference='ptflops 0.7.5 with the backend "pytorch", one image (for a batch it averages only a part)',
        weights={
            **MACS,
            **BIAS,
            **{name: 2 * factor for name, factor in ELEMENTWISE.items()},
            **BN,
            **LRN,
            "softmax_values": 1,
        },
    ),
    OpCount(
        name="ptflops-modules",
        unit="MACs",
        definition="MACs and bias additions, ReLU values, inputs of pools, 2 per value of a batch norm",
        reference='ptflops 0.7.5 with the backend "pytorch" and count_functional=False',
        weights={**MACS, **BIAS, **ELEMENTWISE, **BN},
        uncounted=("lrn_values", "softmax_values"),
    ),
    OpCount(
        name="flopth",
        unit="MACs",
        definition="MACs, bias additions of convolutions but not of FC layers, ReLU values, inputs of pools, 2 per "
        "value of a batch norm",
        reference="flopth 0.1.6",
        weights={**MACS, "conv_bias": 1, **ELEMENTWISE, **BN},
        uncounted=("lrn_values", "softmax_values"),
    ),
    OpCount(
        name="onnx-tool",
        unit="MACs",
        definition='"MACs": MACs and bias additions, ReLU values, kernel² per output of a pool, inputs of adaptive '
        "average pools, 31 per value of a batch norm, 37 + size per value of an LRN, 36 per value of a softmax",
        reference="onnx-tool 1.0.1, LRN and batch norm as nodes of their own",
        weights={
            **MACS,
            **BIAS,
            "relu": 1,
            "pool_kernel": 1,
            "window_avgpool_kernel": 1,
            "avgpool_inputs": 1,
            "bn_values": 31,
            "lrn_values": 37,
            "lrn_window": 1,
            "softmax_values": 36,
        },
        unknown=("avgpool_uneven",),
    ),
    OpCount(
        name="mmpretrain",
        unit="MACs",
        definition="MACs and bias additions, ReLU values, inputs of pools",
        reference="the tables in mmpretrain's README, as printed to two decimals",
        weights={**MACS, **BIAS, **ELEMENTWISE},
        unknown=("bn_values", "lrn_values", "softmax_values"),
    ),
    OpCount(
        name="convnet-burden",
        unit="FLOPs",
        definition="MACs and bias additions, 2 per ReLU value, 2 × stride² per output of a max-pool",
        reference="convnet-burden, before its rounding",
        weights={**MACS, **BIAS, "relu": 2, "pool_window": 2},
        unknown=("bn_values", "lrn_values", "window_avgpool_inputs", "softmax_values"),
    ),
    OpCount(
        name="calflops",
        unit="FLOPs",
        definition='"FLOPs": 2 per MAC, bias additions of convolutions but not of FC layers, ReLU values, inputs of '
        "pools, 2 per value of a batch norm",
        reference="calflops 0.3.2 and deepspeed 0.19.8 in eval mode, on a CPU",
        weights={
            "conv_macs": 2,
            "linear_macs": 2,
            "conv_bias": 1,
            **ELEMENTWISE,
            **BN,
            **LRN,
            "softmax_values": 1,
        },
    ),
    OpCount(
        name="tf-profiler",
        unit="FLOPs",
        definition="2 per MAC, bias additions, kernel² per output of a pool, 5 per value of a softmax",
        reference="TensorFlow's profiler on Keras's VGG16 and VGG19, which end in a softmax: 30,960,211,824 and "
        "39,285,112,688 with it",
        weights={
            "conv_macs": 2,
            "linear_macs": 2,
            **BIAS,
            "pool_kernel": 1,
            "window_avgpool_kernel": 1,
            "softmax_values": 5,
        },
        unknown=("bn_values", "lrn_values"),
        uncounted=("avgpool_inputs",),
    ),
)
"""Every rule, the three plain ones first. A new one is one more entry here."""
