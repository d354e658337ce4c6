"""Every literal page in every format, as golden files; and what holds for any page."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import vggstat.render
from tests.render.literal_pages import COMPARE, HOSTILE, LOOKALIKE, PAGES, VERIFY, VGG16
from vggstat.errors import UsageError
from vggstat.render import format_names, render
from vggstat.render.page import (
    RULE,
    Column,
    Listing,
    Page,
    Row,
    Styled,
    Table,
    Target,
    Text,
    cell_value,
    total,
)
from vggstat.render.width import width

Golden = Callable[[str, str], None]

SUFFIXES = {
    "text": "txt",
    "rich": "ansi",
    "markdown": "md",
    "csv": "csv",
    "json": "json",
    "latex": "tex",
    "html": "html",
}
PLAIN = Target(width=110)
TERMINAL = Target(width=110, color=True, terminal=True)


@pytest.mark.parametrize("name", SUFFIXES)
@pytest.mark.parametrize("case", PAGES)
def test_each_page_in_each_format(case: str, name: str, golden: Golden) -> None:
    """A page reads in a format as its golden file shows."""
    golden(f"{case}.{SUFFIXES[name]}", render(PAGES[case], name, TERMINAL if name == "rich" else PLAIN))


@pytest.mark.parametrize("columns", [40, 60, 80, 160, None])
@pytest.mark.parametrize("case", ["vgg16", "compare", "verify", "bars"])
def test_text_at_other_widths(case: str, columns: int | None, golden: Golden) -> None:
    """At narrow widths columns go first and words wrap then; at wide ones there is no more to show."""
    golden(f"{case}.{columns or 'any'}.txt", render(PAGES[case], "text", Target(width=columns)))


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_text_in_other_encodings(encoding: str, golden: Golden) -> None:
    """What an encoding lacks is replaced by what says the same, and the columns still stand in line."""
    text = render(VGG16, "text", Target(width=110, encoding=encoding))

    assert text.encode(encoding)
    golden(f"vgg16.{encoding}.txt", text)


@pytest.mark.parametrize("name", SUFFIXES)
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8", "no-such-encoding"])
def test_no_format_prints_what_the_target_cannot_encode(name: str, encoding: str) -> None:
    """Every format's text can be written in the target's encoding; an unknown one counts as ASCII."""
    for page in PAGES.values():
        text = render(page, name, Target(width=80, encoding=encoding, color=True, terminal=True))

        assert text.encode("ascii" if encoding.startswith("no") else encoding)


@pytest.mark.parametrize("name", SUFFIXES)
def test_no_control_character_passes(name: str) -> None:
    """Escape sequences, NULs and direction marks of a user's text are written out in every format."""
    text = render(HOSTILE, name, PLAIN)

    assert [c for c in text if not c.isprintable() and c not in "\n\t"] == []
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_rich_looks_like_text() -> None:
    """On a terminal the same characters stand in the same places, with colour and bold added."""
    for page in PAGES.values():
        for columns in (60, 110):
            plain = render(page, "text", Target(width=columns))
            styled = render(page, "rich", Target(width=columns, color=True, terminal=True))
            bare = re.sub(r"\x1b\[[0-9;]*m", "", styled)

            assert [line.rstrip() for line in bare.split("\n")] == plain.split("\n")
            assert styled != plain


def test_colours_of_the_lecture() -> None:
    """Memory is red and params blue on a terminal only; without colour bold and dim are left."""
    styled = render(LOOKALIKE, "rich", TERMINAL)

    assert "\x1b[31mmemory: 224*224*3=150K\x1b[0m" in styled
    assert "\x1b[34mparams: (3*3*3)*64 = 1,728\x1b[0m" in styled
    assert "\x1b" not in render(LOOKALIKE, "rich", Target(width=110))
    assert "\x1b[3" not in render(VGG16, "rich", Target(width=110, terminal=True))
    assert "\x1b[1m" in render(VGG16, "rich", Target(width=110, terminal=True))


def test_the_sign_says_what_the_colour_says() -> None:
    """Rows that were added, changed and removed are green, yellow and red, and signed in plain text too."""
    styled = render(COMPARE, "rich", TERMINAL)
    plain = render(COMPARE, "text", PLAIN)

    for sign, colour in (("+", 32), ("~", 33), ("-", 31)):
        assert f" \x1b[{colour}m{sign}\x1b[0m " in styled
        assert f"\n {sign} " in plain


