"""Which network a row is about, and which variant of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from vggstat.lint.arithmetic import judge_arithmetic
from vggstat.lint.elsewhere import Elsewhere, find_elsewhere, slip_of_count
from vggstat.lint.figures import figures_of, fits
from vggstat.lint.model import Cell, ClaimTable, Row
from vggstat.lint.names import Name, find_names, tells_letters
from vggstat.lint.network import OF_THE_PAPER, build, load_spec
from vggstat.lint.numbers import Number, claim_parts
from vggstat.lint.policy import ConventionPolicy
from vggstat.lint.qualifiers import leaves_it
from vggstat.lint.verdicts import Verdicts
from vggstat.lint.whole_networks.cells import judge_claim, judge_exact
from vggstat.lint.whole_networks.claim import Around, Claim
from vggstat.lint.whole_networks.columns import Counted, judge_mixture, with_headers_back
from vggstat.lint.whole_networks.doubts import part_of
from vggstat.lint.whole_networks.odd_ones import judge_odd_ones
from vggstat.lint.whole_networks.variants import AT_SIZE, BATCH_NORM, Lazy, Variant, variants_of
from vggstat.lint.whole_networks.widths import judge_widths
from vggstat.net.spec import Spec

MAX_LINE: Final = 500
"""Characters of a row's line in which a layer's name is looked for."""

LETTER_ROWS: Final = 20
"""Rows whose letters are looked at."""
ENOUGH: Final = 2
"""Configurations of which a figure fits, so that nothing needs to say so."""
SISTERS: Final = {"AlexNet": ("AlexNet-torchvision",), "GoogLeNet": ("GoogLeNet-BN",)}
"""Other ways to build a network of which people use its name alone."""
_ASIDE: Final = re.compile(r"(?<=\d)\s{1,3}\([^()]{0,40}[A-Za-z%][^()]{0,40}\)\s*$")
"""Another number in brackets after a count: ``143,667,240 (~548 MB)``."""
_MADE_SMALLER: Final = re.compile(
    r"\b(?:pruned|ours|compressed|quanti[sz]ed|slim(?:med)?|distilled|proposed|sparse|thinned|modified|custom|depthwise)\b|剪枝|压缩|改进"
    r"|\w\s?\+\s?VGG|VGG[-_ \w]{0,10}\+\s?(?!BN|batch)\w",
    re.IGNORECASE,
)
"""Words of a row that is about somebody's own network, made of the named one."""
_PART: Final = re.compile(r"vgg[-_]?\d\d/(?:conv|pool|fc|block)", re.IGNORECASE)
"""A layer under the name of its network: ``vgg_16/conv1/conv1_1``."""


def judge_networks(table: ClaimTable, forced: Spec | None, verdicts: Verdicts) -> str:
    """Judge a ``networks`` or ``facts`` table; returns the name of the network, where it is about one."""
    context = f"{table.title}\n{table.context}"
    around = Around.of(context)
    rows = list(table.rows)
    if table.form == "facts" and table.totals:
        rows.append(Row(kind="network", name=table.title, flow=table.start, cells=table.totals))
    if table.form == "networks":
        rows = list(with_headers_back(rows, verdicts))
    rows = _several_of_one(rows) if table.form == "networks" else rows
    found: set[str] = set()
    columns: dict[str, list[Counted]] = {}
    labels = [table.title, *(row.name for row in rows)]
    letters = any(name.is_letter for label in labels for name in find_names(label))
    by_letter = letters and _are_configurations(table, rows)
    for row in rows:
        if row.cells and all(cell.quantity == "channels" for cell in row.cells):
            judge_widths(row, verdicts)
            continue
        name = _named(row, table, forced, by_letter=by_letter)
        if name is None or not name.spec:
            reason = "no shipped network is named" if name is None else f"{name.text} is not shipped"
            elsewhere = find_elsewhere(row.name) if table.form == "networks" else None
            for cell in row.cells:
                if elsewhere is None or not _judge_elsewhere(cell, elsewhere, verdicts):
                    _unnamed(cell, verdicts, reason)
            continue
        found.add(name.spec)
        variants = _variants(row, name, forced, context)
        for entry in _judge_row(row, variants, table.policy, verdicts, around):
            columns.setdefault(entry.claim.cell.label, []).append(entry)
    for counted in columns.values():
        judge_mixture(counted, verdicts)
    if table.form == "networks":
        judge_odd_ones(rows, verdicts)
    return found.pop() if len(found) == 1 else ""


