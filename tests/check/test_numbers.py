"""Numbers and products as documents write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vggstat.lint.numbers import Expression, Number, claim_parts, clean, format_like
from vggstat.lint.text import Line, fold

D = 138_357_544


def number(text: str) -> Number:
    parts = claim_parts(clean(Line(fold(text), 1).flow).text)
    assert len(parts) == 1
    assert isinstance(parts[0], Number)
    return parts[0]


@pytest.mark.parametrize(
    "text",
    [
        "138,357,544",
        "138.357.544",
        "138'357'544",
        "138’357’544",
        "138 357 544",
        "138\u202f357\u202f544",
        "138357544",
        "138M",
        "138.4M",
        "138.3M",
        "138.36M",
        "~138M",
        "≈138M",
        "1.38亿",
        "13835万",
        "13836万",
        "138 million",
        "0.138 billion",
        "140M",
        "$138{,}357{,}544$",
        "138\\,357\\,544",
        "１３８，３５７，５４４",
        "1.38e8",
        "1.38 × 10^8",
        "$1.38 \\times 10^{8}$",
        "**138,357,544**",
        "138,4M",
    ],
)
def test_forms_of_one_count(text: str) -> None:
    """Every usual way to write VGG-16's 138,357,544 parameters stands for it."""
    assert number(text).admits(D)


@pytest.mark.parametrize(
    "text", ["138,357,454", "137M", "130M", "138.2M", "1.39亿", "183M", "138K", "13.8M", "138,357,540"]
)
def test_forms_that_are_another_count(text: str) -> None:
    """A number that neither rounds nor truncates to it does not."""
    assert not number(text).admits(D)


def test_units_of_1024() -> None:
    """131.95M is the same count with M as 2^20, and 528 MB are MiB."""
    assert number("131.95M").admits(D, 2**20)
    assert number("528 MB").admits(4 * D, 2**20)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("224*224*64", 3_211_264),
        ("224 x 224 x 64", 3_211_264),
        ("224 X 224 X 64", 3_211_264),
        ("224×224×64", 3_211_264),
        ("（３×３×３）×64", 1728),
        ("(3*3*3)*64 + 64", 1792),
        ("(3*3*3+1)*64", 1792),
        ("3^2 * 64^2", 36_864),
        ("3² x 64²", 36_864),
        ("$3 \\times 3 \\times 64 \\times 64$", 36_864),
        ("3\\*3\\*64", 576),
        ("3(3*3)", 27),
        ("[3x3]x64", 576),
        ("4*6/2", 12),
    ],
)
def test_products(text: str, value: int) -> None:
    """Products are read in all the signs that people use."""
    (part,) = claim_parts(clean(Line(fold(text), 1).flow).text)
    assert isinstance(part, Expression)
    assert part.value == value


@pytest.mark.parametrize(
    "text", ["(" * 1000, "3" * 1000, "9^9^9^9^9", "1/0", "2*", "*2", "((((3", "a*b", "10**99"]
)
def test_what_is_no_product(text: str) -> None:
    """Deep, huge or broken expressions are not read, and nothing is raised."""
    assert all(
        not isinstance(part, Expression) or part.value is None or part.value < 10**130
        for part in claim_parts(text)
    )


@given(st.text(max_size=80))
def test_nothing_is_ever_raised(text: str) -> None:
    """Any text gives parts or none."""
    claim_parts(clean(Line(fold(text), 1).flow).text)


@given(st.integers(1, 10**12), st.sampled_from([("{:,}", 1), ("{}", 1)]))
def test_a_printed_integer_admits_itself_and_no_neighbour(value: int, form: tuple[str, int]) -> None:
    """An exact number stands for itself alone, but where it ends in three zeros, or in two of a million and more."""
    read = number(form[0].format(value))
    assert read.admits(value)
    if value % 100 or (value % 1000 and value < 10**6):
        assert not read.admits(value + 1)


@pytest.mark.parametrize(
    ("text", "exact", "expected"),
    [
        ("589,834", 589_824, "589,824"),
        ("589834", 589_824, "589824"),
        ("589.834", 589_824, "589.824"),
        ("3.3M", 3_211_264, "3.2M"),
        ("183M", D, "138M"),
        ("1.83亿", D, "1.38亿"),
        ("~183M", D, "~138M"),
        ("138 375 544", D, "138 357 544"),
        ("15,48 G", 15_470_264_320, "15,47 G"),
    ],
)
def test_what_should_stand_there_has_the_same_form(text: str, exact: int, expected: str) -> None:
    """Separators, decimals and units are kept."""
    assert format_like(number(text), exact) == expected


@pytest.mark.parametrize("text", ["1億3836万", "1亿3835万", "1억 3836만", "138.4 triệu", "138 milioni"])
def test_units_of_other_languages(text: str) -> None:
    """138,357,544 are 1 times 10^8 and 3,836 times 10^4."""
    assert number(text).admits(D)


def test_a_number_of_two_units_is_written_as_one() -> None:
    """A wrong one is given back in its own form; its digits are exact to 10,000."""
    wrong = number("1億8336万")

    assert not wrong.admits(D)
    assert format_like(wrong, D) == "1億3836万"
    assert format_like(number("1억 8336만"), D) == "1억 3836만"
