"""Operation counts under named rules: one value a rule, with its source.

For one and the same VGG-16 the known tools print eleven different counts. Each is a weighted sum of the same
``Work``; the weights are the convention.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from vggstat.errors import UsageError
from vggstat.net.work import ACTIVATIONS, Work, kind_of
from vggstat.records import Record

__all__ = ["COUNTING_RULES", "Counted", "CountingRule", "NotCounted", "find_counting_rule"]


Status = Literal["complete", "partial", "unknown"]


class CountingRule(Record):
    """A rule that turns ``Work`` into one number.

    A kind of work that is neither weighed nor 0 by definition is unknown: with any of it there is no number.
    """

    name: str
    unit: str
    """What the source calls the number: MACs, FLOPs, operations."""
    definition: str
    reference: str
    weights: Mapping[str, int]
    """Factors by measure of ``Work``; a weighed measure settles its whole kind."""
    zero: tuple[str, ...] = ()
    """Kinds of work that count 0 by definition."""
    uncounted: tuple[str, ...] = ()
    """Measures whose kinds the tool itself reports as not supported, or passes over in silence: 0 in its number."""
    unknown: tuple[str, ...] = ()
    """Measures of a weighed kind with which the rule has no number all the same."""
    mistake: str = ""
    """What its tool takes wrongly, which no present version of it does: a clause."""

    def knows(self, measure: str) -> bool:
        """Whether the rule says what this work counts, be it 0."""
        kind = kind_of(measure)
        if measure in self.unknown:
            return False
        return (
            measure in self.weights
            or kind in self.zero
            or any(kind_of(other) == kind for other in (*self.weights, *self.uncounted))
        )

    def unknown_in(self, work: Work) -> tuple[str, ...]:
        """The kinds of work for which the rule is not known, each once."""
        return tuple(dict.fromkeys(kind_of(measure) for measure in work if not self.knows(measure)))

    def known(self, work: Work) -> int:
        """The number of what the rule knows; a part of the whole where it does not know all."""
        return sum(factor * work[measure] for measure, factor in self.weights.items())

    def count(self, work: Work) -> int | None:
        """The number under this rule, or None where there is work for which the rule is not known."""
        return None if self.unknown_in(work) else self.known(work)


class NotCounted(NamedTuple):
    """A layer that a total leaves out."""

    name: str
    why: tuple[str, ...]
    """The kinds of work that no count is known for, or why its memory is not known."""
    place: str = ""
    """Where it stands in a spec or in a model's code: ``net.py:12``."""


class Counted(Record):
    """A total: the known part, and the layers that it does not hold."""

    known: int
    not_counted: tuple[NotCounted, ...] = ()
    status: Status = "complete"

    @property
    def total(self) -> int | None:
        """The number; None unless all of it is known."""
        return self.known if self.status == "complete" else None


def find_counting_rule(name: str) -> CountingRule:
    """The rule of that name. Raises UsageError with the known ones."""
    for rule in COUNTING_RULES:
        if rule.name == name.lower():
            return rule
    known = ", ".join(rule.name for rule in COUNTING_RULES)
    raise UsageError(f"unknown operation count {name!r}: expected one of {known}")


BIASES: Final = ("conv bias", "FC bias")
POOLS: Final = ("max-pool", "adaptive average pool", "average pool")
NORMS: Final = ("batch norm", "group norm", "layer norm", "LRN")
UPSAMPLING: Final = ("upsampling", "bilinear upsampling")
MOVES: Final = ("channel shuffle",)
JOINS: Final = ("addition of maps", "product of maps")
NO_PRODUCTS: Final = (
    *BIASES,
    "ReLU",
    *ACTIVATIONS.values(),
    *POOLS,
    *NORMS,
    *UPSAMPLING,
    *MOVES,
    *JOINS,
    "softmax",
    "pointwise",
)
"""The kinds of work without a multiply-accumulate."""

MACS: Final = {"conv_macs": 1, "upconv_macs": 1, "linear_macs": 1}
TOKEN_MACS: Final = {"matmul_macs": 1, "attention_macs": 1}
OUTPUT_MACS: Final = {"conv_macs": 1, "upconv_output_macs": 1, "linear_macs": 1}
"""A transposed convolution taken for one that stands at each pixel of its output, stride² times its work."""
PLAIN_MACS: Final = {"conv_macs": 1, "linear_macs": 1}
"""Of tools that were not tried on transposed convolutions."""
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

