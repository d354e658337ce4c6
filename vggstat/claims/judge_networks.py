"""Figures of whole networks: tables across models, and facts in sentences.

Each row names a network, and its cells are compared with that network's figures: as published for 224x224 and 1000
classes, or as a variant that the words around name (no FC layers, CIFAR, another size). A row is one network: cells that
fit only different variants are a mixture. Names that are none of the shipped networks are left alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple

from vggstat.claims.figures import USUAL, says_flops, says_macs
from vggstat.claims.ledger import Ledger
from vggstat.claims.model import Cell, ClaimTable, Row
from vggstat.claims.names import Name, find_names
from vggstat.claims.network import Changes, Network, build, load_spec
from vggstat.claims.numbers import ZEROS_MAY_HIDE, Number, claim_parts, clean, format_like
from vggstat.claims.slips import digit_slip
from vggstat.spec.model import Head, Spec

__all__ = ["judge_networks"]


TRAINING: Final = "training FLOPs"
_TRAINS: Final = re.compile(r"\btrain|backward|back-?prop|bwd|学習|训练|訓練|학습", re.IGNORECASE)


class Figure(NamedTuple):
    """A figure of a network under a named rule: an exact count, and the bases in which it is printed."""

    rule: str
    exact: int
    bytes: bool = False
    flops: bool | None = None
    """For operations: whether it counts two per multiply-accumulate."""
    above: int = 0
    """How much more a file may have (names and headers of a weights file)."""


class _Counted(NamedTuple):
    """A row's operations, and the rules that they are right under."""

    cell: Cell
    number: Number
    variant: Variant
    rules: frozenset[str]


class _Lazy:
    """Variants that are made when they are first looked at, and kept."""

    def __init__(self, source: Iterator[Variant]) -> None:
        self._source, self._made = source, list[Variant]()

    def __iter__(self) -> Iterator[Variant]:
        yield from self._made
        for variant in self._source:
            self._made.append(variant)
            yield variant


class Variant(NamedTuple):
    """A network with what is changed about it, in words."""

    words: str
    network: Network
    cifar: bool = False
    stated: bool = True


def judge_networks(table: ClaimTable, forced: Spec | None, ledger: Ledger) -> str:
    """Judge a ``networks`` or ``facts`` table; returns the name of the network, where it is about one."""
    context = f"{table.title}\n{table.context}"
    rows = list(table.rows)
    if table.form == "facts" and table.totals:
        rows.append(Row(kind="network", name=table.title, flow=table.start, cells=table.totals))
    found: set[str] = set()
    columns: dict[str, list[_Counted]] = {}
    for row in rows:
        name = _named(row, table, forced)
        if name is None or not name.spec:
            for cell in row.cells:
                _unnamed(
                    cell,
                    ledger,
                    "no shipped network is named" if name is None else f"{name.text} is not shipped",
                )
            continue
        found.add(name.spec)
        _judge_row(row, name, context, forced, ledger, columns)
    for counted in columns.values():
        _judge_mixture(counted, ledger)
    return found.pop() if len(found) == 1 else ""


def _named(row: Row, table: ClaimTable, forced: Spec | None) -> Name | None:
    """The network that a row is about: the last name in its label, for a fact also the title's."""
    words = row.name
    if table.form == "networks" and _MADE_SMALLER.search(words):
        return Name(0, 0, words, "")
    found = list(find_names(words))
    if not found and table.form == "facts":
        found = list(find_names(table.title))
    if forced is not None and (table.form == "facts" or not found):
        return Name(0, 0, forced.name, forced.name)
    if not found:
        return None
    own = [name for name in found if name.spec]
    if own and len({name.spec for name in found}) > 1:
        letters = [name for name in own if len(name.text.strip("() ")) <= 5]
        return (letters or own)[0] if all(name.spec for name in found) else Name(0, 0, words, "")
    return found[-1]


_ASIDE: Final = re.compile(r"(?<=\d)\s{1,3}\([^()]{0,40}[A-Za-z%][^()]{0,40}\)\s*$")
"""Another number in brackets after a count: ``143,667,240 (~548 MB)``."""
_MADE_SMALLER: Final = re.compile(
    r"\b(?:pruned|ours|compressed|quanti[sz]ed|slim(?:med)?|distilled|proposed|sparse|thinned|modified|custom)\b|剪枝|压缩|改进",
    re.IGNORECASE,
)
"""Words of a row that is about somebody's own network, made of the named one."""


