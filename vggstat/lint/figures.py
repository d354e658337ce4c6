"""The exact figures of a network under every known rule, and whether a printed number admits one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from vggstat.lint.network import Network
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
    above: int = 0
    """How much more a file may have (names and headers of a weights file)."""


def admits(number: Number, figure: Figure, scales: Sequence[int] = ()) -> bool:
    """Whether the figure may stand behind the number. ``scales``: what its unit may multiply by; by default either
    base."""
    scales = scales or (number.unit.decimal, number.unit.binary or number.unit.decimal)
    if figure.bytes and number.unit.binary and not number.unit.bytes:
        scales = (number.unit.decimal, number.unit.binary)  # the M of "size (M)" stands for MB or MiB
    if figure.bytes != number.unit.bytes and number.unit.name not in ("", "M", "G", "K"):
        return False
    for scale in scales:
        if number.admits(figure.exact, scale, ZEROS_MAY_HIDE):
            return True
        if figure.above and _within_file(number, figure, scale):
            return True
        if figure.above and number.readings[0] == (-(-figure.exact // scale), 0):
            return True  # file sizes are rounded up by some
    return False


def _within_file(number: Number, figure: Figure, scale: int) -> bool:
    """Whether a file with such parameters may be so large: at least they, and a little more of names and headers."""
    for reading in number.readings:
        low = reading.mantissa * scale
        if (
            figure.exact * 10**reading.decimals <= low + scale
            and low <= (figure.exact + figure.above) * 10**reading.decimals
        ):
            return True
    return False


def like(number: Number, figure: Figure, scales: Sequence[int] = ()) -> str:
    """The figure in the form of the number; for bytes in the base of units that brings it nearer."""
    if not figure.bytes or not number.unit.binary:
        return format_like(number, figure.exact)
    scales = scales or (number.unit.decimal, number.unit.binary)
    printed = number.readings[0].mantissa / 10 ** number.readings[0].decimals
    scale = min(scales, key=lambda base: abs(figure.exact / base - printed))
    return format_like(number, figure.exact, scale)


def figures_of(network: Network, quantity: str) -> tuple[Figure, ...]:
    """Every figure of that quantity that is known, the plainest first; empty where none is."""
    return _made_figures(Same(network), quantity)


class Same:
    """A network as the key of a cache: that very object, whatever it holds."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def __hash__(self) -> int:
        return id(self.network)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.network is self.network


@lru_cache(maxsize=2048)
def _made_figures(same: Same, quantity: str) -> tuple[Figure, ...]:
    network = same.network
    if quantity in ("params", "trainable_params", "weights"):
        return _learned(network, quantity)
    if quantity == "biases":
        return (Figure("biases", network.report.total.biases),)
    if quantity == "ops":
        return tuple(_operations(network))
    if quantity in ("param_bytes", "trainable_bytes"):
        return _sizes(network)
    if quantity in ("memory", "values", "pass_bytes", "saved_bytes"):
        return tuple(_activations(network))
    if quantity == "receptive_field":
        return _fields(network)
    counts = {
        "conv_layers": network.report.conv_layers,
        "fc_layers": network.report.fc_layers,
        "weight_layers": network.report.weight_layers,
        "pool_layers": sum(target.kind == "pool" for target in network.targets),
        "classes": network.report.graph.classes,
    }
    count = counts.get(quantity)
    return (Figure(quantity.replace("_", " "), count),) if count is not None else ()


def _fields(network: Network) -> tuple[Figure, ...]:
    """The receptive fields of its layers, that of the last pool first, then from the last layer to the first."""
    fields = {target.field: target for target in network.targets if target.field}
    last = [target for target in network.targets if target.kind == "pool" and target.field]
    found = [*last[-1:], *reversed(fields.values())]
    return tuple(Figure(f"receptive field of {target.title}", target.field or 0) for target in found)


def _learned(network: Network, quantity: str) -> tuple[Figure, ...]:
    """Parameters, with biases first unless they are called weights."""
    total = network.report.total
    params = Figure("parameters with biases", total.params)
    weights = Figure("weights without biases", total.weights)
    if quantity == "weights":
        return (weights, params)
    buffers = sum(target.buffers for target in network.targets)
    more = (Figure("with running statistics", total.params + buffers),) if buffers else ()
    return (params, weights, *more)


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
            yield Figure(rule.name, count, flops=not counts_macs(rule.name))
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
    from vggstat.cost.accounting import ACCOUNTINGS

    for accounting in ACCOUNTINGS:
        count = network.report.memory_if_run(accounting)
        if count is None:
            continue
        yield Figure(accounting.name, count, bytes=True)
        if accounting.name not in ("saved", "inference-peak"):
            yield Figure(f"{accounting.name}, values", count // 4)
