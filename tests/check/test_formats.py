"""Findings in every format: stable for machines, readable for people."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from vggstat.errors import UsageError
from vggstat.lint.rule_examples import LECTURE, swap
from vggstat.render.findings import FORMATS, Style, Tally, find_format

from .support import check

DOCUMENT = "VGG-16 has 183M parameters, 100 % sure,\nand VGG-19 needs 19.6 GFLOPs.\n"
SCHEMA = Path(__file__).parents[3] / "shared" / "sarif-schema-2.1.0.json"


def written(name: str, text: str = DOCUMENT, style: Style | None = None, path: str = "notes.md") -> str:
    return "".join(find_format(name)([check(text, path)], Tally(), style or Style()))


def test_an_unknown_format_is_refused() -> None:
    """The known ones are listed."""
    with pytest.raises(UsageError, match="sarif"):
        find_format("yaml")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_something_without_findings(name: str) -> None:
    """A clean document and an empty one end in a complete output."""
    assert written(name, "VGG-16 has 138M parameters.\n")
    assert written(name, "")


def test_json_follows_its_schema() -> None:
    """Files, tables, findings and summary have the documented keys, and clean files are listed too."""
    data = json.loads(written("json"))

    assert data["schema"] == 1
    (file,) = data["files"]
    assert file["path"] == "notes.md"
    first = file["findings"][0]
    assert {
        key: first[key] for key in ("code", "severity", "line", "column", "end_column", "text", "expected")
    } == {
        "code": "V210",
        "severity": "error",
        "line": 1,
        "column": 12,
        "end_column": 16,
        "text": "183M",
        "expected": "138M",
    }
    assert {"dialect", "line", "spec", "input", "classes", "convention", "claims"} <= set(file["tables"][0])
    assert data["summary"]["errors"] == 1
    assert data["summary"]["warnings"] == 1
    assert data["summary"]["files"] == 1
    assert json.loads(written("json", "nothing"))["files"] == [
        {"path": "notes.md", "tables": [], "findings": []}
    ]


def test_every_finding_says_how_certain_it_is_and_why() -> None:
    """JSON and JSON lines: one of 22 weights is wrong by one digit, and the other 21 agree with the network."""
    text = swap(LECTURE, "(3*3*256)*256 = 589,824", "(3*3*256)*256 = 589,834")
    (finding,) = json.loads(written("json", text))["files"][0]["findings"]
    (line,) = [
        line for line in map(json.loads, written("jsonl", text).splitlines()) if line["type"] == "finding"
    ]

    assert 0.65 <= finding["confidence"] < 1
    assert finding["evidence"]["column"] == {"agree": 21, "differ": 1}
    assert finding["evidence"]["row"] == {"agree": 4, "differ": 1}
    assert finding["evidence"]["slip"] == "one digit differs"
    assert set(finding["evidence"]) == {"column", "row", "table", "slip", "bound", "rivals"}
    assert {key: line[key] for key in finding} == finding


def test_findings_about_markers_are_certain_and_need_no_evidence() -> None:
    """Confidence 1, no evidence, no line about it."""
    text = "<!-- vggstat: list -->\n"
    (finding,) = json.loads(written("json", text))["files"][0]["findings"]

    assert (finding["code"], finding["confidence"], finding["evidence"]) == ("V912", 1.0, None)
    assert "agree" not in written("full", text)
    (result,) = json.loads(written("sarif", text))["runs"][0]["results"]
    assert result["rank"] == 100
    assert "properties" not in result


def test_sarif_ranks_by_confidence() -> None:
    """The rank is a hundred times the confidence, and the evidence is a property."""
    for result, finding in zip(
        json.loads(written("sarif"))["runs"][0]["results"],
        json.loads(written("json"))["files"][0]["findings"],
        strict=True,
    ):
        assert result["rank"] == round(100 * finding["confidence"], 1)
        assert result.get("properties", {}).get("evidence") == finding["evidence"]


def test_full_says_what_speaks_for_a_finding() -> None:
    """One line in plain words; the slip is not said twice, and a sentence has no column."""
    text = swap(LECTURE, "(3*3*256)*256 = 589,824", "(3*3*256)*256 = 589,834")
    lines = written("full", text).splitlines()

    assert "   │ 21 of 22 numbers in this column agree; one digit differs" in lines
    assert sum("one digit differs" in line for line in lines) == 1
    assert "column" not in written("full", "VGG-16 has 183M parameters, 13 conv layers and 3 FC layers.\n")


def test_json_can_list_what_is_right() -> None:
    """--show-passes adds the right numbers, each with its convention."""
    data = json.loads(written("json", "VGG-16 has 138M parameters.\n", Style(show_passes=True)))

    assert data["files"][0]["passes"][0]["text"] == "138M"


def test_jsonl_is_one_object_a_line() -> None:
    """Every line is JSON of a stated type, and the last is the summary."""
    lines = [json.loads(line) for line in written("jsonl").splitlines()]

    assert [line["type"] for line in lines][-1] == "summary"
    assert sum(line["type"] == "finding" for line in lines) == 2


def test_concise_is_one_line_a_finding() -> None:
    """Path, line, column, code, severity, message."""
    assert written("concise").splitlines()[0].startswith("notes.md:1:12: V210 error: ")


def test_full_shows_the_line_and_a_caret() -> None:
    """The source line stands above a caret that is as wide as the number."""
    lines = written("full").splitlines()

    assert " 1 │ VGG-16 has 183M parameters, 100 % sure," in lines
    assert "   │            ^^^^ expected 138M" in lines


def test_full_escapes_control_characters() -> None:
    """A document cannot send commands to the terminal."""
    assert "\x1b" not in written("full", "\x1b[31mVGG-16 has 183M parameters\n")


def test_github_escapes_its_text() -> None:
    """Percent signs and line ends of messages are escaped; a path's colon is too."""
    text = written("github", "VGG-16 has 183M parameters\n", path="a:b,c.md")

    assert text.startswith("::error file=a%3Ab%2Cc.md,line=1,col=12,endColumn=16,title=vggstat V210::")


