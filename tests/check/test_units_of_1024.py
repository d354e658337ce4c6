"""Counts in units of 1024: right where something says so, a finding where nothing does.

In units of 2^20 VGG-11, 16 and 19 have 126.71M, 131.95M and 137.01M parameters (132,863,336, 138,357,544, 143,667,240);
VGG-16's 15,470,264,320 multiply-accumulates are 14.41 * 2^30.
"""

from __future__ import annotations

import pytest

from .support import check, codes

PROSE = "VGG-16 has {} parameters.\n"


@pytest.mark.parametrize("text", ["131M", "132M", "131.9M", "131.95M", "131.948M", "130M", "132 million"])
def test_a_bare_claim_is_a_finding(text: str) -> None:
    """Nothing says that M is 2^20, so it is 10^6."""
    assert codes(PROSE.format(text))


@pytest.mark.parametrize("text", ["138M", "138.4M", "138.3M", "138.36M", "140M", "138,357,544"])
def test_units_of_1000_pass(text: str) -> None:
    """As they always do."""
    assert codes(PROSE.format(text)) == []


@pytest.mark.parametrize(
    ("text", "code", "severity"), [("131.9M", "V604", "warning"), ("132M", "V210", "error")]
)
def test_how_sure_it_is(text: str, code: str, severity: str) -> None:
    """Four digits do not agree by chance; three are more likely those of another network."""
    (finding,) = check(PROSE.format(text)).findings

    assert (finding.code, finding.severity) == (code, severity)
    assert finding.expected == ("138.4M" if text == "131.9M" else "138M")
    assert "2^20" in f"{finding.message} {finding.notes}"


def test_another_network_is_named() -> None:
    """132M truncates VGG-11's 132,863,336: the likely slip."""
    (finding,) = check(PROSE.format("132M")).findings

    assert any("VGG-11" in note for note in finding.notes)


@pytest.mark.parametrize(
    "words",
    [
        "(M = 2^20)",
        "with M = $2^{20}$",
        "(M = 1,048,576)",
        "in units of 1024",
        "(1024-based)",
        "or 527.8 MiB",
        "where M is 2**20",
        "M being 2<sup>20</sup>",
    ],
)
def test_a_document_that_says_so_passes(words: str) -> None:
    """Anywhere in the document."""
    text = f"{PROSE.format('131.95M')}\nAll of these are {words}.\n"

    assert codes(text) == []
    assert codes(text.replace("131.95M", "139.15M")) != []


@pytest.mark.parametrize("text", ["1024 inputs", "the 2^8 masks", "1,048,576 weights", "a mini batch", "MB"])
def test_other_words_do_not_say_so(text: str) -> None:
    """Numbers that merely look like it."""
    assert codes(f"{PROSE.format('131.95M')}\nThis is about {text}.\n") == ["V604"]


def test_the_exact_count_beside_it() -> None:
    """138,357,544 / 2^20 = 131.95: the number beside shows what it is rounded from."""
    assert codes("| Model | Params | Params (M) |\n|---|---|---|\n| VGG-16 | 138,357,544 | 131.95 |\n") == []
    assert codes("| Model | Params | Params (M) |\n|---|---|---|\n| VGG-16 | 138,357,544 | 139.15 |\n") != []


TABLE = "| Model | Params (M) |\n|---|---|\n| VGG-11 | {} |\n| VGG-16 | {} |\n| VGG-19 | {} |\n"


def test_a_table_that_is_counted_so() -> None:
    """Several counts that are right in no other way."""
    assert codes(TABLE.format("126.71", "131.95", "137.01")) == []
    assert codes(TABLE.format("126.71", "131.59", "137.01")) == ["V210"]


def test_one_such_count_among_others() -> None:
    """A table in units of 10^6 with one number in units of 2^20."""
    assert codes(TABLE.format("132.86", "131.95", "143.67")) == ["V604"]


def test_two_sentences_support_each_other() -> None:
    """Two networks, far from each other in the document."""
    text = "VGG-16 has 131.95M parameters.\n\n# Later\n\nText.\n\nVGG-19 has {} parameters.\n"

    assert codes(text.format("137.01M")) == []
    assert codes(text.format("143.67M")) == ["V604"]


def test_the_same_claim_twice_supports_nothing() -> None:
    """A wrong number does not become right by being repeated."""
    assert codes(PROSE.format("132M") + "\n# Later\n\n" + PROSE.format("132M")) == ["V210", "V210"]


def test_operations_and_totals() -> None:
    """The same holds for G, and for the total of a listing."""
    listing = "# VGG-16\n\n| Layer | Output | Params |\n|---|---|---|\n| conv3-64 | 224x224x64 | 1,792 |\n"
    rows = "| conv3-64 | 224x224x64 | 36,928 |\n| maxpool | 112x112x64 | 0 |\n| Total | | {} |\n"

    assert codes("VGG-16 needs 14.41 GMACs.\n") == ["V604"]
    assert codes("VGG-16 needs 14.41 GMACs (G = 2^30).\n") == []
    # 1,792 + 36,928 = 38,720 = 37.81 * 2^10
    assert codes(listing + rows.format("38.72K")) == []
    assert codes(listing + rows.format("37.81K")) == ["V604"]
    assert codes(listing + rows.format("37.81K") + "\nK = 2^10.\n") == []


def test_sizes_are_not_concerned() -> None:
    """MB is used for 2^20 bytes so often that both pass, as ever."""
    assert codes("VGG-16 weights: 528 MB.\n") == codes("VGG-16 weights: 553 MB.\n") == []
