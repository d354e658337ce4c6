"""Numbers as text, and text as numbers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vggstat.units import (
    gibi,
    giga,
    grouped,
    lecture_short,
    mebi,
    mega,
    percent,
    quotient,
    ratio,
    short,
    signed,
)
from vggstat.units.stated import parse_stated

D_PARAMS = 138_357_544  # the paper, Table 1, column D, with biases
D_BYTES = 4 * D_PARAMS  # float32: 553,430,176
D_MACS = 15_470_264_320


def test_integers_are_grouped_by_three() -> None:
    """Thousands are separated by commas; a minus sign is a real one."""
    assert grouped(D_PARAMS) == "138,357,544"
    assert grouped(999) == "999"
    assert grouped(-1000) == "−1,000"


def test_bytes_in_mb_and_mib() -> None:
    """MB is 10^6 bytes and MiB 2^20: 553,430,176 bytes are 553.43 MB and 527.79 MiB."""
    assert mega(D_BYTES) == "553.43"
    assert mebi(D_BYTES) == "527.79"  # 553,430,176 / 1,048,576 = 527.792...
    assert giga(D_MACS) == "15.47"
    assert gibi(3 * 2**30 // 2, 1) == "1.5"
    assert mega(1_722_992_880) == "1,722.99"


def test_a_small_amount_never_reads_as_nothing() -> None:
    """Where two decimals would all be zeros, as many as show two digits are printed; nothing itself is 0.00."""
    assert mega(1_288) == "0.0013"
    assert mega(4_000) == "0.0040"
    assert mega(1) == "0.0000010"
    assert mega(4_999) == "0.0050"
    assert mega(5_000) == "0.01"
    assert mebi(4_096) == "0.0039"  # 4,096 / 1,048,576 = 0.00390...
    assert mega(0) == "0.00"
    assert mega(-1_288) == "−0.0013"
    assert mega(400_000, 0) == "0"  # in whole millions, as in the paper's Table 2


def test_rounding_is_half_up_of_the_exact_value() -> None:
    """A tie goes away from zero, whatever a float of it would be."""
    assert quotient(1, 8, 2) == "0.13"  # 0.125
    assert quotient(1_005, 1_000, 2) == "1.01"  # 1.005 as a float is below the tie
    assert quotient(-1, 8, 2) == "−0.13"
    assert quotient(-1, 1_000, 2) == "0.00"
    assert quotient(1, 2, 0) == "1"


@given(st.integers(-(10**12), 10**12), st.integers(-(10**6), 10**6).filter(bool), st.integers(0, 6))
def test_a_quotient_is_within_half_a_step(numerator: int, denominator: int, digits: int) -> None:
    """What is printed differs from the exact value by at most half of its last digit."""
    printed = Fraction(quotient(numerator, denominator, digits).replace(",", "").replace("−", "-"))

    assert abs(printed - Fraction(numerator, denominator)) <= Fraction(1, 2 * 10**digits)


def test_shares_ratios_and_differences() -> None:
    """A share has a blank before its sign, a ratio three decimals, a difference a sign."""
    assert percent(102_764_544 + 16_781_312 + 4_097_000, D_PARAMS) == "89.4 %"
    assert percent(1, 0) == "–"
    assert ratio(143_667_240, D_PARAMS) == "1.038"
    assert ratio(1, 0) == "–"
    assert signed(143_667_240 - D_PARAMS) == "+5,309,696"
    assert signed(-21_238_784, mega) == "−21.24"
    assert signed(0) == "0"


def test_the_short_form_never_shows_a_thousand_of_a_unit() -> None:
    """What rounds to a thousand of one unit is one of the next."""
    assert short(D_PARAMS) == "138.36M"
    assert short(D_MACS) == "15.47G"
    assert short(9_999) == "9,999"
    assert short(10_000) == "10.00K"
    assert short(999_994) == "999.99K"
    assert short(999_995) == "1.00M"
    assert short(-25_088) == "−25.09K"


@pytest.mark.parametrize(
    ("number", "printed"),
    [
        (224 * 224 * 3, "150K"),
        (224 * 224 * 64, "3.2M"),
        (112 * 112 * 64, "800K"),
        (112 * 112 * 128, "1.6M"),
        (56 * 56 * 128, "400K"),
        (28 * 28 * 256, "200K"),
        (14 * 14 * 512, "100K"),
        (7 * 7 * 512, "25K"),
        (4096, "4096"),
        (1000, "1000"),
        (4096 + 7 * 7 * 512, "29K"),
        (4096 + 4096, "8192"),
        (112 * 112 * 128 + 112 * 112 * 64, "2.4M"),
        (224 * 224 * 64 + 224 * 224 * 3, "3.4M"),
        (24_352_744, "24M"),
        (9_999, "9999"),
        (10_000, "10K"),
        (994_999, "990K"),
        (995_000, "1.0M"),
    ],
)
def test_the_short_form_of_the_lecture(number: int, printed: str) -> None:
    """Rows read as the CS231n lecture prints them: two significant digits from 10,000 on."""
    assert lecture_short(number) == printed


@pytest.mark.parametrize(
    ("text", "value", "scale", "word"),
    [
        ("138,357,544", "138357544", "", ""),
        ("138.357.544", "138357544", "", ""),
        ("132'863'336", "132863336", "", ""),
        ("132’863’336", "132863336", "", ""),
        ("138 357 544", "138357544", "", ""),
        ("138\u202f357\u202f544", "138357544", "", ""),
        ("138\u00a0357\u2009544", "138357544", "", ""),
        ("138_357_544", "138357544", "", ""),
        ("1,234.5", "1234.5", "", ""),
        ("1.234,5", "1234.5", "", ""),
        ("2,3M", "2.3e6", "M", ""),
        ("0,5 %", "0.005", "%", ""),
        ("~138M", "138e6", "M", ""),
        ("≈ 138 million parameters", "138e6", "M", "parameters"),
        ("1.38亿", "1.38e8", "亿", ""),
        ("13835万", "138350000", "万", ""),
        ("1亿参数", "1e8", "亿", "参数"),
        ("１３８Ｍ", "138e6", "M", ""),
        ("1.5e10", "1.5e10", "", ""),
        ("1.5 × 10^10", "1.5e10", "", ""),
        ("1.547×10¹⁰ FLOPs", "1.547e10", "", "FLOPs"),
        (r"15.5\times10^{9}", "1.55e10", "", ""),
        ("15.48G", "15.48e9", "G", ""),
        ("15.48 GMACs", "15.48e9", "G", "MACs"),
        ("15.5 GFLOPs", "15.5e9", "G", "FLOPs"),
        ("790 TFLOP/s", "790e12", "T", "FLOP/s"),
        ("4.80 TB/s", "4.80e12", "T", "B/s"),
        ("58MB", "58e6", "MB", ""),
        ("58 MiB", str(58 * 2**20), "MiB", ""),
        ("527.8MiB", "553438412.8", "MiB", ""),
        ("553430176 B", "553430176", "B", ""),
        ("7B", "7e9", "B", ""),
        ("89.4 %", "0.894", "%", ""),
        ("−0.1 pt", "-0.1", "", "pt"),
        ("138M parameters", "138e6", "M", "parameters"),
        ("224 px", "224", "", "px"),
        ("3 ms", "3", "", "ms"),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, value: str, scale: str, word: str) -> None:
    """Value, scale and word of a stated number are exact."""
    stated = parse_stated(text)

    assert stated.exact == Decimal(value)
    assert (stated.scale, stated.word) == (scale, word)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "--5",
        "1.2.3",
        "12,34,567",
        "1,2.3,4",
        "1e999999999",
        "9" * 100,
        ",5",
        "M",
        "\x00",
        "½",
        "1½",
        "224x224x3",
        "5-7",
        "3*3",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    """A text that is no number, or that mixes its separators, is a ValueError and no guess."""
    with pytest.raises(ValueError, match="not a number"):
        parse_stated(text)


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("138,357,544", D_PARAMS),
        ("138M", D_PARAMS),
        ("138.3M", D_PARAMS),  # truncated
        ("138.4M", D_PARAMS),  # rounded
        ("138.36M", D_PARAMS),
        ("138,000,000", D_PARAMS),
        ("140M", D_PARAMS),
        ("1.38亿", D_PARAMS),
        ("13835万", D_PARAMS),
        ("13836万", D_PARAMS),
        ("800K", 802_816),
        ("802K", 802_816),
        ("803K", 802_816),
        ("400K", 401_408),
        ("1600K", 1_605_632),
        ("150K", 150_528),
        ("3.2M", 3_211_264),
        ("25K", 25_088),
        ("15.47 GMACs", D_MACS),
        ("15.5 GMACs", D_MACS),
        ("15.4 GMACs", D_MACS),
        ("1.5e10", D_MACS),
        ("16 G", 15_523_175_400),  # convnet-burden
        ("527.8MiB", D_BYTES),
        ("89.4 %", Fraction(123_642_856, D_PARAMS)),
        ("89.3 %", Fraction(123_642_856, D_PARAMS)),  # 89.365 %: truncated
        ("−0.1", Decimal("-0.14")),
        ("-0.1", Decimal("-0.19")),
        ("0.0 %", Fraction(1, 3000)),
        ("7B", 7_000_000_000),
        ("7B", 7),
        ("138.357", 138_357),
    ],
)
def test_a_rounding_or_truncation_is_admitted(text: str, exact: int | Decimal | Fraction) -> None:
    """A correct rounding and a correct truncation at the printed precision both pass."""
    assert parse_stated(text).admits(exact)


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("138,357,545", D_PARAMS),
        ("138.2M", D_PARAMS),
        ("138.5M", D_PARAMS),
        ("139M", D_PARAMS),
        ("130M", D_PARAMS),
        ("137M", D_PARAMS),
        ("1.37亿", D_PARAMS),
        ("810K", 802_816),
        ("100K", 150_528),
        ("160K", 150_528),
        ("3.3M", 3_211_264),
        ("3.0M", 3_211_264),
        ("589,820", 589_824),
        ("4000", 4096),
        ("1000", 1024),
        ("15.48G", D_MACS),
        ("58MB", 60_950_432),
        ("90 %", Fraction(123_642_856, D_PARAMS)),
        ("0.1", Decimal("-0.1")),
        ("-0.1", Decimal("-0.2")),
    ],
)
def test_any_other_number_is_not_admitted(text: str, exact: int | Decimal | Fraction) -> None:
    """A digit too many or too few, a swapped one, or a zero in the place of a digit does not pass."""
    assert not parse_stated(text).admits(exact)


def test_megabytes_can_be_read_as_mebibytes() -> None:
    """``528 MB`` is 553,430,176 bytes only where MB means 2^20."""
    stated = parse_stated("528 MB")

    assert not stated.admits(D_BYTES)
    assert stated.in_binary().admits(D_BYTES)
    assert parse_stated("24K").in_binary().exact == 24 * 1024


def test_what_is_said_to_be_about_right() -> None:
    """A tilde before the number."""
    assert parse_stated("~138M").approximate
    assert not parse_stated("138M").approximate


@given(st.integers(0, 10**15))
def test_whatever_is_printed_here_admits_what_it_was_printed_from(number: int) -> None:
    """Each of our own forms is read back as a number that admits the exact value."""
    for text in (grouped(number), short(number), lecture_short(number), mega(number) + " MB"):
        assert parse_stated(text).admits(number)
    assert parse_stated(mebi(number) + " MiB").admits(number)


@given(st.text(max_size=90))
def test_no_text_is_more_than_a_value_error(text: str) -> None:
    """Any text is read, or refused with a ValueError."""
    try:
        stated = parse_stated(text)
    except ValueError:
        return
    assert stated.admits(stated.exact)
