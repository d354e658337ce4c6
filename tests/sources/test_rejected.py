"""Every file in ``rejected/`` is refused, with the messages in the ``.txt`` file beside it.

Renew the messages with ``VGGSTAT_RENEW=1 pytest tests/sources/test_rejected.py``, and read the difference.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pace import seconds
from vggstat.errors import SpecError, VggstatError
from vggstat.sources.spec import load, read_text
from vggstat.sources.spec.problems import MAX_SHOWN

FOLDER = Path(__file__).parent / "rejected"
CASES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
START = "name: x\ninput: [3, 224, 224]\n"


def refusal(argument: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        load(argument)
    return caught.value


@pytest.mark.parametrize("case", CASES)
def test_a_rejected_file_gets_the_messages_beside_it(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each message names file, line, column and path, says what was expected and what stands there."""
    monkeypatch.chdir(FOLDER)
    golden = FOLDER / f"{case}.txt"

    text = f"{refusal(f'./{case}.yaml')}\n"

    if os.environ.get("VGGSTAT_RENEW"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_each_golden_has_its_file() -> None:
    """No expected message is left without the file that it belongs to."""
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == CASES


@pytest.mark.parametrize("case", CASES)
def test_every_line_of_a_refusal_has_a_place(case: str) -> None:
    """file:line:col, counted from 1, inside the file."""
    for problem in refusal(str(FOLDER / f"{case}.yaml")).problems:
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.source.endswith(".yaml")
        assert "\n" not in problem.message
        assert len(problem.message) < 300


def places(text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(SpecError) as caught:
        read_text(text, "x.yaml")
    return [(problem.line, problem.column, problem.path) for problem in caught.value.problems]


def test_line_and_column_point_at_the_value() -> None:
    """The place is that of the value, also in block style, after wide characters and after a BOM."""
    text = (
        "\ufeffname: x\n"  # line 1
        "title: 深い · 16\n"
        "input: [3, 224, 224]\n"
        "blocks:\n"
        "  - - conv3-64\n"  # 5
        "    - conv:\n"
        "        filters: 64\n"
        "        # a comment\n"
        "        kernel: three\n"  # 9: 'three' begins in column 17
        "  - [{conv: {filters: 64, kernel: three}}, maxpol]\n"  # 10
    )

    assert places(text) == [
        (9, 17, "blocks[0][1].kernel"),
        (10, 35, "blocks[1][0].kernel"),
        (10, 44, "blocks[1][1]"),
    ]


def test_columns_count_characters_not_bytes() -> None:
    """日本 is two characters and six bytes."""
    line = 'blocks: [[{"日本": 1}], [{conv: {filters: 3, kernel: 日}}]]'

    # counted from 1
    assert (3, line.index("日}") + 1, "blocks[1][0].kernel") in places(f"{START}{line}\n")


def test_more_than_twenty_problems_are_counted() -> None:
    """The text shows twenty problems and how many there are besides; the exception holds them all."""
    error = refusal(str(FOLDER / "many-problems.yaml"))

    # 2 kernels of 0, and 30 words that are no layers
    assert len(error.problems) == 32
    lines = str(error).splitlines()
    assert len(lines) == MAX_SHOWN + 1
    assert lines[-1] == "and 12 more"


def test_what_an_alias_repeats_is_reported_once() -> None:
    """The mistake stands at one place, so there is one message, with the first path that leads to it."""
    text = START + "blocks:\n  - &block [cnov3-64]\n" + "  - *block\n" * 30

    assert places(text) == [(4, 13, "blocks[0][0]")]


def test_a_file_with_endless_problems_stops_early() -> None:
    """100,000 unknown words are not all compared with all layers."""
    with pytest.raises(SpecError, match="where reading stopped"):
        read_text(START + f"blocks: [[{', '.join(f'word{i}' for i in range(100_000))}]]", "x.yaml")


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, levels)]
    return "\n".join(lines)


def aliased(layers: int, blocks: int) -> str:
    """A block of so many layers, so many times: a few kilobytes."""
    block = f"  - &block [{', '.join(['conv3-64'] * layers)}]\n"
    return f"blocks:\n{block}" + "  - *block\n" * (blocks - 1)


def test_too_many_layers_are_refused_at_the_block_that_has_them() -> None:
    """500 layers 201 times are 100,500; the last of them stand where the anchor does."""
    with pytest.raises(SpecError) as caught:
        read_text(START + aliased(500, 201), "x.yaml")

    assert str(caught.value).startswith("x.yaml:4:5: blocks[200]: more than 100,000 layers")