def _unnamed(cell: Cell, ledger: Ledger, reason: str) -> None:
    from vggstat.claims.arithmetic import judge_arithmetic

    if not judge_arithmetic(cell, ledger):
        ledger.skip(cell, reason)


def _judge_row(
    row: Row,
    name: Name,
    context: str,
    forced: Spec | None,
    ledger: Ledger,
    columns: dict[str, list[_Counted]],
) -> None:
    spec = forced if forced is not None and forced.name == name.spec else load_spec(name.spec)
    words = f"{row.name} {context}"
    variants = _Lazy(_variants(spec, name.norm or bool(_BN.search(row.name)), words))
    counts: list[tuple[Cell, list[Number]]] = []
    for cell in row.cells:
        text = _ASIDE.sub("", clean(cell.flow).text)
        numbers = [part for part in claim_parts(text, cell.unit) if isinstance(part, Number)]
        if cell.quantity == "arithmetic" or not numbers:
            _unnamed(cell, ledger, "it is not clear what it is")
        else:
            counts.append((cell, numbers))
    first = next(iter(variants), None)
    if first is not None and _fits(first, counts) == len(counts):
        chosen: Variant | None = first
    else:
        chosen = _best(variants, counts)
    for cell, numbers in counts:
        if chosen is not None:
            _judge_cell(cell, numbers[-1], chosen, variants, ledger)
            if cell.quantity == "ops" and not cell.alone:
                rules = frozenset(f.rule for f in _figures(chosen.network, "ops") if _admits(numbers[-1], f))
                columns.setdefault(cell.label, []).append(_Counted(cell, numbers[-1], chosen, rules))


def _best(variants: Iterable[Variant], counts: Sequence[tuple[Cell, list[Number]]]) -> Variant | None:
    """The variant that most cells fit, of those that are stated; another only if two cells and more speak for it."""
    fits = [(_fits(variant, counts), variant) for variant in variants]
    if not fits:
        return None
    stated = max((entry for entry in fits if entry[1].stated), key=lambda entry: entry[0], default=fits[0])
    best = max(fits, key=lambda entry: entry[0])
    return best[1] if best[0] > max(stated[0], 1) else stated[1]


_BN: Final = re.compile(r"[-_ ]bn\b|batch[- ]?norm", re.IGNORECASE)
_NO_TOP: Final = re.compile(
    r"no[- ]?top|include_top\s*=\s*False|without (?:the )?(?:top|FC|fully|classifier|head|dense)"
    r"|conv(?:olutional)? (?:part|base|layers only|body)"
    r"|feature extractor|notop|conv(?:olutional)? (?:layers )?(?:alone|only)|headless|backbone",
    re.IGNORECASE,
)
_CIFAR: Final = re.compile(r"cifar|32\s?x\s?32|tiny", re.IGNORECASE)
_SIZE: Final = re.compile(r"(?<!\d)(\d{2,4})\s?[x*]\s?(\d{2,4})(?!\d)")
_CLASSES: Final = re.compile(
    r"(?<![\d.,])(\d{1,5})[- ]?(?:classes|class|类|分类|クラス|클래스|Klassen)", re.IGNORECASE
)


def _variants(spec: Spec, norm: bool, words: str) -> Iterator[Variant]:
    """The network as published, then as the words change it, then in the forms that tables usually mean."""
    plain = Changes(norm=norm)
    sizes = {
        (int(h), int(w)) for h, w in _SIZE.findall(words) if 16 <= int(h) <= 2048 and 16 <= int(w) <= 2048
    }
    images = [spec.input, *((spec.input[0], h, w) for h, w in sorted(sizes) if (h, w) != spec.input[1:])][:6]
    no_top, cifar = _NO_TOP.search(words) is not None, _CIFAR.search(words) is not None
    classes = sorted({int(count) for count in _CLASSES.findall(words) if int(count) > 1})[:4]
    for image in images:
        where = "" if image == spec.input else f" at {image[1]}x{image[2]}"
        for head in ("adaptive", "flatten") if where else (spec.head,):
            yield from _made(f"{spec.title or spec.name}{where}", spec, image, head, None, plain)
            for count in classes:
                yield from _made(f"{count} classes{where}", spec, image, head, count, plain)
        if no_top or image == spec.input:
            yield from _made(f"without FC layers{where}", spec, image, "none", None, plain, stated=no_top)
    if spec.head == "adaptive":
        yield from _cifar(spec, cifar, classes)
    if not norm:
        bn = Changes(norm=True)
        yield from _made(
            "with batch norm", spec, spec.input, spec.head, None, bn, stated=bool(_BN.search(words))
        )


