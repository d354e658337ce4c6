"""Numbers that ``--fix`` rewrites: only what is certain, in the form of what stood there, and never into something wrong."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vggstat.cli import main as program
from vggstat.cli.blocks import render_block
from vggstat.lint.config import Settings
from vggstat.lint.engine import FileResult, check_document
from vggstat.lint.number_fixes import CERTAIN, Fixed, fix_numbers
from vggstat.lint.rule_examples import KERAS, LECTURE, OPERATIONS, swap
from vggstat.lint.source import Document, open_document

from .generate import Case, claims, documents, plain
from .support import check

CSV = (Path(__file__).parent / "documents" / "layers-wrong.csv").read_text(encoding="utf-8")
WRONG = swap(LECTURE, "(3*3*256)*256 = 589,824", "(3*3*256)*256 = 589,834")


def fixed(text: str, name: str = "notes.md") -> Fixed:
    """The text with its certain numbers rewritten."""
    document = open_document(name, text.encode())

    def lint(changed: str) -> FileResult:
        return check_document(document._replace(text=changed), Settings(), render_block)

    return fix_numbers(document, lint(text).findings, lint)


@pytest.mark.parametrize(
    ("right", "before", "after"),
    [
        (LECTURE, "(3*3*256)*256 = 589,824", "(3*3*256)*256 = 589,834"),  # one digit
        (LECTURE, "(3*3*256)*256 = 589,824", "(3*3*256)*256 = 598,824"),  # two digits in the wrong order
        (LECTURE, "(3*3*256)*256 = 589,824", "(3*3*256)*256 = 58,824"),  # one missing
        (LECTURE, "(3*3*128)*128 = 147,456", "(3*3*128)*128 = 14,7456"),  # a separator in the wrong place
        (
            LECTURE,
            "[14x14x512] memory: 14*14*512=100K weights: 0",
            "[14x14x521] memory: 14*14*512=100K weights: 0",
        ),
        (LECTURE, "CONV3-256:", "CONV3-265:"),
        (KERAS, "2359808", "2359880"),
        (KERAS, "(None, 224, 224, 3)", "(None, 244, 224, 3)"),
        (KERAS, "Total params: 14,714,688", "Total params: 14,714,668"),
        (OPERATIONS, "1,849,688,064", "1,849,688,046"),
    ],
)
def test_a_slip_is_put_right(right: str, before: str, after: str) -> None:
    """Of one digit, of two, of a separator: the text is what it was before the slip."""
    slipped = swap(right, before, after)

    assert fixed(slipped) == Fixed(right, 1)
    assert fixed(right) == Fixed(right, 0)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("VGG-16 has 183M parameters.\n", "nothing else in the document bears it out"),
        ("VGG-16 takes float32 535 MB.\n", "nothing else in the document bears it out"),
        ("3 x 3 x 512 x 512 = 2,359,808\n", "a product may be wrong on either side"),
        (swap(LECTURE, "28*28*512=400K", "28*28*512=500K"), "400K and 401K are both right"),
        (swap(LECTURE, "28*28*512=400K", "28*28*512=402K"), "400K and 401K are both one slip from it"),
        (swap(KERAS, "2359808", "2359296"), "it is right as weights"),
        (swap(KERAS, "2359808", "1000000"), "no slip leads there"),
        ("The first two blocks of VGG-16 contain 3 conv layers.\n", "a count of one digit"),
    ],
)
def test_what_is_not_certain_stays(text: str, why: str) -> None:
    """Whatever the finding says should stand there."""
    assert fixed(text) == Fixed(text, 0), why


def test_several_slips_are_put_right_together() -> None:
    """Two in different columns of a large table."""
    text = swap(swap(WRONG, "CONV3-64:", "CONV3-46:"), "4096*1000 = 4,096,000", "4096*1000 = 4,069,000")
    got = fixed(text)

    assert check(got.text).findings == () or got.text == text
    assert got.text in (text, LECTURE)


def test_the_number_of_cells_stays() -> None:
    """A table's separators: a number in quotation marks keeps its own, and one without gets none."""
    got = fixed(CSV, "layers.csv").text
    rows = list(zip(CSV.splitlines(), got.splitlines(), strict=True))

    assert got != CSV
    assert all(before.count(",") == after.count(",") for before, after in rows)
    bare = CSV.replace('"2,359,880"', "2359880")
    assert "2359880" in bare
    assert fixed(bare, "layers.csv").text.count(",") == bare.count(",")
    plain = re.sub(r'"([\d,]+)"', lambda match: match[1].replace(",", ""), CSV)
    assert fixed(plain, "layers.csv").text == plain.replace("2359880", "2359808")