def test_layers_are_counted_over_the_files_of_a_spec(tmp_path: Path) -> None:
    """60,000 inherited ones and 60,000 of its own are too many together."""
    (tmp_path / "base.yaml").write_text(START + aliased(600, 100))
    text = "name: y\nextends: base.yaml\nclassifier: [" + "relu, " * 60_000 + "]\n"

    with pytest.raises(SpecError, match=r"y\.yaml:3:13: .*more than 100,000 layers together"):
        read_text(text, str(tmp_path / "y.yaml"))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: START + "blocks: " + "[" * 100_000, "nested more than 64 deep"),
        (lambda: START + "blocks: " + "{a: " * 100_000, "nested more than 64 deep"),
        (lambda: START + "blocks:\n  " + "- " * 100_000, "nested more than 64 deep"),
        (lambda: START + "blocks: " + "[" * 100_000 + "]" * 100_000, "nested more than 64 deep"),
        (lambda: START + "? " * 100_000, "nested more than 64 deep"),
        (lambda: START + bomb(30), "more than 250000 values"),
        (lambda: START + "blocks: " + "&a " * 10_000 + "x", "YAML syntax"),
        (lambda: "input: [1, 2, 3]\nname: " + "x" * 3_000_000, "expected a name"),
        (lambda: "input: [1, 2, 3]\nname: " + "9" * 400_000, "expected a name"),
        (lambda: START + f"blocks: [[conv3-{'9' * 100_000}]]", "a number of 100000 digits"),
        (lambda: START + f"blocks: [[{'a' * 100_000}]]", "no layer is written"),
        (lambda: START + f"blocks: [[{{{'k' * 900}: 3}}]]", "no layer or unit is called"),
        (lambda: START + "blocks: [[" + ", ".join(["maxpool"] * 300_000) + "]]", "more than 250000 values"),
        (lambda: START + "blocks: [[" + ", ".join(["maxpool"] * 100_001) + "]]", "more than 100,000 layers"),
        (lambda: START + aliased(500, 201), "more than 100,000 layers"),
        (
            lambda: START + "blocks: [[conv3-4]]\nclassifier: [" + "relu, " * 100_000 + "]",
            "more than 100,000 layers",
        ),
        (lambda: START + "\n".join(f"key{i}: 1" for i in range(20_000)), "no key of a spec is called"),
        (lambda: START + "\n".join(["name: x"] * 20_000), "twice"),
        (lambda: "x\0" * 100_000, "NUL"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_text_is_refused_within_a_second(make: Callable[[], str], message: str) -> None:
    """Depth, aliases, length and sheer number are all bounded. (100,000 brackets crash PyYAML's composer.)"""
    text = make()

    def refused() -> None:
        with pytest.raises(SpecError, match=message):
            read_text(text, "x.yaml")

    assert seconds(refused, limit=1.0) < 1.0


def test_depth_64_is_read_and_65_is_not() -> None:
    """The limit is where it is said to be: 64 collections inside one another."""
    with pytest.raises(SpecError, match="expected a list of blocks"):
        read_text(f"{START}blocks: {{a: {'[' * 62}{']' * 62}}}", "x.yaml")
    with pytest.raises(SpecError, match="nested more than 64 deep"):
        read_text(f"{START}blocks: {{a: {'[' * 63}{']' * 63}}}", "x.yaml")


def test_aliases_cannot_hide_depth() -> None:
    """An alias brings the depth of what it stands for along."""
    lines = ["a0: &a0 [x]"] + [f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 70)]

    with pytest.raises(SpecError, match="nested more than 64 deep"):
        read_text(START + "\n".join(lines), "x.yaml")


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("./nothing.yaml", "no such file"),
        ("nothing/at/all", "no such file"),
        ("./", "this is a directory"),
        ("nul\0.yaml", "cannot be read"),
        ("x" * 5000 + ".yaml", "cannot be read"),
        ("./plain.yaml/below", "cannot be read"),
    ],
)
def test_an_unreadable_file_is_a_usage_mistake(
    argument: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing files, directories and impossible names end in one line, not in a traceback."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plain.yaml").write_text("name: x\n")

    with pytest.raises(VggstatError, match=message) as caught:
        load(argument)

    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    """4 MB is forty times 10,000 layers."""
    path = tmp_path / "large.yaml"
    path.write_bytes(b"#" * 4_000_001)

    with pytest.raises(VggstatError, match="larger than 4 MB"):
        load(str(path))
