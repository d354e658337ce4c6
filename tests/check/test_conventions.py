"""A stated convention: documents are judged under it only, and what is right in another way is a finding that says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vggstat.errors import UsageError
from vggstat.lint.config import Settings, read_settings
from vggstat.lint.rule_examples import KERAS, LECTURE, OPERATIONS, OPERATIONS_IN_ALL

from .support import check, codes

# VGG-16: 138,344,128 weights + 13,416 biases = 138,357,544 parameters, which take 4 bytes each: 553.43 MB, 527.79 MiB.
# Its 15,470,264,320 multiply-accumulates are 30.94 GFLOPs at two operations each.
FACTS = {
    "params": ("VGG-16 has 138,357,544 parameters.\n", "VGG-16 has 138,344,128 parameters.\n"),
    "weights": ("VGG-16 has 138,344,128 parameters.\n", "VGG-16 has 138,357,544 parameters.\n"),
    "macs": ("VGG-16 needs 15.47 GMACs.\n", "VGG-16 needs 30.94 GMACs.\n"),
    "flops": ("VGG-16 needs 30.94 GFLOPs.\n", "VGG-16 needs 15.47 GFLOPs.\n"),
    "MB": ("VGG-16 weights: 553 MB.\n", "VGG-16 weights: 528 MB.\n"),
    "MiB": ("VGG-16 weights: 528 MB.\n", "VGG-16 weights: 553 MB.\n"),
}


def under(*words: str) -> Settings:
    return Settings(convention=words)


def by_code(text: str, *words: str) -> dict[str, int]:
    """How many findings there are of each code, under a convention."""
    found: dict[str, int] = {}
    for code in codes(text, "notes.md", under(*words)):
        found[code] = found.get(code, 0) + 1
    return found


@pytest.mark.parametrize("word", FACTS)
def test_a_fact_is_judged_under_the_stated_convention(word: str) -> None:
    """The figure of that convention passes; that of the other one is a finding that names both."""
    right, other = FACTS[word]

    assert check(right, settings=under(word)).findings == ()
    (finding,) = check(other, settings=under(word)).findings
    assert finding.code == "V603"
    assert finding.severity == "error"
    assert "right only as" in finding.message
    assert finding.expected in right


@pytest.mark.parametrize("word", FACTS)
def test_without_a_stated_convention_both_pass(word: str) -> None:
    """No finding of this rule comes where nothing is stated."""
    assert not {"V603"} & {code for text in FACTS[word] for code in codes(text)}


@pytest.mark.parametrize("word", FACTS)
def test_a_wrong_number_stays_wrong(word: str) -> None:
    """A number that no convention gives is no matter of conventions."""
    wrong = FACTS[word][0].replace("138,3", "183,3").replace("15.47", "17.45").replace("30.94", "39.04")
    wrong = wrong.replace("553", "335").replace("528", "825")

    assert set(codes(wrong, settings=under(word))) <= {"V210", "V211", "V410"}
    assert codes(wrong, settings=under(word))


def test_a_listing_of_weights() -> None:
    """The lecture counts without biases: 13 conv and 3 FC layers are findings where biases are to be counted."""
    assert by_code(LECTURE, "weights") == {}
    assert by_code(LECTURE, "params") == {"V603": 16}


def test_a_listing_of_parameters() -> None:
    """Keras counts with biases: its 13 conv layers and its total are findings where weights are to be counted."""
    assert by_code(KERAS, "params") == {}
    assert by_code(KERAS, "weights") == {"V603": 14}


def test_a_column_of_operations() -> None:
    """Three layers with operations, and a total of two, in MACs."""
    assert by_code(OPERATIONS, "macs") == {}
    assert by_code(OPERATIONS, "flops") == {"V603": 3}
    assert by_code(OPERATIONS_IN_ALL, "flops") == {"V603": 3}


def test_a_rule_of_a_tool() -> None:
    """ptflops counts biases, ReLU and pools too: 15,523,225,576 for VGG-16."""
    text = "VGG-16 needs 15.52 GMACs.\n"

    assert codes(text, settings=under("ptflops")) == []
    assert codes(text, settings=under("macs")) == ["V603"]


def test_sizes_of_a_tool() -> None:
    """Keras prints MiB as MB: 4 * 14,714,688 = 58,858,752 bytes = 56.13 * 2^20."""
    assert by_code(KERAS, "MiB") == {}
    assert by_code(KERAS, "MB") == {"V603": 2}


def test_a_mebibyte_says_what_it_is() -> None:
    """528 MiB is right whatever MB means."""
    assert codes("VGG-16 weights: 528 MiB.\n", settings=under("MB")) == []


def test_a_column_of_bytes() -> None:
    """64 * 224 * 224 values of 4 bytes are 12.85 MB, and 12.25 MiB."""
    rows = "| conv3-64 | 224x224x64 | {0} MB |\n" * 2 + "| maxpool | 112x112x64 | {1} MB |\n"
    table = "# VGG-16\n| Layer | Output | Memory |\n|---|---|---|\n" + rows
    decimal, binary = table.format("12.85", "3.21"), table.format("12.25", "3.06")

    assert by_code(decimal, "MB") == by_code(binary, "MiB") == {}
    assert by_code(decimal, "MiB") == by_code(binary, "MB") == {"V603": 3}


def test_a_mixture_stays_one() -> None:
    """One row with biases among rows without: one finding, as the table's convention is the stated one."""
    assert by_code(LECTURE.replace("(3*3*64)*64 = 36,864", "36,928"), "weights") == {"V603": 1}