def test_csv_has_raw_values_of_the_main_table() -> None:
    """CSV has the raw cells of the body under the columns' keys; totals are left to the reader."""
    rows = list(csv.DictReader(StringIO(render(VGG16, "csv", PLAIN))))

    assert [row["params"] for row in rows] == ["", "1792", "36928", "", "4097000"]
    assert rows[1]["output_shape"] == "64x224x224"
    assert next(csv.reader(StringIO(render(VERIFY, "csv", PLAIN))))[0] == "sign"


def test_csv_joins_maps_with_an_arrow() -> None:
    """A cell of two maps, before and after, is both of them, channels first."""
    maps = Table(columns=(Column(key="output"),), rows=(Row(cells=(((64, 384, 384), (64, 224, 224)),)),))

    text = render(Page(title="", parts=(maps,)), "csv", PLAIN)

    assert text == "output\n64x384x384 -> 64x224x224\n"


def wide_page(columns: int) -> Page:
    """A page with one table of that many columns of figures, none of which may go."""
    figures = tuple(Column(key=f"c{at}", header=f"network {at}", align="right") for at in range(columns))
    cells = (Row(cells=("parameters", *range(10**8, 10**8 + columns))),)
    sums = (RULE, total("sum of the rows", *range(10**8, 10**8 + columns)))
    table = Table(columns=(Column(key="name"), *figures), rows=cells + sums, title="all", notes=("noted",))
    return Page(title="wide", parts=(table,))


@pytest.mark.parametrize("columns", [3, 7, 40])
@pytest.mark.parametrize("limit", [40, 80, 110])
def test_a_table_too_wide_is_folded(columns: int, limit: int) -> None:
    """No line is wider than the place, every figure is there once in its row, and title and notes are said once."""
    text = render(wide_page(columns), "text", Target(width=limit))
    lines = text.splitlines()

    assert max(map(len, lines)) <= limit
    found = [word for line in lines if line.startswith(" parameters") for word in line.split()[1:]]
    assert found == [f"{number:,}" for number in range(10**8, 10**8 + columns)]
    assert (text.count(" all"), text.count("noted"), text.count("sum of")) == (1, 1, 1)
    assert re.findall(r"network (\d+)", text) == [str(at) for at in range(columns)]


def test_markdown_keeps_sentences_out_of_columns_of_figures() -> None:
    """A total's words stand in the first column of words that they run over, not in that of numbers before it."""
    columns = (Column(key="number", align="right"), Column(key="name"), Column(key="params", align="right"))
    table = Table(columns=columns, rows=(Row(cells=(1, "fc1", 20)), total("16 weight layers", "", 20)))

    lines = render(Page(title="", parts=(table,)), "markdown", PLAIN).splitlines()

    assert lines[-1] == "|     | 16 weight layers |  20 |"


def test_a_listing_gives_way_to_its_narrow_form() -> None:
    """Where a line has no room, the narrower form is shown, and of that the narrower one."""
    narrowest = Listing(text="a b\n")
    listing = Listing(text="aaaaa bbbbb ccccc\n", narrow=Listing(text="aaaaa bbbbb\n", narrow=narrowest))

    for limit, shown in ((20, "aaaaa bbbbb ccccc"), (14, "aaaaa bbbbb"), (8, "a b"), (2, "a b")):
        text = render(Page(title="", parts=(listing,)), "text", Target(width=limit))
        assert text.strip() == shown


def test_a_page_without_tables_has_no_csv() -> None:
    """Where there is nothing to put into CSV, the user is told so."""
    with pytest.raises(UsageError, match="no table"):
        render(Page(title="words", parts=(Text(lines=("only",)),)), "csv", PLAIN)


def test_json_is_what_the_page_gives() -> None:
    """JSON is the page's data and nothing else, computed only for this format."""
    assert json.loads(render(VGG16, "json", PLAIN)) == VGG16.data()
    assert json.loads(render(HOSTILE, "json", PLAIN)) == HOSTILE.data()
    assert json.loads(render(HOSTILE, "json", Target(encoding="ascii"))) == HOSTILE.data()

    def fail() -> Any:
        raise AssertionError("data was asked for")

    for name in SUFFIXES:
        if name != "json":
            render(VGG16.replace(data=fail), name, PLAIN)


