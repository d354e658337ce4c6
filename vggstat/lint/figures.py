"""The exact figures of a network under every known rule, and whether a printed number admits one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from vggstat.lint.network import OF_THE_PAPER, Network
from vggstat.lint.numbers import Number, format_like
from vggstat.lint.ops_words import counts_macs
from vggstat.lint.policy import TRAINING
from vggstat.units.reading import ZEROS_MAY_HIDE

if TYPE_CHECKING:
    from vggstat.cost.counting import CountingRule

BN_COSTS: Final = (0, 1, 2, 4)
"""Operations that tools take for a value of a batch norm: folded, or one, two or four."""


class Figure(NamedTuple):
    """A figure of a network under a named rule: an exact count, and the bases in which it is printed."""

    rule: str
    exact: int
    bytes: bool = False
    flops: bool | None = None
    """For operations: whether it counts two per multiply-accumulate."""
    mistake: str = ""
    """What the rule takes wrongly, which no present version of its tool does."""
    above: int = 0
    """How much more a file may have (names and headers of a weights file)."""

    def admits(self, number: Number, scales: Sequence[int] = ()) -> bool:
        """Whether it may stand behind the number. ``scales``: what its unit may multiply by; by default either base."""
        unit = number.unit
        if self.bytes != unit.bytes and unit.name not in ("", "M", "G", "K"):
            return False
        if not scales or (self.bytes and unit.binary and not unit.bytes):
            scales = number.scales  # the M of "size (M)" stands for MB or MiB
        return any(
            number.admits(self.exact, scale, ZEROS_MAY_HIDE) or (self.above and self._is_file(number, scale))
            for scale in scales
        )

    def _is_file(self, number: Number, scale: int) -> bool:
        """Whether a file with such parameters may be so large: at least they, with a little more of names and headers;
        some round the size up."""
        if number.readings[0] == (-(-self.exact // scale), 0):
            return True
        return any(
            self.exact * 10**decimals <= (mantissa + 1) * scale
            and mantissa * scale <= (self.exact + self.above) * 10**decimals
            for mantissa, decimals in number.readings
        )

    def like(self, number: Number, scales: Sequence[int] = ()) -> str:
        """It in the form of the number; for bytes in the base whose digits are those of the number, or that brings it nearer."""
        if not self.bytes or not number.unit.binary:
            return format_like(number, self.exact)
        for base in scales or number.scales:
            text = format_like(number, self.exact, base)
            if sorted(number.digits) == sorted(re.sub(r"\D", "", text)):
                return text
        printed = number.readings[0].mantissa / 10 ** number.readings[0].decimals
        scale = min(scales or number.scales, key=lambda base: abs(self.exact / base - printed))
        return format_like(number, self.exact, scale)


def fits(network: Network, quantity: str, number: Number, scales: Sequence[int] = ()) -> bool:
    """Whether the number may be a figure of the network."""
    return any(figure.admits(number, scales) for figure in figures_of(network, quantity))


@lru_cache(maxsize=2048)
def figures_of(network: Network, quantity: str) -> tuple[Figure, ...]:
    """Every figure of that quantity that is known, the plainest first; empty where none is."""
    for quantities, make in _MAKERS.items():
        if quantity in quantities:
            return tuple(make(network))
    counts = {
        "conv_layers": network.report.conv_layers,
        "fc_layers": network.report.fc_layers,
        "weight_layers": network.report.weight_layers,
        "pool_layers": sum(target.kind == "pool" for target in network.targets),
        "classes": network.report.graph.classes,
        "biases": network.report.total.biases,
    }
    count = counts.get(quantity)
    return (Figure(quantity.replace("_", " "), count),) if count is not None else ()


def _fields(network: Network) -> tuple[Figure, ...]:
    """The receptive fields of its layers, that of the last pool first, then from the last layer to the first."""
    fields = {target.field: target for target in network.targets if target.field}
    last = [target for target in network.targets if target.kind == "pool" and target.field]
    found = [*last[-1:], *reversed(fields.values())]
    return tuple(Figure(f"receptive field of {target.title}", target.field or 0) for target in found)


def _learned(network: Network) -> Iterator[Figure]:
    total = network.report.total
    yield Figure("parameters with biases", total.params)
    yield Figure("weights without biases", total.weights)
    buffers = sum(target.buffers for target in network.targets)
    if buffers:
        yield Figure("with running statistics", total.params + buffers)
    if buffers and network.name not in OF_THE_PAPER:
        # a shift for each channel is left where a batch norm is folded into its convolution
        yield Figure("with batch norms folded", total.params - buffers // 2)


def _weights(network: Network) -> Iterator[Figure]:
    """Parameters where they are called weights."""
    params, weights, *_ = _learned(network)
    yield from (weights, params)


def _sizes(network: Network) -> tuple[Figure, ...]:
    """Bytes of the parameters in memory, and of a file of them."""
    total = network.report.total
    millions = (total.params + 500_000) // 1_000_000 * 1_000_000
    names = max(4 * total.params // 10_000, 32 * 1024) + 8 * sum(t.buffers for t in network.targets)
    return (
        Figure("parameters in float32", 4 * total.params, bytes=True, above=names),
        Figure("parameters in float16", 2 * total.params, bytes=True),
        Figure("parameters in 8 bits", total.params, bytes=True),
        Figure("weights in float32", 4 * total.weights, bytes=True),
        Figure("4 bytes for each of the rounded millions of parameters", 4 * millions, bytes=True),
    )


def _operations(network: Network) -> Iterator[Figure]:
    from vggstat.cost.counting import COUNTING_RULES

    for rule in COUNTING_RULES:
        for count in dict.fromkeys(_counts(network, rule)):
            yield Figure(rule.name, count, flops=not counts_macs(rule.name), mistake=rule.mistake)
    report = network.report
    if report.training_flops is None or report.total.macs is None:
        return
    yield Figure(TRAINING, report.training_flops, flops=True)
    # Many take a backward pass for two forward ones, in the first layer as well.
    yield Figure(TRAINING, 3 * report.total.macs, flops=False)
    yield Figure(TRAINING, 6 * report.total.macs, flops=True)


def _counts(network: Network, rule: CountingRule) -> Iterator[int]:
    """What the rule gives, and what versions of its tool give: for a batch norm, and for a softmax at the end, which
    the network itself is counted without."""
    ops = network.report.ops
    counts = [rule.count(ops)]
    base = rule.count(ops.without("bn_values", "bn_params")) if ops["bn_values"] else None
    if base is not None:
        counts.extend(base + each * ops["bn_values"] for each in BN_COSTS)
    classes = network.report.graph.classes or 0
    for count in counts:
        if count is not None:
            yield count
            yield count + rule.weights.get("softmax_values", 0) * classes


def _activations(network: Network) -> Iterator[Figure]:
    """Memory under each accounting, in bytes and in values of float32."""
    from vggstat.cost.accounting import ACCOUNTINGS
    from vggstat.cost.facts import exact

    for accounting in ACCOUNTINGS:
        count = exact(network.report, f"memory:{accounting.name}")
        if count is None:
            continue
        yield Figure(accounting.name, count, bytes=True)
        if accounting.name not in ("saved", "inference-peak"):
            yield Figure(f"{accounting.name}, values", count // 4)


_MAKERS: Final[dict[tuple[str, ...], Callable[[Network], Iterable[Figure]]]] = {
    ("params", "trainable_params"): _learned,
    ("weights",): _weights,
    ("ops",): _operations,
    ("param_bytes", "trainable_bytes"): _sizes,
    ("memory", "values", "pass_bytes", "saved_bytes"): _activations,
    ("receptive_field",): _fields,
}