def test_the_stated_convention_prevails_over_the_document() -> None:
    """A listing that calls its numbers weights is still judged as settled."""
    assert by_code("# Parameters (not counting biases)\n" + LECTURE, "params") == {"V603": 16}


def write(folder: Path, text: str) -> Settings:
    path = folder / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    return read_settings(str(path))


def test_conventions_of_paths(tmp_path: Path) -> None:
    """A pattern's convention takes the place of the general one; words are read without regard to case."""
    made = write(
        tmp_path,
        '[tool.vggstat]\nconvention = ["Params", "macs"]\n[tool.vggstat.conventions]\n"lecture/*" = "WEIGHTS"\n',
    )
    text = "VGG-16 has 138,344,128 parameters.\n"

    assert made.convention == ("Params", "macs")
    assert codes(text, "notes.md", made) == ["V603"]
    assert codes(text, "lecture/notes.md", made) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "convention = 'biases'",
            ["convention", "biases", "params or weights", "MB or MiB", "macs", "flops", "thop"],
        ),
        ("convention = ['MB', 'MiB']", ["convention", "MB", "MiB", "contradict"]),
        ("convention = 3", ["convention", "list of texts"]),
        ("convention = [3]", ["convention", "list of texts"]),
        ("conventions = {'a.md' = 'gb'}", ["conventions", "a.md", "gb", "params or weights"]),
        ("conventions = ['macs']", ["conventions", "table"]),
    ],
)
def test_wrong_values_are_refused(line: str, words: list[str], tmp_path: Path) -> None:
    """The message names the key, what was found, and what may stand there."""
    with pytest.raises(UsageError) as caught:
        write(tmp_path, f"[tool.vggstat]\n{line}\n")

    assert all(word in str(caught.value) for word in ["pyproject.toml", *words])


def test_the_command_line_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--convention`` takes the place of what the file says."""
    from vggstat.cli import main as program

    write(tmp_path, '[tool.vggstat]\nconvention = "weights"\n')
    (tmp_path / "notes.md").write_text("VGG-16 has 138,344,128 parameters.\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    arguments = ["check", "notes.md", "--format", "json"]

    with pytest.raises(SystemExit) as left:
        program.main(arguments)
    capsys.readouterr()
    with pytest.raises(SystemExit) as taken:
        program.main([*arguments, "--convention", "params,MB"])

    assert (left.value.code or 0, taken.value.code) == (0, 1)
    shown = json.loads(capsys.readouterr().out)["files"][0]["findings"]
    assert [finding["code"] for finding in shown] == ["V603"]
