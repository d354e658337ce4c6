"""SPEC@VARIANT arguments and the options that mean the same."""

from __future__ import annotations

import pytest

from vggstat.cost.variant import Variant, parse_image, parse_variant
from vggstat.cost.workload import find_dtype
from vggstat.errors import UsageError


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("D", Variant(argument="D")),
        ("D@384", Variant(argument="D", image=(None, 384, 384))),
        ("D@384x512", Variant(argument="D", image=(None, 384, 512))),
        ("D@1x28x28", Variant(argument="D", image=(1, 28, 28))),
        ("D@input=96", Variant(argument="D", image=(None, 96, 96))),
        ("D@head=gap,bf16", Variant(argument="D", head="gap", dtype=find_dtype("bf16"))),
        ("D@batch=32,classes=10", Variant(argument="D", batch=32, classes=10)),
        ("nets/x@y.yaml@64", Variant(argument="nets/x@y.yaml", image=(None, 64, 64))),
    ],
)
def test_what_a_variant_says(argument: str, expected: Variant) -> None:
    """A part after the @ is a size, a dtype, or key=value."""
    assert parse_variant(argument) == expected


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("@384", "no spec before the @"),
        ("D@", "cannot read ''"),
        ("D@384,256", "sets image twice"),
        ("D@size=3", "unknown part 'size=3'"),
        ("D@batch=0", "whole number from 1"),
        ("D@batch=-4", "whole number from 1"),
        ("D@batch=" + "9" * 400, "whole number from 1"),
        ("D@0", "expected 1 to 100,000"),
        ("D@3x0x224", "expected 1 to 100,000"),
        ("D@1x2x3x4", "cannot read the input size"),
        ("D@224x", "cannot read the input size"),
        ("D@head=top", "unknown head 'top'"),
        ("D@dtype=fp7", "unknown dtype 'fp7'"),
        ("D@nonsense", "cannot read 'nonsense'"),
    ],
)
def test_what_is_refused(argument: str, message: str) -> None:
    """A part that is none is refused, and the message says what was expected."""
    with pytest.raises(UsageError, match=message.replace("[", r"\[")):
        parse_variant(argument)


def test_the_variant_counts_before_the_option() -> None:
    """What stands after the @ is about one network; an option fills in what it leaves open."""
    options = Variant(argument="", image=(None, 256, 256), batch=8)
    variant = parse_variant("D@384").over(options)

    assert (variant.argument, variant.image, variant.batch) == ("D", (None, 384, 384), 8)


def test_sizes_take_either_sign() -> None:
    """A size may be written with x or ×."""
    assert parse_image("3×384×512") == parse_image("3x384x512") == (3, 384, 512)