@pytest.mark.parametrize(
    ("printed", "expected", "before", "after", "kept"),
    [
        ("589,834", "589,824", "= ", " weights", True),
        ("553 MB", "535 MB", "float32 ", "", True),
        ("32 553 MB", "553 MB", "float", "", False),  # the end of a word
        ("589,834", "589,824", "1,", "", False),  # the end of a longer number
        ("589,834", "589,824", "", ",000", False),  # its beginning
        ("589834", "589,824", "a,", ",b", False),  # a separator that would make a cell of it
        ("138.3M", "138M", "", "", False),  # other decimals
        ("138.3M", "138.4 M", "", "", False),  # another word
        ("1,782K", "1,792K", "", "", False),  # 1,792 thousand, or not quite two
        ("12 345", "12 346", "", "", False),  # one number, or two
        ("５８９,834", "589,824", "", "", False),  # other digits
    ],
)
def test_the_form_of_a_number_stays(printed: str, expected: str, before: str, after: str, kept: bool) -> None:
    """Unit, separators, decimals and what stands around it: where any of it would change, nothing does."""
    (finding,) = check(WRONG).findings
    text = f"{before}{printed}{after}\n"
    place = finding.place._replace(line=1, column=len(before) + 1, end_column=len(before) + len(printed) + 1)
    finding = finding.replace(
        text=printed, expected=expected, place=place, message=f"it is {expected}", confidence=CERTAIN
    )
    calm = check("")

    def lint(changed: str) -> FileResult:
        """As if the new number were right, and the old one wrong."""
        right = check("VGG-16 has 138M parameters.\n")
        return right if changed != text else calm.replace(findings=(finding,))

    got = fix_numbers(Document("a.md", text, "utf-8", "markdown", ()), [finding], lint)
    assert got.text == (f"{before}{expected}{after}\n" if kept else text)


def test_nothing_is_written_that_a_second_check_finds_wrong() -> None:
    """A finding that stays, a new one, or a number that is no longer judged: the text stays as it was."""
    document = open_document("notes.md", WRONG.encode())
    result = check(WRONG)
    other = result.findings[0].replace(code="V301")
    for wrong in (
        result,
        check(LECTURE).replace(findings=(other,)),
        check(LECTURE).replace(findings=(), judgements=()),
    ):
        results = iter([result, *[wrong] * 9])
        assert fix_numbers(document, result.findings, lambda _: next(results)) == Fixed(WRONG, 0)  # noqa: B023


def test_programs_stay() -> None:
    """A number in code is what the program does; in a comment it is a document's."""
    comment = "".join(f"# {line}\n" for line in swap(KERAS, "2359808", "2359880").splitlines())
    source = [
        {
            "cell_type": "code",
            "outputs": [],
            "source": swap(KERAS, "2359808", "2359880").splitlines(keepends=True),
        }
    ]

    assert fixed(comment, "a.py").text == comment.replace("2359880", "2359808")
    assert fixed(json.dumps({"cells": source}, indent=1), "a.ipynb").numbers == 0


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("joined", [True, False])
def test_notebooks(indent: int | None, joined: bool) -> None:
    """A number in a cell or an output is rewritten where it stands; every other byte of the file stays."""
    lines = swap(KERAS, "2359808", "2359880").splitlines(keepends=True)
    source = "".join(lines) if joined else lines
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# VGG-16 — ü\n"]},
        {
            "cell_type": "code",
            "outputs": [{"output_type": "stream", "text": source}],
            "source": "model.summary()",
        },
    ]
    text = json.dumps({"cells": cells}, indent=indent)

    assert fixed(text, "a.ipynb").text == text.replace("2359880", "2359808")


def test_blocks_and_what_is_ignored_stay() -> None:
    """What a command prints is not ours to change by hand, nor what a comment silences."""
    silent = f"<!-- vggstat: ignore -->\n{WRONG}"
    broken = f"<!-- vggstat: list -->\n\n{WRONG}"
    held = f"<!-- vggstat: table D --style cs231n -->\n```text\n{WRONG}```\n<!-- /vggstat -->\n"

    assert [fixed(text).numbers for text in (silent, broken, held)] == [0, 0, 0]


