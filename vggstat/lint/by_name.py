"""Rows that are named, of a network that is named: each number against the facts of the part that its row names.

A listing of some layers, or of parts (``conv layers``, ``block 3``, ``classifier``), has too little in it to be told from
its shapes; its names tell which part each row is of. Where they mean two things, the one that most numbers fit is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from vggstat.cost.facts import Fact, Scope, facts
from vggstat.lint.figures import Figure
from vggstat.lint.identity.observe import parse_dims
from vggstat.lint.model import Cell, ClaimTable, Row
from vggstat.lint.names import find_names
from vggstat.lint.network import Network, build, load_spec
from vggstat.lint.numbers import Number, format_like
from vggstat.lint.part_names import find_part
from vggstat.lint.slips import digit_slip
from vggstat.lint.verdicts import Verdicts
from vggstat.net.layer_names import find_schemes, plain_name
from vggstat.shapes import Shape, describe

LEAST: Final = 2
"""Numbers that have to agree before the names are believed."""
MOST: Final = 6
"""Numbers that have to be right for the only other one to be wrong, whatever it may come from."""
SHARE: Final = 0.5
"""The part of the numbers that has to agree."""
LEAST_DIGITS: Final = 4
"""Digits of a count that is told to be a slip; of fewer, the batch or the way to count may be another."""
_SMALL: Final = ("pixels", "share")
SURE: Final = 5
"""Digits of a number that is one slip away from the right one by more than chance."""
_FAMILIES: Final = {
    "params": ("params", ""),
    "weights": ("params", "weights"),
    "trainable_params": ("params", ""),
    "param_bytes": ("memory", "parameters' bytes"),
    "ops": ("operations", ""),
    "values": ("values", ""),
    "memory": ("memory", "output bytes"),
    "receptive_field": ("pixels", ""),
    "share": ("share", ""),
    "figure": ("", ""),
}
"""The family of facts that a quantity is of, and their name where it is one of several."""
_CODES: Final = {
    "params": "V201",
    "operations": "V401",
    "memory": "V301",
    "values": "V301",
    "pixels": "V103",
    "share": "V505",
}


class _Claim(NamedTuple):
    """A number of a row, with the facts that it may be."""

    row: Row
    cell: Cell
    number: Number
    facts: tuple[Fact, ...]

    @property
    def is_right(self) -> bool:
        return any(_admits(self.number, fact) for fact in self.facts)

    @property
    def near(self) -> Fact | None:
        """The fact that a slip of the hand leads to the number from, where that is hardly chance."""
        found = (fact for fact in self.facts if digit_slip(self.number.digits, self.digits(fact)))
        return next(found, None) if len(self.number.digits) >= SURE else None

    def digits(self, fact: Fact) -> str:
        return re.sub(r"\D", "", _printed(self.number, fact))


def judge_by_name(table: ClaimTable, verdicts: Verdicts) -> str:
    """Enter verdicts on what nothing else was said of in a listing that names its network, and return the network's name;
    nothing is entered, and the name is empty, where the rows' names do not bear it out."""
    network = _named(table)
    if network is None:
        return ""
    read = ((list(_claims(table, scopes, network)), scopes) for scopes in _schemes(network))
    claims, scopes = max(read, key=lambda pair: _merit(pair[0]))
    if not _bears_out(claims):
        return ""
    shares = [claim for claim in claims if claim.cell.quantity == "share" and not claim.is_right]
    if len(shares) > 1:  # of something else
        claims = [claim for claim in claims if claim.cell.quantity != "share"]
    right = sum(claim.is_right for claim in claims)
    sure = right >= MOST and right >= len(claims) - 1
    for claim in claims:
        if verdicts.retract(claim.cell) or (sure and claim.is_right and verdicts.withdraw(claim.cell)):
            _judge(claim, network, verdicts, sure=sure)
    for row in table.rows:
        for cell in row.cells:
            if cell.quantity == "shape":
                _judge_shape(cell, row, _scopes(row.name, scopes, _known(network)), network, verdicts)
    return network.name


def _named(table: ClaimTable) -> Network | None:
    """The only network that the words of and above a table name."""
    for words in (table.title, table.context):
        found = list(find_names(words))
        if found:
            only = len({name.spec for name in found}) == 1 and found[0].spec and not found[0].norm
            spec = load_spec(found[0].spec) if only else None
            return build(spec, spec.input, spec.head) if spec is not None else None
    return None


def _judge_shape(cell: Cell, row: Row, scopes: Sequence[Scope], network: Network, verdicts: Verdicts) -> None:
    """What leaves a layer, or the last layer of a block, in either order of axes; wrong where a slip changes one side."""
    wanted = next((held for scope in scopes if (held := _leaving(scope, network))), None)
    dims = parse_dims(cell.claim)
    if wanted is None or dims is None or not verdicts.retract(cell):
        return
    printed = dims.without_batch
    orders = (wanted, (*wanted[1:], wanted[0])) if len(wanted) == 3 else (wanted,)
    if printed in orders or tuple(side for side in printed if side != 1) in orders:
        verdicts.passed(cell, f"by its name, in {network.name}")
        return
    for order in orders:
        wrong = [(a, b) for a, b in zip(printed, order, strict=False) if a != b]
        if len(printed) == len(order) and len(wrong) == 1 and digit_slip(*map(str, wrong[0])):
            message = f"{row.name} gives {describe(wanted)}, not {cell.flow.text.strip()}"
            verdicts.fail("V101", cell.flow, message, quantity="shape", layer=row.name)
            return
    verdicts.skip(cell, "of another layer than its name says")