def _made(
    words: str,
    spec: Spec,
    image: tuple[int, ...],
    head: Head,
    classes: int | None,
    changes: Changes,
    *,
    stated: bool = True,
) -> Iterator[Variant]:
    network = build(spec, image, head, classes, changes)
    if network is not None:
        yield Variant(words, network, stated=stated)


def _cifar(spec: Spec, stated: bool, classes: Sequence[int]) -> Iterator[Variant]:
    """The heads that CIFAR's VGGs have: one FC layer, one hidden one of 512, two of 512, or the full three."""
    for norm in (True, False):
        for count in sorted({10, 100, *classes}):
            for units in ((count,), (512, count), (512, 512, count), (4096, 4096, count)):
                network = build(spec, (3, 32, 32), "flatten", None, Changes(norm=norm, units=units))
                if network is not None:
                    words = f"at 32x32, FC {'-'.join(map(str, units))}{', batch norm' if norm else ''}"
                    yield Variant(words, network, cifar=True, stated=stated)


def _fits(variant: Variant, counts: Sequence[tuple[Cell, list[Number]]]) -> int:
    return sum(
        any(_admits(numbers[-1], figure) for figure in _figures(variant.network, cell.quantity))
        for cell, numbers in counts
    )


def _admits(number: Number, figure: Figure) -> bool:
    scales = {number.unit.decimal, number.unit.binary or number.unit.decimal}
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


def _figures(network: Network, quantity: str) -> tuple[Figure, ...]:
    return _made_figures(id(network), quantity, _Holder(network))