@pytest.mark.parametrize("case", PAGES)
def test_html_is_well_formed(case: str) -> None:
    """The HTML page is well-formed, has no script, and each table has a caption and scoped headings."""
    text = render(PAGES[case], "html", PLAIN)
    root = ElementTree.fromstring(text)

    assert not list(root.iter("script"))
    for table in root.iter("table"):
        heads = table.findall("thead/tr/th")
        assert table.find("caption") is not None
        assert heads
        assert all(head.get("scope") == "col" for head in heads)
        for line in table.findall("tbody/tr"):
            assert sum(int(cell.get("colspan", "1")) for cell in line) == len(heads)


def test_an_unknown_format_is_the_users_mistake() -> None:
    """A format that does not exist is refused with the names of those that do."""
    with pytest.raises(UsageError, match="rich, text, markdown, csv, json, latex, html"):
        render(VGG16, "../text", PLAIN)


def test_a_format_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new file with a ``render`` is a new format; files that begin with an underscore are none."""
    assert format_names() == ("rich", "text", "markdown", "csv", "json", "latex", "html")
    formats = Path(vggstat.render.__file__).parent / "formats"
    for path in [*formats.glob("*.py"), Path("shout.py")]:
        (tmp_path / "formats").mkdir(exist_ok=True)
        (tmp_path / "formats" / path.name).touch()
    monkeypatch.setattr(vggstat.render, "__file__", str(tmp_path / "__init__.py"))

    assert format_names()[-1] == "shout"


@pytest.mark.parametrize("name", ["text", "markdown", "csv", "json", "latex", "html", "rich"])
def test_only_colour_needs_rich(name: str) -> None:
    """In a fresh interpreter no format but rich imports rich, and rich does (so that this test can fail)."""
    code = (
        "import sys; from vggstat.render import render; from vggstat.render.page import *;"
        "page = Page(title='t', parts=(Table(columns=(Column(key='a', header='a'),), rows=(row(1),)),));"
        f"render(page, {name!r}, Target(width=80, color=True, terminal=True));"
        "print('rich' in sys.modules, 'decimal' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == [str(name == "rich"), "False"]


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
CELLS = st.one_of(
    st.integers(-(10**12), 10**12), WORDS, st.none(), st.tuples(st.integers(0, 999), st.integers(0, 999))
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Any table of up to six columns and eight rows."""
    count = draw(st.integers(1, 6))
    columns = tuple(
        Column(
            key=f"key{at}",
            header=draw(st.one_of(WORDS, st.tuples(WORDS, WORDS))),
            align=draw(st.sampled_from(["left", "right", "center"])),
            priority=draw(st.integers(0, 3)),
            min_width=draw(st.integers(0, 8)),
            gap=draw(st.integers(1, 3)),
            overhang=draw(st.integers(0, 1)),
        )
        for at in range(count)
    )
    kinds = st.sampled_from(["body", "body", "body", "total", "heading", "note", "rule"])
    rows = st.builds(
        lambda cells, kind, sign: RULE if kind == "rule" else Row(cells=tuple(cells), kind=kind, sign=sign),
        st.lists(CELLS, max_size=count),
        kinds,
        st.sampled_from(["", "", "+", "✓"]),
    )
    return Table(columns=columns, rows=tuple(draw(st.lists(rows, max_size=8))), title=draw(WORDS))


def _unbreakable(table: Table) -> int:
    """A width at which the columns that are never dropped fit for certain, however they are laid out."""
    least = min(column.priority for column in table.columns)
    others = [row for row in table.rows if row.kind not in ("body", "rule")]
    needed = 4 + max([width(repr(text)) for row in others for text in table.texts(row)], default=0)
    for at, column in enumerate(table.columns):
        if column.priority > max(0, least):
            continue
        texts = [*column.header_lines, *(table.texts(row)[at] for row in table.rows)]
        needed += column.gap + max([width(repr(text)) for text in texts], default=0)
    return needed


