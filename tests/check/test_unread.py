"""How much of a document is unread: numbers that look like figures of networks and that no reader has taken."""

from __future__ import annotations

import json
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from vggstat.lint.rule_examples import KERAS, OPERATIONS, TORCHSUMMARY
from vggstat.lint.sections import sections
from vggstat.lint.source import open_document
from vggstat.lint.unread import find_unread
from vggstat.render.findings import FORMATS, Style, Tally, find_format

from .support import check

SCHEMA = Path(__file__).parents[3] / "shared" / "sarif-schema-2.1.0.json"
UNREAD = "The parameters of my own network: 25,557,032 (25.5M).\n"


def looks_like_figures(text: str) -> list[str]:
    """The figures of a text, whatever readers make of it."""
    parts = list(sections(open_document("notes.txt", text.encode())))
    return [number.text for number in find_unread(parts, [])]


def unread(text: str, name: str = "notes.md") -> list[str]:
    """The numbers that are not read, each of which stands where its place says."""
    result = check(text, name)
    for number in result.unread:
        line = result.lines[number.place.line - 1]
        assert line[number.place.column - 1 : number.place.end_column - 1] == number.text
    return [number.text for number in result.unread]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Parameters of it: 25,557,032.", ["25,557,032"]),
        ("Parameters of it: 25557032.", ["25557032"]),
        (
            "Parameters of it: 25.557.032, 25 557 032 and 25_557_032.",
            ["25.557.032", "25 557 032", "25_557_032"],
        ),
        ("It needs 4.1G FLOPs, 98 MB of memory, 7B parameters.", ["4.1G", "98 MB", "7B"]),
        ("It has 25.5 million parameters.", ["25.5 million"]),
        ("weights there: 3*3*96*112 = 96,768", ["3*3*96*112 = 96,768"]),
        ("参数量为25557032，计算量4.1G", ["25557032", "4.1G"]),
        # no words of figures, or too far from them
        ("It has 25,557,032 users.", []),
        ("Many parameters. " + "And so on. " * 10 + "It was cited 25,557 times.", []),
        # years, dates, times, versions, hashes, percentages, addresses, names, ranges, shapes
        ("Parameters in 2014, on 2014-09-04, 12/2014, at 14:11:04,190.", []),
        ("Memory of v1.13.1 at commit 3fa9c1245 (parameters: 71.592%, 99.1234 %).", []),
        ("Weights at https://example.org/1234567 and #12345; NET-10000 and 1000-2000 parameters.", []),
        ("Memory of 224x224x3 and 1x3x224x224 maps.", []),
        ("I0412 09:31:17.101165  2211 net.cpp:165] Memory required", []),
    ],
)
def test_what_looks_like_a_figure(text: str, expected: list[str]) -> None:
    """Numbers by their form and the words beside them."""
    assert looks_like_figures(text) == expected


def test_columns_under_words_of_figures() -> None:
    """A header makes its column; with a unit, every number of it; other columns stay out, and so do percentages."""
    text = (
        "| Model | Params (M) | FLOPs | Top-1 | Images |\n|---|---|---|---|---|\n"
        "| FooNet | 25.6 | 4,100,000,000 | 76.15 | 1281167 |\n| BarNet | 9.25 | 2.1G | 7,1592 | 1281167 |\n"
    )

    assert unread(text) == ["25.6", "4,100,000,000", "9.25", "2.1G"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", 'net,about,params\nfoo,"a, b",25557032\n'),
        ("a.csv", "net;params\nfoo;25557032\n"),
        ("a.tsv", "net\tparams\nfoo\t25557032\n"),
        ("a.txt", "Name        Params\n====\nfoo       25557032\n"),
        ("a.tex", "Name & Params \\\\\nfoo & 25557032 \\\\\n"),
        ("a.html", "<table><tr><th>Net</th><th>Params</th></tr>\n<tr>\n<td>foo</td>\n<td>25557032</td>\n</tr></table>"),
        ("a.ipynb", json.dumps({"cells": [{"cell_type": "markdown", "source": ["|a|params|\n", "|foo|25557032|\n"]}]})),
    ],
)  # fmt: skip
def test_columns_of_every_kind_of_document(name: str, text: str) -> None:
    """However cells are parted, the number stands at its place in the file."""
    assert unread(text, name) == ["25557032"]


