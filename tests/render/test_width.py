"""Text made fit for a place."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vggstat.render.width import character_references, cleaner, encodable, longest_word, visible, width, wrap


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("", 0),
        ("abc", 3),
        ("×–─", 3),
        ("宽字符", 6),
        ("ｆ", 2),
        ("e\u0301", 1),
        ("한", 2),
        ("é", 1),
        ("█▉", 2),
    ],
)
def test_width_counts_terminal_cells(text: str, cells: int) -> None:
    """Wide East Asian characters take two cells, combining ones none."""
    assert width(text) == cells


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain × text", "plain × text"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\x00b\x7f\x9b", "a\\x00b\\x7f\\x9b"),
        ("line\nbreak\ttab\r", "line\\nbreak\\ttab\\r"),
        ("\u202eright to left", "\\u202eright to left"),
        ("\udc80", "\\udc80"),
        ("138\u202f357\u00a0544", "138\u202f357\u00a0544"),
    ],
)
def test_control_characters_are_written_out(text: str, shown: str) -> None:
    """Nothing that could move a cursor or turn the reading direction is left, and no blank is lost."""
    assert visible(text) == shown


def test_what_an_encoding_lacks_is_replaced() -> None:
    """A replacement says the same, or is a question mark; an unknown encoding counts as ASCII."""
    assert encodable("224×224 – ≈ 10² ✓ 宽", "ascii") == "224x224 - ~ 10^2 v ?"
    assert encodable("224×224 – 10²", "latin-1") == "224×224 - 10²"
    assert encodable("×", "no-such-encoding") == "x"
    assert character_references("× 宽", "ascii") == "&#215; &#23485;"
    assert cleaner("utf-8")("\x1b×") == "\\x1b×"
    assert cleaner("ascii")("\x1b×") == "\\x1bx"


def test_wrapped_lines_keep_their_indentation() -> None:
    """Lines after the first begin where the first one's words do, or where they are told to."""
    assert wrap("  one two three", 9) == ["  one two", "  three"]
    assert wrap("one two three", 9, hang=2) == ["one two", "  three"]
    assert wrap("a  b", 4) == ["a  b"]
    assert wrap("", 4) == [""]
    assert wrap("unbreakable word", 4) == ["unbreakable", "word"]


def test_a_number_and_its_unit_stay_together() -> None:
    """A line ends before the number rather than between it and its unit; where both have no room, between them."""
    assert wrap("float32 553.43 MB (527.79 MiB)", 16) == ["float32", "553.43 MB", "(527.79 MiB)"]
    assert wrap("MB = 10^6 B, MiB = 2^20 B.", 10) == ["MB =", "10^6 B,", "MiB =", "2^20 B."]
    assert wrap("about 89.4 % more", 10) == ["about", "89.4 %", "more"]
    assert wrap("553.43 MB", 6) == ["553.43", "MB"]
    assert wrap("11 weight layers", 10) == ["11 weight", "layers"]


@given(st.text("ab 宽", max_size=60), st.integers(1, 30))
@example("  ", 1)
def test_wrapping_loses_no_word_and_keeps_to_the_limit(text: str, limit: int) -> None:
    """Every word is there in order, and a line is too long only where it is one word too wide."""
    lines = wrap(text, limit, hang=0)

    assert " ".join(lines).split() == text.split()
    for line in lines:
        assert width(line) <= limit or len(line.split()) == 1 or line == text.rstrip(" ") == line.lstrip(" ")


@given(st.text("ab ", min_size=1, max_size=40))
def test_a_text_can_be_wrapped_to_its_longest_word(text: str) -> None:
    """At the width of the longest word every line fits, blanks at the start left aside."""
    limit = longest_word(text)

    assert all(width(line) <= max(limit, 1) for line in wrap(text.strip(" "), max(limit, 1), hang=0))