@settings(max_examples=150, deadline=None)
@given(tables(), st.integers(20, 130))
@example(
    Table(
        columns=(
            Column(key="a", header="\ud7fc\U000101fe\U00010768\U00012544", priority=1, gap=1),
            *(Column(key=key, gap=1) for key in "bcdef"),
        ),
        rows=(total(0, 0, 0, 0, 0, "\U000107bb\U00018cd6"),),
    ),
    20,
)
def test_no_line_is_wider_than_the_place(table: Table, columns: int) -> None:
    """A table's lines fit, unless even the columns that are never dropped do not."""
    columns = max(columns, _unbreakable(table))
    text = render(Page(title="t", parts=(table.replace(title=""),)), "text", Target(width=columns))

    assert max(map(width, text.split("\n"))) <= columns


@settings(max_examples=150, deadline=None)
@given(tables())
def test_every_cell_is_there_where_there_is_room(table: Table) -> None:
    """Without a limit no text of any cell is lost."""
    text = render(Page(title="", parts=(table,)), "text", Target(width=None))

    for row in table.rows:
        for cell in table.texts(row) if row.kind != "rule" else ():
            for word in cell.split():
                assert vggstat.render.width.visible(word) in text


@settings(max_examples=150, deadline=None)
@given(tables())
def test_csv_parses_back_to_the_raw_cells(table: Table) -> None:
    """Whatever the cells are, CSV gives back their raw values."""
    text = render(Page(title="", parts=(table,)), "csv", PLAIN)
    _, *found = csv.reader(StringIO(text))
    signed = [[row.sign] if table.signed else [] for row in table.rows if row.kind == "body"]
    raw = [[_csv(cell) for cell in table.cells(row)] for row in table.rows if row.kind == "body"]

    assert found == [sign + cells for sign, cells in zip(signed, raw, strict=True)]


def _csv(cell: Any) -> str:
    value = cell_value(cell)
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return vggstat.render.width.visible(str(value))


@settings(max_examples=150, deadline=None)
@given(tables())
def test_markdown_rows_have_as_many_cells_as_columns(table: Table) -> None:
    """Every line of a pipe table has the same number of bars that are not escaped."""
    text = render(Page(title="", parts=(table.replace(title=""),)), "markdown", PLAIN)
    lines = [line for line in text.split("\n") if line]

    assert {_bars(line) for line in lines} == {len(table.columns) + table.signed + 1}


def _bars(line: str) -> int:
    bars = 0
    escaped = False
    for character in line:
        bars += character == "|" and not escaped
        escaped = character == "\\" and not escaped
    return bars


@settings(max_examples=150, deadline=None)
@given(tables(), WORDS)
def test_html_of_any_table_is_well_formed(table: Table, words: str) -> None:
    """Whatever the texts are, the HTML is well-formed."""
    page = Page(
        title=words, parts=(table, Text(lines=(words, (words, words))), Listing(text=words)), notes=(words,)
    )

    ElementTree.fromstring(render(page, "html", PLAIN))


@settings(max_examples=100)
@given(tables(), st.integers(1, 60))
def test_nothing_fails_however_narrow(table: Table, columns: int) -> None:
    """Any table at any width gives text, in any encoding."""
    for encoding in ("utf-8", "ascii"):
        render(Page(title="t", parts=(table,)), "text", Target(width=columns, encoding=encoding))


def test_a_row_with_too_many_cells_is_refused() -> None:
    """A row longer than its table's columns is a fault, and is not cut silently."""
    table = Table(columns=(Column(key="a"),), rows=(Row(cells=(1, 2)),))

    with pytest.raises(ValueError, match="2 cells for 1 columns"):
        render(Page(title="", parts=(table,)), "text", PLAIN)


def test_styled_cells_keep_their_value() -> None:
    """A style changes how a cell looks, never what it says."""
    table = Table(
        columns=(Column(key="a", header="a"),), rows=(Row(cells=(Styled(value=5, role="strong"),)),)
    )
    page = Page(title="", parts=(table,))

    assert "5" in render(page, "text", PLAIN)
    assert "**5**" in render(page, "markdown", PLAIN)
    assert "\\textbf{5}" in render(page, "latex", PLAIN)
    assert render(page, "csv", PLAIN) == "a\n5\n"