def _leaving(scope: Scope, network: Network) -> Shape | None:
    """The shape that leaves a layer or a block; None for other parts."""
    rows = network.report.rows
    held = [row for row in rows if scope.name in ((row.name,) if scope.kind == "layer" else (row.block,))]
    return held[-1].output_shape if held and scope.kind in ("layer", "block") else None


def _merit(claims: Sequence[_Claim]) -> tuple[int, int]:
    right = sum(claim.is_right for claim in claims)
    return right, right - len(claims)


def _bears_out(claims: Sequence[_Claim]) -> bool:
    """Whether most numbers are right, or one slip away."""
    right = sum(claim.is_right for claim in claims)
    near = sum(not claim.is_right and claim.near is not None for claim in claims)
    return right >= 1 and right + near >= max(LEAST, SHARE * len(claims))


def _judge(claim: _Claim, network: Network, verdicts: Verdicts, *, sure: bool) -> None:
    """``sure``: whether all other numbers of the table are right, so that it is the network's own."""
    if claim.is_right:
        verdicts.passed(claim.cell, f"by its name, in {network.name}")
        return
    number = claim.number
    fact = next((fact for fact in claim.facts if digit_slip(number.digits, claim.digits(fact))), None)
    if fact is None and sure and number.is_exact:
        fact = claim.facts[0]
    if fact is None or not _is_telling(number, fact):
        verdicts.skip(claim.cell, f"not that of {network.name}: a part of somebody's own may be meant")
        return
    verdicts.wrong_part(
        _CODES[fact.family],
        claim.cell,
        number,
        f"{claim.row.name} has {_words(number, fact)}, not {number.text.strip()}",
        expected=_printed(number, fact),
        layer=fact.scope.name,
        derivation=fact.derivation,
        notes=(digit_slip(number.digits, claim.digits(fact)),),
    )


def _is_telling(number: Number, fact: Fact) -> bool:
    """Whether a slip from the fact is more than chance, and no other batch or way to count."""
    if fact.family == "operations":
        return number.is_exact
    return fact.family in _SMALL or len(number.digits) >= LEAST_DIGITS


def _words(number: Number, fact: Fact) -> str:
    """The right figure with what it counts."""
    if fact.whole is not None:
        return f"{_printed(number, fact)} % of {fact.quantity.removeprefix('share of ')}"
    if fact.family == "pixels":
        return f"{fact.exact:,} pixels as its receptive field"
    unit = "bytes of " if fact.is_bytes else ""
    return f"{fact.exact:,} {unit}{fact.quantity.removesuffix(' bytes')}"


def _printed(number: Number, fact: Fact) -> str:
    """The fact in the form of the number; a share in percent."""
    if fact.whole is None:
        return format_like(number, fact.exact)
    return f"{100 * fact.exact / fact.whole:.{number.readings[0].decimals}f}"


def _admits(number: Number, fact: Fact) -> bool:
    if fact.whole is not None:
        unit = 10 ** number.readings[0].decimals
        off: int = abs(number.readings[0].mantissa * fact.whole - 100 * fact.exact * unit)
        return 2 * off <= fact.whole
    return Figure(fact.quantity, fact.exact, bytes=fact.is_bytes).admits(number)


@lru_cache(maxsize=32)
def _known(network: Network) -> dict[Scope, tuple[Fact, ...]]:
    """The facts of each part and layer."""
    found: dict[Scope, list[Fact]] = {}
    for fact in facts(network.report, "network", "part", "layer", "pixels", "share"):
        found.setdefault(fact.scope, []).append(fact)
    return {scope: tuple(held) for scope, held in found.items()}


_Scopes = dict[str, tuple[Scope, ...]]


@lru_cache(maxsize=32)
def _schemes(network: Network) -> tuple[_Scopes, ...]:
    """The parts that each name may mean, in each way to name the layers."""
    return tuple(
        {name: (Scope("layer", row),) for name, row in names.items()}
        for names in find_schemes(network.report.graph)
    )


def _claims(table: ClaimTable, layers: _Scopes, network: Network) -> Iterator[_Claim]:
    known = _known(network)
    rows = [
        *table.rows,
        *(Row(kind="network", name="total", flow=cell.flow, cells=(cell,)) for cell in table.totals),
    ]
    for row in rows:
        if row.repeats > 1:
            continue
        held = [fact for scope in _scopes(row.name, layers, known) for fact in known.get(scope, ())]
        for cell in row.cells if held else ():
            family, quantity = _FAMILIES.get(cell.quantity, ("none", ""))
            wanted = tuple(
                fact for fact in held if family in ("", fact.family) and quantity in ("", fact.quantity)
            )
            number = cell.number
            if wanted and number is not None:
                plain = sorted(wanted, key=lambda fact: fact.quantity != "parameters")
                yield _Claim(row, cell, number, tuple(plain))


def _scopes(words: str, layers: _Scopes, known: dict[Scope, tuple[Fact, ...]]) -> tuple[Scope, ...]:
    """The parts that a row's name may mean; a layer's before a block's."""
    name = plain_name(words)
    if name in layers:
        return layers[name]
    part = find_part(name)
    return (part, *_like(part, known)) if part is not None else ()


def _like(scope: Scope, known: dict[Scope, tuple[Fact, ...]]) -> Iterator[Scope]:
    """Other names of the part: all conv layers for the trunk, all FC layers and their block for the head."""
    likes = {"trunk": (Scope("kind", "conv"),), "head": (Scope("kind", "fc"), Scope("block", "fc"))}
    yield from (like for like in likes.get(scope.kind, ()) if like in known)