COUNTING_RULES: Final[tuple[CountingRule, ...]] = (
    CountingRule(
        name="macs",
        unit="MACs",
        definition="multiply-accumulates of conv and FC layers and of matrix products; no biases, nothing else",
        reference="the definition; calflops 0.3.2 and deepspeed 0.19.8 call it MACs; torchvision's tables print it "
        "as GFLOPS",
        weights={**MACS, **TOKEN_MACS},
        zero=NO_PRODUCTS,
    ),
    CountingRule(
        name="flops",
        unit="FLOPs",
        definition="2 per multiply-accumulate of conv and FC layers and of matrix products; no biases, nothing else",
        reference="the definition; torch 2.13 FlopCounterMode and torch.profiler",
        weights={measure: 2 * factor for measure, factor in {**MACS, **TOKEN_MACS}.items()},
        zero=NO_PRODUCTS,
    ),
    CountingRule(
        name="macs+bias",
        unit="MACs",
        definition="multiply-accumulates, and one per addition of a bias; nothing else",
        reference='the definition; ptflops 0.7.5 with the backend "aten" (which takes every other operation for '
        "none)",
        weights={**MACS, **TOKEN_MACS, **BIAS},
        zero=tuple(kind for kind in NO_PRODUCTS if kind not in BIASES),
    ),
    CountingRule(
        name="fvcore",
        unit="MACs",
        definition='"flops": MACs, the inputs of adaptive average pools, 2 per value of a batch norm, 5 of a group or layer '
        "norm, 1 per output of nearest and 4 of bilinear upsampling; max-pools, LRN, channel shuffles, activations "
        "but ReLU, sums and products of maps are listed as unsupported",
        reference="fvcore 0.1.5 in eval mode; mmengine 0.10.7 has the same rules",
        weights={
            **MACS,
            "avgpool_inputs": 1,
            **BN,
            "gn_values": 5,
            "ln_values": 5,
            "nearest_outputs": 1,
            "bilinear_outputs": 4,
        },
        zero=(*BIASES, "ReLU"),
        uncounted=(
            *("pool_inputs", "softmax_values", "lrn_values", "window_avgpool_inputs"),
            *ACTIVATIONS,
            *("add_values", "multiply_values", "shuffled_values"),
        ),
    ),
    CountingRule(
        name="torchprofile",
        unit="MACs",
        definition="MACs (of a transposed convolution at each pixel of its output), the outputs of average pools, 1 per value "
        "of a batch, group or layer norm, a leaky ReLU or a product of maps, 3 per value of an LRN, 4 per output of "
        "bilinear upsampling",
        reference="torchprofile 0.1.0",
        weights={
            **OUTPUT_MACS,
            "avgpool_outputs": 1,
            "window_avgpool_outputs": 1,
            "bn_values": 1,
            "lrn_values": 3,
            "leaky_relu": 1,
            "multiply_values": 1,
            "gn_values": 1,
            "ln_values": 1,
            "bilinear_outputs": 4,
        },
        zero=(
            *(*BIASES, "ReLU", "addition of maps", "max-pool", "upsampling", *MOVES, "softmax"),
            *(kind for kind in ACTIVATIONS.values() if kind != "leaky ReLU"),
        ),
    ),
    CountingRule(
        name="thop",
        unit="MACs",
        definition='"macs": MACs (of a transposed convolution at each pixel of its output), the inputs and outputs of '
        "adaptive average pools, the outputs of other average pools, 4 per value of a batch or layer norm (none of a "
        "group norm), 1 per output of nearest and 11 of bilinear upsampling; where windows are uneven thop may print "
        "one less, from a float",
        reference="thop 0.1.1",
        weights={
            **OUTPUT_MACS,
            "avgpool_inputs": 1,
            "avgpool_outputs": 1,
            "window_avgpool_outputs": 1,
            "bn_values": 4,
            "ln_values": 4,
            "nearest_outputs": 1,
            "bilinear_outputs": 11,
        },
        zero=(*BIASES, "ReLU", *ACTIVATIONS.values(), "max-pool"),
        uncounted=("lrn_values", "gn_values", "add_values", "multiply_values", "shuffled_values"),
    ),
    CountingRule(
        name="thop-old",
        unit="MACs",
        definition="MACs and bias additions, and the MACs of FC layers once more",
        reference="the table in thop's README, which its present version no longer prints",
        mistake="which takes the FC layers twice",
        weights={"conv_macs": 1, "linear_macs": 2, **BIAS},
        zero=("ReLU", "max-pool", "adaptive average pool", "addition of maps"),
    ),
    CountingRule(
        name="thop-older",
        unit="MACs",
        definition="MACs and bias additions, the MACs of FC layers once more, and ReLU values",
        reference="the first table in thop's README, of 2018",
        mistake="which takes the FC layers twice and adds the ReLU values",
        weights={"conv_macs": 1, "linear_macs": 2, **BIAS, "relu": 1},
        zero=("max-pool", "adaptive average pool"),
    ),
    CountingRule(
        name="torchinfo",
        unit="MACs",
        definition='"mult-adds": MACs (of a transposed convolution at each pixel of its output) and bias additions, and the '
        "parameters of batch, group and layer norms once per image",
        reference="torchinfo 1.8.0",
        weights={**OUTPUT_MACS, **BIAS, "bn_params": 1, "gn_params": 1, "ln_params": 1},
        zero=("ReLU", *ACTIVATIONS.values(), *POOLS, *UPSAMPLING, *MOVES, *JOINS, "LRN", "softmax"),
    ),
    CountingRule(
        name="ptflops",
        unit="MACs",
        definition="MACs and bias additions, 2 × (ReLU values + inputs of pools), 2 per value of a batch or group norm, "
        "1 of a layer norm, ReLU6, leaky ReLU and SiLU, 2 of ELU and GELU, 2 per output of upsampling; ReLU, ELU, GELU, pools "
        "and upsampling are counted twice by mistake",
        reference='ptflops 0.7.5 with the backend "pytorch", one image (for a batch it averages only a part)',
        weights={
            **MACS,
            **BIAS,
            **{name: 2 * factor for name, factor in ELEMENTWISE.items()},
            **BN,
            **LRN,
            "softmax_values": 1,
            "relu6": 1,
            "leaky_relu": 1,
            "elu": 2,
            "silu": 1,
            "gelu": 2,
            "gn_values": 2,
            "ln_values": 1,
            "nearest_outputs": 2,
            "bilinear_outputs": 2,
        },
        uncounted=("sigmoid", "tanh", "hard_swish", "hard_sigmoid", "shuffled_values"),
    ),
    CountingRule(
        name="ptflops-modules",
        unit="MACs",
        definition="MACs and bias additions, values of ReLU, ReLU6, leaky ReLU, ELU and GELU, inputs of pools, 2 per "
        "value of a batch or group norm, 1 of a layer norm, outputs of upsampling",
        reference='ptflops 0.7.5 with the backend "pytorch" and count_functional=False',
        weights={
            **MACS,
            **BIAS,
            **ELEMENTWISE,
            **BN,
            "relu6": 1,
            "leaky_relu": 1,
            "elu": 1,
            "gelu": 1,
            "gn_values": 2,
            "ln_values": 1,
            "nearest_outputs": 1,
            "bilinear_outputs": 1,
        },
        uncounted=(
            *("lrn_values", "softmax_values", "sigmoid", "tanh", "silu", "hard_swish", "hard_sigmoid"),
            *("add_values", "multiply_values", "shuffled_values"),
        ),
    ),
    CountingRule(
        name="flopth",
        unit="MACs",
        definition="MACs, bias additions of convolutions but not of FC layers, ReLU values, inputs of pools, 2 per "
        "value of a batch norm",
        reference="flopth 0.1.6",
        weights={**PLAIN_MACS, "conv_bias": 1, **ELEMENTWISE, **BN},
        zero=("FC bias",),
        uncounted=("lrn_values", "softmax_values"),
    ),
    CountingRule(
        name="onnx-tool",
        unit="MACs",
        definition='"MACs": MACs and bias additions, ReLU values, kernel² per output of a pool, inputs of adaptive '
        "average pools, 31 per value of a batch norm, 37 + size per value of an LRN, 36 per value of a softmax",
        reference="onnx-tool 1.0.1, LRN and batch norm as nodes of their own",
        weights={
            **PLAIN_MACS,
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
    CountingRule(
        name="mmpretrain",
        unit="MACs",
        definition="MACs and bias additions, ReLU values, inputs of pools",
        reference="the tables in mmpretrain's README, as printed to two decimals",
        weights={**PLAIN_MACS, **BIAS, **ELEMENTWISE},
    ),
    CountingRule(
        name="convnet-burden",
        unit="FLOPs",
        definition="MACs and bias additions, 2 per ReLU value, 2 × stride² per output of a max-pool",
        reference="convnet-burden, before its rounding",
        weights={**PLAIN_MACS, **BIAS, "relu": 2, "pool_window": 2},
        zero=("adaptive average pool",),
    ),
    CountingRule(
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
        zero=("FC bias",),
    ),
    CountingRule(
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
        zero=("ReLU",),
        uncounted=("avgpool_inputs",),
    ),
)
"""Every rule, the three plain ones first. A new one is one more entry here, a new kind of work a word in each."""