def _several_of_one(rows: Sequence[Row]) -> list[Row]:
    """The rows; of one name that stands in several with other counts, only what is right is told: some are pruned, or built
    otherwise, and a column that is not understood says so."""
    seen: dict[str, set[str]] = {}
    for row in rows:
        counts = [cell.flow.text for cell in row.cells if cell.quantity in _OF_PARTS]
        if counts:
            seen.setdefault(row.name, set()).add(" ".join(counts))
    several = {name for name, counts in seen.items() if len(counts) > 1}
    return [
        row.replace(cells=tuple(cell.replace(tied=False) for cell in row.cells))
        if row.name in several
        else row
        for row in rows
    ]


def _named(row: Row, table: ClaimTable, forced: Spec | None, *, by_letter: bool) -> Name | None:
    """The network that a row is about: the last name in its label, for a fact also the title's. ``by_letter``: whether
    a letter alone names one."""
    words = row.name
    line = row.flow.origins[0][0].text[:MAX_LINE]
    if table.form == "networks" and (_MADE_SMALLER.search(words) or _PART.search(line)):
        return Name(0, 0, words, "")
    if table.form == "facts" and _MADE_SMALLER.search(words):
        return Name(0, 0, words, "")
    found = list(find_names(words))
    if not found and table.form == "facts":
        found = list(find_names(table.title))
    if forced is not None and (table.form == "facts" or not found):
        return Name(0, 0, forced.name, forced.name)
    if not found:
        return None
    if found[-1].is_letter and not by_letter:
        return Name(0, 0, words, "")
    if table.form == "networks" and len(found) == 1 and not leaves_it(_beside(words, found[0])):
        return Name(0, 0, words, "")
    own = [name for name in found if name.spec]
    if own and len({name.spec for name in found}) > 1:
        if not all(name.spec for name in found):
            return Name(0, 0, words, "")  # a network of somebody's own, made of the named one
        letters = [name for name in own if len(name.text.strip("() ")) <= 5]
        return (letters or own)[0]
    return found[-1]


def _judge_elsewhere(cell: Cell, network: Elsewhere, verdicts: Verdicts) -> bool:
    """Enter the verdict on the parameters of a network that a library holds; False for anything else of it, and for a
    count that is neither a published one nor a slip away from it, as people build networks in ways of their own."""
    number = cell.number if cell.quantity in ("params", "trainable_params") else None
    if number is None:
        return False
    for count, source in network.params:
        if number.admits(count):
            verdicts.passed(cell, f"parameters, {source}")
            return True
    slipped = slip_of_count(network, number)
    if slipped is None:
        return False
    message = (
        f"{network.name} has {slipped.params:,} parameters ({slipped.source}), not {number.text.strip()}"
    )
    verdicts.wrong_part("V210", cell, number, message, expected=slipped.expected, notes=(slipped.slip,))
    return True


def _beside(words: str, name: Name) -> str:
    return f"{words[: name.start]} {words[name.end :]}"


def _variants(row: Row, name: Name, forced: Spec | None, context: str) -> Lazy:
    """What the row's network may be, as its words and those around change it."""
    spec = forced if forced is not None and forced.name == name.spec else load_spec(name.spec)
    norm = name.norm or BATCH_NORM.search(row.name) is not None
    sizes = " ".join(cell.flow.text for cell in row.cells if cell.quantity in ("in_shape", "size"))
    sizes += " ".join(match[0] for match in AT_SIZE.finditer(row.flow.origins[0][0].text[:MAX_LINE]))
    words = f"{row.name} {sizes} {context}"
    specs = (spec, *map(load_spec, SISTERS.get(spec.name, ())))
    return Lazy(chain.from_iterable(variants_of(each, norm, words) for each in specs))


def _unnamed(cell: Cell, verdicts: Verdicts, reason: str) -> None:
    """A cell that is compared with no network: only its own arithmetic can be judged."""
    if not judge_arithmetic(cell, verdicts):
        verdicts.skip(cell, reason)


