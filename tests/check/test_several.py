"""Several networks in a sentence with a number each."""

from __future__ import annotations

import pytest

from tests.check.support import check


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("VGG-16 and VGG-19 have 138M and {}M parameters, respectively.", ("144", "134")),
        ("VGG-11, VGG-13 and VGG-16 have 132.9, {} and 138.4 M parameters respectively.", ("133.0", "130.3")),
        ("У VGG19 параметров 143,7 млн, у VGG13 — {} млн, у VGG11 — 132,9 млн.", ("133,0", "130,3")),
        ("VGG16 hat 138 Mio. und VGG19 {} Mio. Parameter.", ("144", "134")),
        ("AlexNet 和 VGG-16 分别有 61.1M 和 {}M 个参数。", ("138.4", "183.4")),
    ],
)
def test_each_has_its_own(text: str, wrong: tuple[str, str]) -> None:
    """Right with the first, and one error with the second."""
    right, slip = wrong
    assert check(text.format(right)).findings == ()
    assert [(f.code, f.severity) for f in check(text.format(slip)).findings] == [("V210", "error")]


@pytest.mark.parametrize(
    "text",
    [
        "VGG-16 and VGG-19 have 138M, 144M and 61M parameters respectively.",  # more numbers than names
        "VGG-16 and VGG-19 are pruned to 13M and 14M parameters, respectively.",
        "Unlike VGG-16, ours and VGG-19 have 3M and 144M parameters, respectively.",  # names that do not stand together
    ],
)
def test_what_is_of_others(text: str) -> None:
    assert check(text).findings == ()