# From the command line


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as stop:
        program.main(["check", *words])
    return int(stop.value.code or 0)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_every_other_byte_of_the_file_stays(end: str, mark: bytes, here: Path) -> None:
    """Line ends, the mark before the text, trailing blanks; and a second run has nothing left to do."""
    text = f"caf\xe9  {end}{WRONG.replace(chr(10), end)}\t "
    (here / "a.md").write_bytes(mark + text.encode())

    assert run("a.md", "--fix") == 0
    assert (here / "a.md").read_bytes() == mark + text.replace("589,834", "589,824").encode()
    assert run("a.md") == 0


def test_the_summary_says_what_was_fixed_and_what_is_left(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The number that is not certain stays, and is told."""
    text = f"{WRONG}\n# Another one\n\nVGG-19 has 134M parameters.\n"
    (here / "a.md").write_text(text)

    assert run("a.md", "--diff", "--format", "concise") == 1
    shown = capsys.readouterr().out
    assert "-CONV3-256: [56x56x256] memory: 56*56*256=800K weights: (3*3*256)*256 = 589,834\n" in shown
    assert shown.endswith("1 number would be fixed, 1 finding left for you to decide.\n")
    assert (here / "a.md").read_text() == text
    assert run("a.md", "--fix", "--format", "json") == 1
    data = json.loads(capsys.readouterr().out)
    assert data["summary"]["fixed"] == 1
    assert [finding["text"] for finding in data["files"][0]["findings"]] == ["134M"]
    assert (here / "a.md").read_text() == text.replace("589,834", "589,824")


@pytest.mark.parametrize("words", [("--ignore", "V201"), ("--select", "5"), ("--min-confidence", "1")])
def test_what_is_not_shown_is_not_fixed(words: tuple[str, str], here: Path) -> None:
    """Whoever silences a rule does not want its fixes either."""
    (here / "a.md").write_text(WRONG)

    assert run("a.md", "--fix", *words) == 0
    assert (here / "a.md").read_text() == WRONG


# Whatever slips


@cache
def _cases() -> tuple[Case, ...]:
    """Documents of every dialect about two networks."""
    return tuple(
        case
        for case in documents(deep=False)
        if case.name.rsplit(": ", 1)[-1] in ("A", "D") or ": " not in case.name
    )


@st.composite
def slips(draw: st.DrawFn) -> tuple[Case, str]:
    """A right document, and the same with a slip in one of its numbers."""
    case = draw(st.sampled_from(_cases()))
    claim = draw(st.sampled_from([claim for claim in claims(case.text) if any(map(str.isdigit, claim.text))]))
    at = draw(st.sampled_from([at for at, sign in enumerate(claim.text) if sign.isdigit()]))
    text = claim.text
    slipped = draw(
        st.sampled_from(
            (
                text[:at] + text[at + 1 :],
                text[:at] + text[at] + text[at:],
                text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :],
                *(text[:at] + sign + text[at + 1 :] for sign in "0123456789"),
            )
        )
    )
    lines = plain(case.text).split("\n")
    line = lines[claim.line]
    lines[claim.line] = line[: claim.start] + slipped + line[claim.end :]
    return case, "\n".join(lines)


@given(slips())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_fix_gives_back_the_original_or_nothing(slip: tuple[Case, str]) -> None:
    """Of a document with one slip: what it was, or what it is, and never a third text."""
    case, text = slip

    assert fixed(text, f"doc{case.suffix}").text in (plain(case.text), text)


def test_most_slips_in_long_numbers_are_put_right() -> None:
    """Each exact count of a Keras summary, with its last two digits in the wrong order: the property above is not empty."""
    case = next(case for case in documents("keras 2", deep=False) if case.name.endswith(": D"))
    tried = done = 0
    right = plain(case.text)
    for claim in claims(case.text):
        digits = claim.text.replace(",", "")
        if not digits.isdigit() or len(digits) < 5 or claim.text[-1] == claim.text[-2]:
            continue
        lines = right.split("\n")
        line = lines[claim.line]
        lines[claim.line] = line[: claim.end - 2] + claim.text[-1] + claim.text[-2] + line[claim.end :]
        tried += 1
        done += fixed("\n".join(lines), "doc.txt").text == right

    assert tried > 10
    assert done >= 0.9 * tried
