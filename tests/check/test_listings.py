"""Listings: what is judged once, and products in the form that people write them."""

from __future__ import annotations

from .generate import documents, plain
from .support import check

BLOCKS = """\
# VGG-16

| Layer | Output |
|---|---|
| 2 x conv3-64 | 224x224x64 |
| maxpool | 112x112x64 |
| 2 x conv3-128 | 112x112x128 |
| maxpool | 56x56x128 |
| 3 x conv3-256 | {} |
| maxpool | 28x28x256 |
| 3 x conv3-512 | 28x28x512 |
| maxpool | 14x14x512 |
| 3 x conv3-512 | 14x14x512 |
| maxpool | 7x7x512 |
"""


def test_a_row_of_several_layers_is_judged_once() -> None:
    """Ten shapes, and kernel and filters of five rows of convolutions: 10 + 2 * 5 claims, whatever they repeat."""
    right, wrong = check(BLOCKS.format("56x56x256")), check(BLOCKS.format("65x65x256"))

    assert [(j.claims, j.right) for j in right.judgements] == [(20, 20)]
    assert [(f.code, f.text) for f in wrong.findings] == [("V101", "65x65x256")]
    assert [(j.claims, j.right) for j in wrong.judgements] == [(20, 19)]


def test_signs_that_markdown_has_eaten_at_another_image() -> None:
    """At 256x256 the first FC layer takes 8 * 8 * 512 values: 885124096 is 8*8*512*4096 without its stars."""
    case = next(case for case in documents("cs231n") if case.name.endswith(": D at 256, flatten"))
    text = plain(case.text)
    assert text.count("32768*4096") == 1

    eaten = text.replace("32768*4096", "885124096")
    assert check(eaten).findings == ()
    assert check(eaten.replace("885124096", "775124096")).findings