@pytest.mark.parametrize("text", [KERAS, OPERATIONS, TORCHSUMMARY, "VGG-16 has 138M parameters.\n", ""])
def test_what_is_read_is_not_unread(text: str) -> None:
    """The examples are read whole."""
    assert unread(text) == []


def test_the_reason_says_what_was_not_understood() -> None:
    """A line, a part of one, a table, a column."""
    parts = list(
        sections(
            open_document("notes.md", b"| a | params |\n|---|---|\n| b | 25557032 |\n\nparameters: 98 MB\n")
        )
    )
    first = [number.reason for number in find_unread(parts, [])]
    near = "VGG-16 has 138M parameters, see the note.\n"
    judged = check(near).judgements
    parts = list(
        sections(open_document("notes.md", (near[:-1] + " Parameters of mine: 25557032\n").encode()))
    )

    assert first == ["no reader knows this table", "no reader knows this line"]
    assert [(number.text, number.reason) for number in find_unread(parts, judged)] == [
        ("25557032", "this part of the line is not read")
    ]


def test_the_summary_says_how_much_is_unread() -> None:
    """In plain words, in the counts for machines, and where nothing is read at all."""
    results = [check("VGG-16 has 138M parameters.\n"), check(UNREAD)]
    concise = "".join(find_format("concise")(results, Tally(), Style()))

    assert concise.startswith("1 number read, 2 not, in 1 table of 2 files: 1 right. ")
    assert json.loads("".join(find_format("json")(results, Tally(), Style())))["summary"]["unread"] == 2
    alone = "".join(find_format("concise")([check(UNREAD)], Tally(), Style()))
    assert alone.endswith("; 2 numbers look like figures but could not be read.\n")


LEFT = f"Notes.\n\n{UNREAD}"


def shown(name: str, style: Style) -> str:
    return "".join(find_format(name)([check(LEFT)], Tally(), style))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_lists_what_is_unread(name: str) -> None:
    """With --show-unchecked each number stands there with its reason; without it, none."""
    assert "no reader knows this line" in shown(name, Style(show_unchecked=True))
    assert "no reader knows this line" not in shown(name, Style())


def test_listing_what_is_unread_keeps_each_format_valid() -> None:
    """JSON, JSON lines, JUnit, GitLab and SARIF can be read by what reads them, and nothing in them counts as a problem."""
    style = Style(show_unchecked=True, strict=True)
    lines = [json.loads(line) for line in shown("jsonl", style).splitlines()]
    (case,) = ET.fromstring(shown("junit", style)).iter("testcase")
    entries = json.loads(shown("gitlab", style))
    log = json.loads(shown("sarif", style))

    assert [line["text"] for line in lines if line["type"] == "unread"] == ["25,557,032", "25.5M"]
    assert [child.tag for child in case] == ["system-out"]
    assert {(entry["severity"], entry["check_name"]) for entry in entries} == {("info", "unread")}
    assert len({entry["fingerprint"] for entry in entries}) == len(entries) == 2
    assert {(result["kind"], result["level"]) for result in log["runs"][0]["results"]} == {
        ("notApplicable", "none")
    }
    assert shown("github", style).count("::notice file=notes.md,line=3,") == 2
    if not SCHEMA.exists():
        pytest.skip(f"no schema at {SCHEMA}: the project carries no copy")
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert list(jsonschema.validators.validator_for(schema)(schema).iter_errors(log)) == []


@pytest.mark.parametrize(
    "piece",
    [
        "params ",
        "params 1,234 x 1,234 + 1 ",
        "1 x ",
        "((((1",
        "1'1",
        "params | flops\n1 | 2\n",
        "1  ",
        "<td>params 12345",
    ],
)
def test_it_takes_time_in_proportion_to_the_text(piece: str) -> None:
    """Whatever is repeated, 200,000 characters take well under a second, and twice as many no more than about twice that."""
    spent = []
    for length in (100_000, 200_000, 400_000):
        text = "params (M)\n" + piece * (length // len(piece))
        parts = list(sections(open_document("notes.md", text.encode())))
        runs = []
        for _ in range(3):  # the least of them: another process or the collector may have had its turn
            start = time.process_time()
            find_unread(parts, [])
            runs.append(time.process_time() - start)
        spent.append(min(runs))

    assert spent[1] < 1.5
    assert spent[2] < 0.1 or spent[2] < 3.5 * spent[1]