class _Holder:
    """Hands a network to the cache without being part of its key."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def __hash__(self) -> int:
        return hash(id(self.network))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Holder) and other.network is self.network


@cache
def _made_figures(_key: int, quantity: str, holder: _Holder) -> tuple[Figure, ...]:
    network = holder.network
    report = network.report
    total = report.total
    params = (Figure("parameters with biases", total.params), Figure("weights without biases", total.weights))
    if quantity in ("params", "trainable_params"):
        buffers = sum(t.buffers for t in network.targets)
        more = (Figure("with running statistics", total.params + buffers),) if buffers else ()
        return (*params, *more)
    if quantity == "weights":
        return (params[1], params[0])
    if quantity == "biases":
        return (Figure("biases", total.biases),)
    if quantity == "ops":
        return tuple(_operations(network))
    if quantity in ("param_bytes", "trainable_bytes"):
        count = total.params
        above = max(4 * count // 10_000, 32 * 1024) + 8 * sum(t.buffers for t in network.targets)
        return (
            Figure("parameters in float32", 4 * count, bytes=True, above=above),
            Figure("parameters in float16", 2 * count, bytes=True),
            Figure("parameters in 8 bits", count, bytes=True),
            Figure("weights in float32", 4 * total.weights, bytes=True),
        )
    if quantity in ("memory", "values", "pass_bytes", "saved_bytes"):
        return tuple(_activations(network))
    counts = {
        "conv_layers": report.conv_layers,
        "fc_layers": report.fc_layers,
        "weight_layers": report.weight_layers,
        "pool_layers": sum(t.kind == "pool" for t in network.targets),
        "classes": report.graph.classes,
    }
    count_or_none = counts.get(quantity)
    return (Figure(quantity.replace("_", " "), count_or_none),) if count_or_none is not None else ()


def _operations(network: Network) -> Iterator[Figure]:
    from vggstat.claims.figures import MULTIPLY_ADD
    from vggstat.cost.opcount import OPCOUNTS

    for rule in OPCOUNTS:
        count = network.report.operations(rule)
        if count is not None:
            yield Figure(rule.name, count, flops=rule.name not in MULTIPLY_ADD)
    yield Figure(TRAINING, network.report.training_flops, flops=True)


def _activations(network: Network) -> Iterator[Figure]:
    from vggstat.cost.accounting import ACCOUNTINGS

    for accounting in ACCOUNTINGS:
        count = network.report.memory_bytes(accounting)
        yield Figure(accounting.name, count, bytes=True)
        if accounting.name not in ("saved", "inference-peak"):
            yield Figure(f"{accounting.name}, values", count // 4)


def _judge_mixture(column: Sequence[_Counted], ledger: Ledger) -> None:
    """A column of operations is counted in one way: the rows that the rule of most does not admit are a mixture."""
    known = [entry for entry in column if entry.rules]
    votes = Counter(rule for entry in known for rule in entry.rules)
    if len(known) < 3 or not votes:
        return
    rule = max(votes, key=lambda name: (votes[name], name in USUAL, -len(name)))
    count = votes[rule]
    if count == len(known) or 3 * count < 2 * len(known):
        return
    for entry in known:
        if rule in entry.rules:
            continue
        figure = next(f for f in _figures(entry.variant.network, "ops") if f.rule == rule)
        ledger.fail(
            "V601",
            clean(entry.cell.flow),
            f"{entry.number.text.strip()} is {min(entry.rules)}, the other rows are {rule}",
            span=(entry.number.start, entry.number.end),
            expected=_like(entry.number, figure),
            quantity="ops",
            claim=False,
        )


def _judge_cell(
    cell: Cell, number: Number, variant: Variant, variants: Iterable[Variant], ledger: Ledger
) -> None:
    label = f"{cell.label} {cell.unit} {cell.flow.text}"
    trains = _TRAINS.search(f"{label} {cell.flow.origins[0][0].text[:2_000]}") is not None
    figures = tuple(f for f in _figures(variant.network, cell.quantity) if trains or f.rule != TRAINING)
    if not figures:
        ledger.skip(cell, f"nothing is known to compare {cell.quantity.replace('_', ' ')} with")
        return
    if cell.quantity in ("conv_layers", "fc_layers", "pool_layers", "weight_layers", "classes"):
        _judge_count(cell, number, figures[0], variant, ledger)
        return
    ordered = sorted(
        figures, key=lambda figure: figure.flops is not None and figure.flops != says_flops(label)
    )
    right = [figure for figure in ordered if _admits(number, figure)]
    if right:
        _right(cell, number, right[0], label, variant, ledger)
        return
    others = [
        other
        for other in variants
        if any(
            _admits(number, f) and (trains or f.rule != TRAINING)
            for f in _figures(other.network, cell.quantity)
        )
    ]
    if others and not any(other.stated for other in others):
        ledger.skip(cell, f"right for {variant.network.name} {others[0].words}, which is not said")
        return
    if others:
        mixed = (
            f"{number.text.strip()} is right for {others[0].words}, the rest of the row for {variant.words}"
        )
        ledger.fail(
            "V601",
            clean(cell.flow),
            mixed,
            span=(number.start, number.end),
            quantity=cell.quantity,
            expected=_like(number, ordered[0]),
        )
        return
    if _is_vague(number, cell):
        ledger.skip(cell, "too short a number to tell what it counts")
        return
    for other in variants if len(number.digits) > 5 else ():
        near = _figures(other.network, cell.quantity)[0]
        if number.is_exact and digit_slip(number.digits, str(near.exact)):
            _wrong(cell, number, near, other, ledger)
            return
    if _has_another_head(cell, number, ordered[0], variant):
        ledger.skip(cell, f"{variant.network.name} with another head may be meant: nothing says which")
        return
    _wrong(cell, number, ordered[0], variant, ledger)


def _has_another_head(cell: Cell, number: Number, figure: Figure, variant: Variant) -> bool:
    """Whether it may be the parameters of this trunk with FC layers of somebody's own, as transfer learning makes them.

    Such a count is far below the published one, or that of another number of classes; a slip of the pen is neither.
    """
    if cell.quantity not in ("params", "trainable_params", "frozen_params", "weights", "param_bytes"):
        return False
    expected = _like(number, figure)
    if digit_slip(number.digits, re.sub(r"\D", "", expected)) or _whose(number, cell):
        return False
    digits = re.sub(r"\D", "", expected)
    if number.digits[:3] == digits[:3] and len(number.digits) != len(digits):
        return False  # 13.8M, 1383M: the right digits in the wrong place
    width = 4 if figure.bytes else 1
    if 2 * number.approximate < figure.exact:
        return True
    own = [target for target in variant.network.targets if target.kind == "fc"]
    if not own:
        return False
    last = own[-1].params * width
    step = last // own[-1].shape[0]
    if number.is_exact and number.whole is not None:
        rest = number.whole - (figure.exact - last)
        return rest > 0 and rest % step in (0, -own[-1].biases % step) and rest // step < 100_000
    few = (figure.exact - last + step * count for count in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 100))
    return len(number.digits) >= 4 and any(
        number.admits(count, scale)
        for count in few
        for scale in (number.unit.decimal, number.unit.binary or number.unit.decimal)
    )


def _is_vague(number: Number, cell: Cell) -> bool:
    """A bare small number: an index, a rank, a year, a percentage."""
    return number.unit.decimal == 1 and number.readings[0].mantissa < 10_000 and not cell.unit


def _right(cell: Cell, number: Number, figure: Figure, label: str, variant: Variant, ledger: Ledger) -> None:
    erratum = _erratum(number, cell, variant)
    if erratum:
        ledger.fail(
            "V502",
            clean(cell.flow),
            f"known erratum: {erratum}",
            severity="warning",
            span=(number.start, number.end),
            quantity=cell.quantity,
        )
        return
    if figure.flops is False and says_flops(label):
        message = (
            f"{number.text.strip()} is right as {figure.rule}: multiply-accumulates (MACs), of which each is two FLOPs, "
            "but is called FLOPs"
        )
        ledger.fail(
            "V602",
            clean(cell.flow),
            message,
            severity="warning",
            span=(number.start, number.end),
            quantity="ops",
        )
        return
    if figure.flops and says_macs(label):
        message = f"{number.text.strip()} is right as {figure.rule}, at two per multiply-accumulate, but is called MACs"
        ledger.fail(
            "V602",
            clean(cell.flow),
            message,
            severity="warning",
            span=(number.start, number.end),
            quantity="ops",
        )
        return
    ledger.passed(cell, f"{figure.rule}, {variant.words}")


def _erratum(number: Number, cell: Cell, variant: Variant) -> str:
    """The title of an entry of the registry that this number is, of those that a known rule gives."""
    from vggstat.claims.errata import find_errata

    if cell.quantity != "ops" or not number.readings[0].decimals:
        return ""
    for entry in find_errata("operations", variant.network.name):
        rules = [f for f in _figures(variant.network, "ops") if _admits(number, f)]
        if any(number.admits(stated) for stated in entry.stated) and all(
            f.rule in ("thop-old",) for f in rules
        ):
            return entry.title
    return ""


def _wrong(cell: Cell, number: Number, figure: Figure, variant: Variant, ledger: Ledger) -> None:
    from vggstat.claims.errata import find_errata

    family = {"ops": "4", "memory": "3", "values": "3", "pass_bytes": "3", "saved_bytes": "3"}.get(
        cell.quantity, "2"
    )
    code = "V211" if cell.quantity in ("param_bytes", "trainable_bytes") else f"V{family}10"
    expected = _like(number, figure)
    notes = []
    kind = {"ops": "operations", "params": "params", "memory": "memory", "values": "values"}.get(
        cell.quantity, ""
    )
    for entry in find_errata(kind, variant.network.name):
        if any(number.admits(stated) for stated in entry.stated):
            notes.append(f"known erratum: {entry.title}; {entry.right}")
    notes.append(_whose(number, cell))
    notes.append(digit_slip(number.digits, re.sub(r"\D", "", expected)))
    title = variant.words if variant.words[:1].isupper() else f"{variant.network.name} {variant.words}"
    what = {"param_bytes": "bytes of parameters", "ops": figure.rule}.get(
        cell.quantity, cell.quantity.replace("_", " ")
    )
    ledger.fail(
        code,
        clean(cell.flow),
        f"{title} has {figure.exact:,} {what}, not {number.text.strip()}",
        span=(number.start, number.end),
        expected=expected,
        quantity=cell.quantity,
        notes=tuple(notes),
        fixable=True,
    )


def _like(number: Number, figure: Figure) -> str:
    if not figure.bytes or not number.unit.binary:
        return format_like(number, figure.exact)
    printed = number.readings[0].mantissa / 10 ** number.readings[0].decimals
    scale = min(
        (number.unit.decimal, number.unit.binary), key=lambda base: abs(figure.exact / base - printed)
    )
    return format_like(number, figure.exact, scale)


def _whose(number: Number, cell: Cell) -> str:
    """Another shipped network that the number is right for."""
    for name in ("A", "B", "C", "D", "E"):
        network = build(load_spec(name), load_spec(name).input, load_spec(name).head)
        if network and any(_admits(number, figure) for figure in _figures(network, cell.quantity)):
            return f"that is the figure of {load_spec(name).title} ({name})"
    return ""


def _judge_count(cell: Cell, number: Number, figure: Figure, variant: Variant, ledger: Ledger) -> None:
    if number.whole == figure.exact:
        ledger.passed(cell, variant.words)
        return
    if cell.quantity == "classes":
        ledger.skip(cell, "another number of classes may be meant")
        return
    ledger.fail(
        "V704",
        clean(cell.flow),
        f"{variant.words} has {figure.exact} {figure.rule}, not {number.text.strip()}",
        span=(number.start, number.end),
        expected=str(figure.exact),
        quantity=cell.quantity,
        fixable=True,
    )
