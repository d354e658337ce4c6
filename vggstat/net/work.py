"""Work done for one image, by what is counted: as fine as the rules of the known tools need it.

The set is open: a layer kind may count what is not listed here, under a name of its own. A rule that does not name it has
then no number for it, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

__all__ = ["ACTIVATIONS", "MEASURES", "Measure", "Work", "kind_of", "total_work"]


class Measure(NamedTuple):
    """One way to count a kind of work: a pool's inputs and its windows are two measures of one kind."""

    kind: str
    definition: str


ACTIVATIONS: Final[Mapping[str, str]] = {
    "relu6": "ReLU6",
    "leaky_relu": "leaky ReLU",
    "elu": "ELU",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "silu": "SiLU",
    "gelu": "GELU",
    "hard_swish": "hard-swish",
    "hard_sigmoid": "hard-sigmoid",
}
"""The kinds of work of activations but ReLU, which older rules name too, by their measures."""

MEASURES: Final[Mapping[str, Measure]] = {
    "conv_macs": Measure("conv", "multiply-accumulates: one per weight of a filter, for each output value"),
    "upconv_macs": Measure(
        "transposed conv", "multiply-accumulates: one per weight, for each pixel that enters"
    ),
    "upconv_output_macs": Measure("transposed conv", "one per weight, for each pixel that leaves"),
    "linear_macs": Measure("FC", "multiply-accumulates: one per weight"),
    "matmul_macs": Measure(
        "matrix product",
        "multiply-accumulates of two maps: one per value that leaves, for each term of its sum",
    ),
    "attention_macs": Measure(
        "attention",
        "multiply-accumulates of scaled dot products: queries by keys, and their weights by values",
    ),
    "conv_bias": Measure("conv bias", "additions of a bias: one per output value"),
    "linear_bias": Measure("FC bias", "additions of a bias: one per output value"),
    "relu": Measure("ReLU", "values that it looks at"),
    **{measure: Measure(kind, "values that it looks at") for measure, kind in ACTIVATIONS.items()},
    "pool_inputs": Measure("max-pool", "values that enter"),
    "pool_window": Measure("max-pool", "stride² × output values"),
    "pool_kernel": Measure("max-pool", "kernel² × output values"),
    "avgpool_inputs": Measure("adaptive average pool", "values that enter"),
    "avgpool_outputs": Measure("adaptive average pool", "values that leave"),
    "avgpool_uneven": Measure(
        "adaptive average pool", "values that leave, where windows are not all of one size"
    ),
    "window_avgpool_inputs": Measure("average pool", "values that enter"),
    "window_avgpool_outputs": Measure("average pool", "values that leave"),
    "window_avgpool_kernel": Measure("average pool", "kernel² × output values"),
    "bn_values": Measure("batch norm", "values that it normalizes"),
    "bn_params": Measure("batch norm", "scales and shifts: two per channel"),
    "gn_values": Measure("group norm", "values that it normalizes"),
    "gn_params": Measure("group norm", "scales and shifts: two per channel"),
    "ln_values": Measure("layer norm", "values that it normalizes"),
    "ln_params": Measure("layer norm", "scales and shifts: two per channel"),
    "lrn_values": Measure("LRN", "values that it normalizes"),
    "lrn_window": Measure("LRN", "values × the channels that it sums over"),
    "lrn_padded": Measure("LRN", "values of the map that torch pads with channels before it sums them"),
    "nearest_outputs": Measure("upsampling", "values that leave"),
    "bilinear_outputs": Measure("bilinear upsampling", "values that leave"),
    "shuffled_values": Measure("channel shuffle", "values that it moves"),
    "add_values": Measure("addition of maps", "values that it adds, for each map after the first"),
    "multiply_values": Measure("product of maps", "values that it makes"),
    "softmax_values": Measure("softmax", "values that it turns into probabilities"),
    "pointwise_values": Measure(
        "pointwise", "values that leave: of functions of a value, reductions and copies"
    ),
}
"""What today's layer kinds count."""


PRODUCTS: Final = ("conv_macs", "upconv_macs", "linear_macs", "matmul_macs", "attention_macs")
"""The measures that are multiply-accumulates."""


def kind_of(measure: str) -> str:
    """The kind of work that a measure counts; one that nobody has listed is a kind of its own."""
    known = MEASURES.get(measure)
    return known.kind if known else measure


class Work(Mapping[str, int]):
    """Counts by measure, in units of one operation each. What is not there counts 0, and is not iterated over."""

    __slots__ = ("_counts",)

    def __init__(self, **counts: int) -> None:
        self._counts = {name: count for name, count in counts.items() if count}

    def __getitem__(self, measure: str) -> int:
        return self._counts.get(measure, 0)

    def __iter__(self) -> Iterator[str]:
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)

    def __contains__(self, measure: object) -> bool:
        return measure in self._counts

    def __hash__(self) -> int:
        return hash(frozenset(self._counts.items()))

    def __repr__(self) -> str:
        return f"Work({', '.join(f'{name}={count}' for name, count in self._counts.items())})"

    @property
    def macs(self) -> int:
        """Multiply-accumulates of conv and FC layers, and of products of maps."""
        return sum(self[measure] for measure in PRODUCTS)

    @property
    def bias(self) -> int:
        """Additions of a bias in conv and FC layers."""
        return self["conv_bias"] + self["linear_bias"]

    def without(self, *measures: str) -> Work:
        """All of it but these."""
        return Work(**{name: count for name, count in self._counts.items() if name not in measures})

    def __add__(self, other: Work) -> Work:
        return total_work((self, other))

    def __mul__(self, times: int) -> Work:
        return Work(**{name: count * times for name, count in self._counts.items()})


def total_work(parts: Iterable[Work]) -> Work:
    """The sum."""
    total: dict[str, int] = {}
    for part in parts:
        for name, count in part._counts.items():
            total[name] = total.get(name, 0) + count
    return Work(**total)
