"""Nothing that a document, a file's name or a network's name holds does anything to a terminal or to the log of a CI."""

from __future__ import annotations

import json
import os
import re
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.program import run
from vggstat.cli.mend import patch
from vggstat.lint.config import Settings
from vggstat.render.findings import FORMATS, Style, Tally, find_format
from vggstat.render.findings.data import left_out
from vggstat.render.findings.summary import step_summary

from .support import check

SIGNS = [chr(code) for code in (*range(32), *range(0x7F, 0xA0))] + list(
    "\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\ufeff\u061c"
)
"""C0, DEL, C1, and what changes the direction of text or ends a line."""
COMMANDS = [
    "::error::x",
    "::set-output name=a::b",
    " \u00a0::add-mask::3",
    "##[error]x",
    "##vso[task.x]",
    "a ##[group]",
    "x\n::stop-commands::y",
]
EVIL = st.lists(
    st.sampled_from([*SIGNS, *COMMANDS, "\x1b[31m", "\x9b2J", "\x1b]0;t\x07", "a", " ", "<&\"'", "%0A"]),
    min_size=1,
    max_size=4,
).map("".join)
TEMPLATES = [
    "VGG-16 {0} has 183M parameters {0} and 15.3 GFLOPs\n",
    "{0}VGG-16 has 183M parameters\n",
    "# {0} VGG-16\n\n| Layer {0} | Output | Params |\n| --- | --- | --- |\n| {0}conv1_1{0} | 224x224x64 | 1,729{0} |\n"
    "| conv1_2 | 224x224x64 | 36,928 |\n| pool1 | 112x112x64 | 0 |\n",
    "INPUT: [224x224x3] memory: 224*224*3=150K params: 0\n{0}CONV3-64: [224x224x64] memory: 3.2M{0} params: (3*3*3)*64 = 1,729\n"
    "CONV3-64: [224x224x64] memory: 3.2M params: 36,864\nPOOL2: [112x112x64] memory: 800K {0} params: 0\n",
    "<!-- vggstat: table {0} -->\n{0}\n<!-- /vggstat -->\n<!-- vggstat: stack 3x3 3x3 -->\n{0}\n<!-- /vggstat -->\n",
    "<!-- vggstat: ignore[{0}] {0} -->\nVGG-16 has 183M parameters\n",
]
HARMLESS = "\u00a0\u2009\u202f\u200c\u200d\u3000"
"""Spaces and joiners, which no ``isprintable`` has, and which do nothing."""


def harm(text: str) -> list[str]:
    """What in a printed text does more than stand there."""
    signs = sorted(
        {ascii(sign) for sign in text if sign != "\n" and not sign.isprintable() and sign not in HARMLESS}
    )
    lines = [
        line for line in text.split("\n") if line.lstrip().startswith("::") or re.search(r"##\w*\[", line)
    ]
    return signs + lines


ANNOTATION = re.compile(
    r"::(?:error|warning|notice) file=[^:,\n]*,line=\d+,col=\d+,endColumn=\d+,title=vggstat(?: V\d{3})?::[^\n]*"
)