def test_warnings_are_errors_under_strict() -> None:
    """GitHub, JUnit and SARIF show warnings as errors under --strict."""
    style = Style(strict=True)

    assert "::warning" not in written("github", style=style)
    assert written("junit", style=style).count("<failure") == 2
    assert '"level": "warning"}' not in written("sarif", style=style).split('"results"')[1]


def test_gitlab_fingerprints_do_not_depend_on_lines() -> None:
    """A finding keeps its fingerprint when text is put before it, and two equal findings have two."""
    first = json.loads(written("gitlab", "VGG-16 has 183M parameters\n"))
    moved = json.loads(written("gitlab", "\n\nVGG-16 has 183M parameters\n"))
    twice = json.loads(written("gitlab", "VGG-16 has 183M parameters\n\nVGG-16 has 183M parameters\n"))

    assert first[0]["fingerprint"] == moved[0]["fingerprint"]
    assert len({entry["fingerprint"] for entry in twice}) == 2


def test_junit_is_xml() -> None:
    """A test case a file, a failure an error."""
    root = ET.fromstring(written("junit", "VGG-16 has 183M parameters <&\x07\n"))

    assert len(root.findall(".//testcase")) == 1
    assert len(root.findall(".//failure")) == 1


@pytest.mark.parametrize("name", ["notes.md", "-", "a b/ü.md"])
def test_sarif_follows_the_standard(name: str) -> None:
    """The log is valid against the schema of SARIF 2.1.0 where that file is at hand."""
    log = json.loads(written("sarif", path=name))

    assert log["version"] == "2.1.0"
    results = log["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == ["V210", "V602"]
    assert not any("fixes" in result for result in results)
    if not SCHEMA.exists():
        pytest.skip(f"no schema at {SCHEMA}: the project carries no copy")
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    errors = list(jsonschema.validators.validator_for(schema)(schema).iter_errors(log))
    assert errors == []