def _judge_row(
    row: Row, variants: Iterable[Variant], policy: ConventionPolicy, verdicts: Verdicts, around: Around
) -> Iterator[Counted]:
    """Judge the cells of a row under one variant of its network; yields its operations, for their column."""
    counts = _counts(row, verdicts)
    chosen = _best(variants, counts)
    if chosen is None:
        return
    counts = _believed(counts, chosen)
    exact = frozenset(number.whole for _, number in counts if number.whole is not None)
    times = Counter(_KIND_OF.get(cell.quantity, cell.quantity) for cell, _ in counts)
    for cell, number in counts:
        beside = exact.union(n.whole for n in cell.numbers if n.whole is not None)
        claim = Claim(cell, number, chosen, variants, policy, beside, around)
        if cell.quantity == "figure":
            judge_exact(claim, verdicts)
            continue
        several = times[_KIND_OF.get(cell.quantity, cell.quantity)] > 1
        partly = cell.quantity in _OF_PARTS and _PART_WORDS.search(cell.label) is not None
        if (
            (several or partly)
            and not any(map(claim.admits, claim.figures()))
            and part_of(claim, "trunk", "head")
        ):
            verdicts.passed(cell, "of the conv layers or of the FC layers alone")
            continue
        most = max((f.exact for f in figures_of(chosen.network, cell.quantity)), default=0)
        if (several or partly) and number.approximate < most and not any(map(claim.admits, claim.figures())):
            verdicts.skip(cell, "of some of the layers, it is not clear which")
            continue
        judge_claim(claim, verdicts)
        if cell.quantity == "ops" and not cell.alone and not policy.ops:
            figures = figures_of(chosen.network, "ops")
            yield Counted(claim, frozenset(figure.rule for figure in figures if claim.admits(figure)))


def _believed(counts: list[tuple[Cell, Number]], chosen: Variant) -> list[tuple[Cell, Number]]:
    """The numbers of a row; of a network that is built in several ways, and of which none is right, only what is right is
    told: it is built in another way."""
    several = chosen.network.name not in OF_THE_PAPER and len(counts) > 1
    if several and not any(fits(chosen.network, cell.quantity, number) for cell, number in counts):
        return [(cell.replace(tied=False), number) for cell, number in counts]
    return counts


_OF_PARTS: Final = ("params", "weights", "ops", "param_bytes", "trainable_params")
_PART_WORDS: Final = re.compile(
    r"\b(?:fc|conv(?!net)\w{0,11}|fully[- ]connected|dense|classifier|head)\b|全连接|卷积层|全結合|畳み込み",
    re.IGNORECASE,
)
"""A label that is of some layers: ``FC params``, ``Weights (CONV)``."""
_KIND_OF: Final = {"weights": "params", "biases": "params"}
"""What a row may say of the whole and of its parts under several names."""


def _counts(row: Row, verdicts: Verdicts) -> list[tuple[Cell, Number]]:
    """The cells that claim a figure, each with its number; the others are judged by their arithmetic."""
    counts = []
    for cell in row.cells:
        text = _ASIDE.sub("", cell.claim.text)
        numbers = [part for part in claim_parts(text, cell.unit) if isinstance(part, Number)]
        if cell.quantity == "arithmetic" or not numbers:
            _unnamed(cell, verdicts, "it is not clear what it is")
        else:
            counts.append((cell, numbers[-1]))
    return counts


def _best(variants: Iterable[Variant], counts: Sequence[tuple[Cell, Number]]) -> Variant | None:
    """The variant that most cells fit, of those that are stated; another only if two cells and more speak for it."""
    found: list[tuple[int, Variant]] = []
    for variant in variants:
        found.append((_fits(variant, counts), variant))
        if len(found) == 1 and found[0][0] == len(counts):
            return variant  # as published: nothing else is asked for
    if not found:
        return None
    stated = max((entry for entry in found if entry[1].stated), key=lambda entry: entry[0], default=found[0])
    best = max(found, key=lambda entry: entry[0])
    return best[1] if best[0] > max(stated[0], 1) else stated[1]


def _fits(variant: Variant, counts: Sequence[tuple[Cell, Number]]) -> int:
    """How many cells the variant is right for."""
    return sum(fits(variant.network, cell.quantity, number) for cell, number in counts)


# letters that name networks


def _are_configurations(table: ClaimTable, rows: Sequence[Row]) -> bool:
    """Whether a letter alone names a network in this table, as configurations A to E of the VGG paper, and not somebody
    else's rows: words say so, or several rows fit their letter."""
    rows = rows[:LETTER_ROWS]
    labels = dict.fromkeys(cell.label for row in rows for cell in row.cells)
    line = table.start.origins[0][0].text
    words = "\n".join([table.title, table.context, line, *(row.name for row in rows), *labels])
    letters = ((row, name.spec) for row in rows for name in find_names(row.name) if name.is_letter)
    return tells_letters(words) or len({spec for row, spec in letters if _has_figure_of(row, spec)}) >= ENOUGH


def _has_figure_of(row: Row, letter: str) -> bool:
    """Whether a number of the row is a published figure of the configuration."""
    spec = load_spec(letter)
    network = build(spec, spec.input, spec.head)
    return network is not None and any(
        fits(network, cell.quantity, number) for cell in row.cells for number in cell.numbers
    )