@pytest.mark.parametrize("name", FORMATS)
@given(template=st.sampled_from(TEMPLATES), evil=EVIL, in_name=st.booleans(), strict=st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_format_of_check(name: str, template: str, evil: str, in_name: bool, strict: bool) -> None:
    """Words of a document and its name leave each format in its own escapes, and the document stays one."""
    path = f"{evil.replace(chr(0), '').replace('/', '')}.md" if in_name else "a.md"
    result = check(template.format(evil), path)
    style = Style(show_passes=True, show_unchecked=True, strict=strict)
    tally = Tally()
    text = "".join(find_format(name)([result], tally, style))

    if name == "github":
        lines = text.rstrip("\n").split("\n")
        assert len(lines) == len(result.findings) + len(left_out(result)) + 1
        assert all(ANNOTATION.fullmatch(line) for line in lines[:-1])
        text = "".join(line[2:] for line in lines)
    assert harm(text) == []
    assert harm(step_summary(tally)) == []
    if name in ("json", "gitlab", "sarif"):
        json.loads(text)
    if name == "jsonl":
        assert [json.loads(line)["type"] for line in text.splitlines()][-1] == "summary"
    if name == "junit":
        assert len(ET.fromstring(text).findall(".//testcase")) == 1


def test_what_is_escaped_can_be_read_again() -> None:
    """JSON has the text and the path as they are; text has them written out."""
    result = check("VGG-16 has 183M parameters", "\x1b\x9b\u202e.md")
    data = json.loads("".join(find_format("json")([result], Tally(), Style())))

    assert data["files"][0]["path"] == "\x1b\x9b\u202e.md"
    assert "".join(find_format("concise")([result], Tally(), Style())).startswith(
        r"\x1b\x9b\u202e.md:1:12: V210"
    )
    named = check("VGG-16 has 183M parameters", "::error::.md")
    assert "".join(find_format("full")([named], Tally(), Style())).startswith(r"\x3a:error::.md:1:12: V210")


def test_json_in_ascii() -> None:
    """Where the output has few signs, JSON keeps what it says by its own escapes."""
    result = check("VGG-16 has 183M parameters × 2", "ü.md")
    text = "".join(find_format("json")([result], Tally(), Style(ascii_only=True)))

    assert text.isascii()
    assert json.loads(text)["files"][0]["path"] == "ü.md"


@given(before=EVIL, after=EVIL, name=EVIL, end=st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=150, deadline=None)
def test_a_patch(before: str, after: str, name: str, end: str) -> None:
    """--diff prints lines of the document; of its line ends CRLF stays, so that the usual patch can be applied."""
    path = name.replace("\0", "").replace("/", "")
    texts = [f"a{end}{text}{end}b{end}" for text in (before, after)]
    shown = patch(f"x{path}.md", *texts)

    assert harm(re.sub("\r(?=\n)", "", shown).replace("\t", " ")) == []


def test_a_patch_of_a_name_with_strange_signs_can_be_applied(tmp_path: Path) -> None:
    """A name is written as git writes it; one with a backslash, a quotation mark, a line end or no text too."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    for name in (
        "a\\b.md",
        'a"b.md',
        "a\nb.md",
        "a\x1bb.md",
        "ü\u202e.md",
        os.fsdecode(b"\xff.md"),
        "a b.md",
    ):
        (tmp_path / name).write_text("old\n")
        done = subprocess.run(
            ["git", "apply", "-"],
            cwd=tmp_path,
            input=patch(name, "old\n", "new\n").encode(),
            capture_output=True,
            check=False,
        )

        assert done.returncode == 0, done.stderr
        assert (tmp_path / name).read_text() == "new\n"


def test_a_patch_that_cannot_be_applied_says_so() -> None:
    """Signs that had to be written out would not be found in the file."""
    assert patch("a.md", "\x1b\n", "x\n").startswith(
        "# control characters are written out: this patch cannot be applied\n--- a/a.md\n"
    )
    assert patch("a.md", "x\n", "y\n").startswith("--- a/a.md\n")


@pytest.mark.parametrize("sign", ["\x1b[31m", "\n::error::x", "\x9b", "\u202e", "##[error]", "\r"])
def test_messages_on_stderr(sign: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is quoted of a command line, a path or a setting."""
    monkeypatch.chdir(tmp_path)
    evil = f"a{sign}b"
    (tmp_path / "pyproject.toml").write_text(f"[tool.vggstat]\n{json.dumps(evil)} = 1\n")
    lines = [
        ["table", evil], ["table", f"{evil}.yaml"], ["table", "D", f"--{evil}"], ["table", "D", evil], [evil],
        ["table", "D", "--format", evil], ["check", f"{evil}.md"], ["check", "x.md", "--isolated", "--spec", evil],
        ["check", "--isolated", "--format", evil, "x.md"], ["table", "D", "-o", f"{evil}/x"], ["rule", evil],
        ["identify", f"{evil}.pth"], ["stack", evil],
    ]  # fmt: skip
    for line in lines:
        done = run(monkeypatch, *line)

        assert done.code == 2, line
        assert harm(done.err) == [], (line, done.err)
        assert harm(done.out) == [], (line, done.out)
    shown = run(monkeypatch, "check", "--isolated", "--show-settings", "--exclude", evil)
    assert (shown.code, harm(shown.out)) == (0, [])


SPEC = "name: {name}\ntitle: {title}\nsource: {title}\ninput: [3, 32, 32]\nblocks: [[conv3-8, maxpool], [flatten, fc-10]]\n"


@pytest.mark.parametrize(
    "evil",
    ["\x1b[31m", "\x85", "\u202e", "\u2028", "::error::x", "##[error]x", "long " * 30 + "::error::x " * 30],
)
@pytest.mark.parametrize(
    "words",
    ["table - --style layers", "table - --style cs231n", "table - --style keras", "table - --style torch", "table - --style slides",
     "compare D {path}", "memory -", "explain 138M -", "draw -", "plot - params", "plot - params -f vega", "report - -o -",
     "roofline - --device h200", "fit - --memory 24GiB"],
)  # fmt: skip
def test_pages_of_a_network_with_a_strange_title(
    evil: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In every format a title stands there and does nothing, or is refused in a message that does nothing."""
    path = tmp_path / "net.yaml"
    path.write_text(SPEC.format(name="net", title=json.dumps(f"{evil} title")))
    whole = words.startswith(("draw", "report", "plot - params -f"))
    for name in [""] if whole else ["text", "markdown", "csv", "json", "latex", "html"]:
        line = words.replace("{path}", str(path)).split() + (["-f", name] if name else [])
        done = run(monkeypatch, *line, stdin=path.read_bytes())

        # control characters are refused in a spec itself; what looks like text is not
        assert done.code in (0, 1) or "without control characters" in done.err, (line, done.err)
        assert harm(done.out) + harm(done.err) == [], line


PAGE_FORMATS = ("text", "markdown", "csv", "json", "latex", "html")
NAMES = ("\x1b[31m", "\x9b", "\u202e", "\n::error::x", "::error::x", "##[error]x")


@pytest.mark.parametrize(
    ("evil", "command", "formats"),
    [
        *((evil, "verify D --against {path}", PAGE_FORMATS) for evil in NAMES),
        # builds every network that ships: each name in two formats, and two names in each
        *(
            (evil, "identify {path}", (PAGE_FORMATS[at], PAGE_FORMATS[at - 3]))
            for at, evil in enumerate(NAMES)
        ),
    ],
)
def test_names_of_tensors(
    evil: str, command: str, formats: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file of weights names its tensors as it likes; they are shown, or are in the way, in every format."""
    path = tmp_path / "weights.safetensors"
    tensors = {f"{evil}.{number}{evil}": {"dtype": "F32", "shape": [8, 3, 3, 3], "data_offsets": [864 * number, 864 * (number + 1)]}
               for number in range(2)}  # fmt: skip
    header = json.dumps(tensors).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(2 * 864))
    for name in formats:
        done = run(monkeypatch, *command.format(path=path).split(), "--format", name)

        assert done.code in (0, 1, 2), done.err
        assert done.out + done.err
        assert harm(done.out) + harm(done.err) == []


def test_a_name_of_a_spec_in_check(tmp_path: Path) -> None:
    """What the document means is said by a title that does nothing."""
    path = tmp_path / "net.yaml"
    path.write_text(SPEC.format(name="net", title=json.dumps("::error::x ##[group]")))
    result = check("The network has 138M parameters.\n", settings=Settings(spec=str(path)))
    text = "".join(find_format("full")([result], Tally(), Style()))

    assert "net" in text
    assert harm(text) == []


def test_the_program_prints_what_the_formats_yield(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From end to end, by a name that begins as a command does."""
    monkeypatch.chdir(tmp_path)
    Path("::error::x\x1b.md").write_text("VGG-16 has 183M parameters\n")
    for name in FORMATS:
        done = run(monkeypatch, "check", ".", "--format", name)

        assert done.code == 1
        assert harm(done.out.replace("::error file=", "")) == [], name


def test_harm_is_seen() -> None:
    """The tests above can fail."""
    assert harm("\x1b") == ["'\\x1b'"]
    assert harm("a\n ::error::") == [" ::error::"]
    assert harm("a ##[b]") == ["a ##[b]"]
    assert harm("a :: b\n# c × [1]") == []
