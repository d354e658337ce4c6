"""A dialect is a record of patterns: what the engine makes of one that no tool prints."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.check.readers.reading import cells, kinds, make, places, totals
from vggstat.lint.model import ClaimTable
from vggstat.lint.readers.engine import Layout, begins_with_input, named_as_first, runs
from vggstat.lint.readers.layer_words import attributes, find_kind
from vggstat.lint.text import Flow

TOY = Layout(
    name="toy",
    header=re.compile(r"^# layers"),
    row=re.compile(r"(?P<name>\w+)<(?P<type>\w+)> out (?P<shape>\d+x\d+x\d+)(?: as (?P<words>.*))?"),
    fields=(re.compile(r"learns (?P<params>[\d,]+)"), re.compile(r"does (?P<ops>[\d.]+)")),
    labels={"params": "learned"},
    units={"ops": "M"},
    kind=find_kind,
    words=attributes,
    total=re.compile(r"in all (?P<params>[\d,]+)"),
    has_totals=True,
)
TEXT = (
    "# layers\nc1<conv> out 8x8x4 as 3x3 conv, 4 filters\n  learns 112, does 7.2\nc2<conv> out 8x8x4\nlearns 148\n"
    "-----\nin all 260\n"
)


def toy(text: str, layout: Layout = TOY) -> list[ClaimTable]:
    return list(layout.read(make(text, "text")))


def test_groups_are_claims() -> None:
    """A group's name is its quantity; its label and unit are in tables, and words fill in what no group says."""
    (table,) = toy(TEXT)

    assert kinds(table) == ["conv", "conv"]
    assert [(c.quantity, c.flow.text, c.label, c.unit) for c in table.rows[0].cells] == [
        ("shape", "8x8x4", "shape", ""),
        ("params", "112", "learned", ""),
        ("ops", "7.2", "ops", "M"),
        ("channels", "4", "name", ""),
        ("kernel", "3x3", "name", ""),
    ]
    assert totals(table) == [("params", "260", "")]
    assert all(flow == there for flow, there in places(TEXT, table))


def test_a_row_reaches_to_the_next() -> None:
    """What stands on the lines below a head is its own, and what stands below the next head is not."""
    (table,) = toy(TEXT.replace("learns 148\n", ""))

    assert cells(table, 0)[1] == ("params", "112")
    assert cells(table, 1) == [("shape", "8x8x4")]


def test_lines_are_taken_once() -> None:
    """A listing's lines are marked, what stands around it is left to others, and nothing is read twice."""
    section = make(f"Before.\n{TEXT}After.\n", "text")
    list(TOY.read(section))

    assert sorted(section.taken) == list(range(1, 8))
    assert list(TOY.read(section)) == []


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (TEXT + TEXT, [2, 2]),
        (TEXT.replace("# layers\n", "") * 2, [2, 2]),
        (TEXT.replace("-----", "\n" * TOY.gap), [2]),
        (TEXT.replace("c2", "\n" * TOY.gap + "c2"), []),
        ("c1<conv> out 8x8x4\n", []),
        ("", []),
    ],
)
def test_where_a_listing_ends(text: str, rows: list[int]) -> None:
    """At a header, before a row that follows a total, and where lines enough are of something else."""
    assert [len(table.rows) for table in toy(text)] == rows


@pytest.mark.parametrize(
    ("text", "gaps"),
    [
        (TEXT, False),
        (TEXT.replace("c2", "...\nc2"), True),
        (TEXT.replace("in all 260", ""), True),
    ],
)
def test_what_is_missing_is_a_gap(text: str, gaps: bool) -> None:
    """Dots say that rows are left out, and a tool that always prints totals has been cut off without them."""
    assert [table.gaps for table in toy(text)] == [gaps]


@pytest.mark.parametrize(
    ("changes", "text", "rows"),
    [
        ({"proof": re.compile("made by toy")}, TEXT, []),
        ({"proof": re.compile("# layers")}, TEXT, [2]),
        ({"least_layers": 3}, TEXT, []),
        ({"again": named_as_first}, TEXT.replace("c2", "c1") + TEXT, [2]),
        ({"again": begins_with_input, "least": 1}, TEXT.replace("c2<conv>", "in<input>"), [1, 1]),
    ],
)
def test_what_a_listing_needs(changes: dict[str, object], text: str, rows: list[int]) -> None:
    """A proof of the tool, layers enough; a first row that comes again, or an input, begins another."""
    assert [len(table.rows) for table in toy(text, TOY.replace(**changes))] == rows


@pytest.mark.parametrize(
    ("gap", "again", "found"),
    [
        (1, lambda *_: False, [[1, 2], [4]]),
        (2, lambda *_: False, [[1, 2, 4]]),
        (2, lambda now, before: now < before, [[1, 2], [4]]),
    ],
)
def test_stretches_of_lines(gap: int, again: Callable[[str, str], bool], found: list[list[int]]) -> None:
    """Lines near one another are a stretch, unless what was made of one says that another begins."""
    section = make("-\nb\nc\n-\na", "text")

    def read(line: Flow) -> str | None:
        return line.text if line.text.isalpha() else None

    assert [[index for index, _ in run] for run in runs(section, read, gap, again)] == found
