"""How many slips ``vggstat check`` finds, and how many right numbers it flags.

    python tests/benchmarks/check_mutations.py [DIALECT] [--every N] [--missed]

Right documents of every dialect, configuration, input and head are checked: no finding may come. Then one thing
at a time is changed, and a finding on the changed line has to come. Both figures are printed.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.check.generate import Case, Claimed, claims, documents, plain
from vggstat.lint.config import Settings
from vggstat.lint.engine import check_text
from vggstat.lint.numbers import Number, claim_parts

SETTINGS = Settings()


class Mutant(NamedTuple):
    """One change: which kind, on which 0-based line, and the whole text."""

    kind: str
    line: int
    before: str
    after: str
    text: str


def digit_slips(text: str, random_: random.Random) -> Iterator[tuple[str, str]]:
    """The claim with one digit changed, two swapped, one dropped, one doubled, and its unit changed."""
    places = [i for i, char in enumerate(text) if char.isdigit()]
    i = random_.choice(places)
    other = random_.choice(
        [d for d in "0123456789" if d != text[i] and not (d == "0" and _leads(text, i))] or ["9"]
    )
    yield "digit changed", text[:i] + other + text[i + 1 :]
    swaps = [i for i in places if i + 1 < len(text) and text[i + 1].isdigit() and text[i] != text[i + 1]]
    if swaps:
        i = random_.choice(swaps)
        yield "digits swapped", text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    drops = [
        i
        for i in places
        if re.search(r"\d", text[i + 1 : i + 2]) or re.search(r"\d", text[i - 1 : i] if i else "")
    ]
    if drops:
        i = random_.choice(drops)
        yield "digit dropped", text[:i] + text[i + 1 :]
    i = random_.choice(places)
    yield "digit doubled", text[:i] + text[i] + text[i:]
    if re.search(r"\d[KM]\b", text):
        yield "unit changed", text.replace("M", "K") if "M" in text else text.replace("K", "M")


def _leads(text: str, i: int) -> bool:
    return i == 0 or not text[i - 1].isdigit()


def mutants(case: Case, random_: random.Random) -> Iterator[Mutant]:
    """Changed copies of a right document."""
    marked = claims(case.text)
    lines = plain(case.text).split("\n")
    for claim in marked:
        if not re.search(r"\d", claim.text):
            continue
        for kind, after in digit_slips(claim.text, random_):
            if after != claim.text and not _still_right(claim.text, after):
                yield Mutant(kind, claim.line, claim.text, after, _with(lines, claim, after))
    yield from _neighbours(marked, lines)
    yield from _row_slips(lines, marked)


def _with(lines: list[str], claim: Claimed, after: str) -> str:
    line = lines[claim.line]
    changed = line[: claim.start] + after + line[claim.end :]
    return "\n".join([*lines[: claim.line], changed, *lines[claim.line + 1 :]])


def _still_right(before: str, after: str) -> bool:
    """Whether the change leaves a number that is the same rounded or truncated (``138M`` and ``138.M``)."""
    a, b = claim_parts(before), claim_parts(after)
    if not a or not b or len(a) != len(b):
        return False
    return all(_same(x, y) for x, y in zip(a, b, strict=True))


def _same(x: object, y: object) -> bool:
    if isinstance(x, Number) and isinstance(y, Number):
        r = x.readings[0]
        near = (1000 * r.mantissa + part for part in (-490, 0, 490)) if r.decimals else ()
        scale = 1000 * 10**r.decimals
        if any(
            s.admits(value * x.unit.decimal, scale * y.unit.decimal, 0)
            for value in near
            for s in y.readings[:1]
        ):
            return True  # the same value, truncated or rounded to fewer digits
        return any(r == s for r in x.readings[:1] for s in y.readings[:1]) and x.unit == y.unit
    return getattr(x, "atoms", 0) == getattr(y, "atoms", 1)


def _neighbours(marked: list[Claimed], lines: list[str]) -> Iterator[Mutant]:
    """The value of the same column in the next row that has another one."""
    by_line: dict[int, list[Claimed]] = {}
    for claim in marked:
        by_line.setdefault(claim.line, []).append(claim)
    rows = sorted(by_line)
    for row, after in pairwise(rows):
        if len(by_line[row]) != len(by_line[after]):
            continue
        for mine, theirs in zip(by_line[row], by_line[after], strict=True):
            if mine.text != theirs.text and not ("=" in mine.text) ^ ("=" in theirs.text):
                yield Mutant(
                    "neighbour's value", row, mine.text, theirs.text, _with(lines, mine, theirs.text)
                )


def _row_slips(lines: list[str], marked: list[Claimed]) -> Iterator[Mutant]:
    """A row of a layer left out, and two neighbours swapped."""
    rows = [
        n
        for n in sorted({claim.line for claim in marked})
        if re.search(r"conv|pool|FC|fc|Dense|Linear", lines[n], re.I)
    ]
    for n in rows:
        if re.search(r"total|bytes|size \(|has |layers", lines[n], re.I) or re.search(
            r"Sequential|ReLU|Dropout", lines[n]
        ):
            continue
        yield Mutant("row missing", n, lines[n], "", "\n".join([*lines[:n], *lines[n + 1 :]]))
    for n, m in pairwise(rows):
        if m != n + 1 or lines[n] == lines[m] or re.search(r"total|has |layers|Sequential", lines[m], re.I):
            continue
        bare = [
            re.sub(r"block\d_\w+|fc\d|predictions|[A-Za-z0-9]+-\d+|2-\d+|\(\d+\)", "", text)
            for text in (lines[n], lines[m])
        ]
        if bare[0].split() != bare[1].split():
            yield Mutant(
                "rows swapped",
                n,
                lines[n],
                lines[m],
                "\n".join([*lines[:n], lines[m], lines[n], *lines[m + 1 :]]),
            )


def _near(mutant: Mutant, lines: list[str]) -> range:
    """The lines (1-based) on which a finding is right: of a missing row those around its gap, which no one can tell
    among equal neighbours."""
    if not mutant.kind.startswith("row"):
        return range(mutant.line + 1, mutant.line + 2)
    first = last = mutant.line
    if mutant.kind == "row missing":
        bare = [re.sub(r"block\d_\w+|[A-Za-z0-9]+-\d+|\(\d+\)", "", line) for line in lines]
        while first and (bare[first - 1] == bare[mutant.line] or not re.search(r"\d", bare[first - 1])):
            first -= 1
        while last + 1 < len(bare) and bare[last + 1] == bare[mutant.line]:
            last += 1
    return range(first - 1, last + 3)


def findings(text: str, suffix: str) -> list[tuple[int, str, str, str]]:
    result = check_text(f"doc{suffix}", text.encode(), SETTINGS)
    return [(f.place.line, f.code, f.text, f.message) for f in result.findings]


def main() -> None:
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    every = int(next((word.split("=")[1] for word in sys.argv if word.startswith("--every=")), "1"))
    show = "--missed" in sys.argv
    random_ = random.Random(1409_1556)
    right: Counter[str] = Counter()
    false: Counter[str] = Counter()
    tried: Counter[tuple[str, str]] = Counter()
    caught: Counter[tuple[str, str]] = Counter()
    exact: Counter[tuple[str, str]] = Counter()
    count = 0
    for case in documents(words[0] if words else ""):
        text = plain(case.text)
        right[case.dialect] += 1
        result = check_text(f"doc{case.suffix}", text.encode(), SETTINGS)
        if not result.judgements:
            print(f"NOTHING READ {case.name}")
        for finding in result.findings:
            false[case.dialect] += 1
            print(
                f"FALSE {case.name}: {finding.place.line}: {finding.code} {finding.text!r} -> "
                f"{finding.expected} {finding.message}"
            )
        for mutant in mutants(case, random_):
            count += 1
            if count % every:
                continue
            key = (case.dialect, mutant.kind)
            tried[key] += 1
            found = findings(mutant.text, case.suffix)
            near = _near(mutant, plain(case.text).split("\n"))
            hit = any(line in near for line, *_ in found)
            caught[key] += bool(found)
            exact[key] += hit
            if not hit and show:
                print(
                    f"MISSED {case.name}: {mutant.kind} line {mutant.line + 1}: {mutant.before!r} -> "
                    f"{mutant.after!r} {found[:2]}"
                )
    print(f"\nright documents: {sum(right.values())}, false findings: {sum(false.values())}")
    dialects = dict.fromkeys(dialect for dialect, _ in tried)
    for dialect in dialects:
        keys = [key for key in tried if key[0] == dialect]
        n, h, f = (sum(table[key] for key in keys) for table in (tried, exact, caught))
        detail = ", ".join(f"{k[1]} {exact[k]}/{tried[k]}" for k in keys if exact[k] < tried[k])
        print(
            f"  {dialect:<22} {n:>7} mutants, {h / n:7.2%} on the right line, {f / n:7.2%} anywhere   {detail}"
        )
    n, h = sum(tried.values()), sum(exact.values())
    print(f"mutants: {n}, flagged on the right line: {h} ({h / max(n, 1):.2%})")


if __name__ == "__main__":
    main()
