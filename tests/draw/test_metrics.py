"""Text is measured as no less than it takes."""

from __future__ import annotations

import os

import pytest

from vggstat.render.draw.metrics import fitted, is_measured, text_width, wrapped
from vggstat.render.draw.theme import KINDS, PALETTES

# Advance widths in the fonts' own files (hmtx), in thousandths of the font size.
KNOWN = {
    ("conv3-64", False): 4.55,  # DejaVu Sans: .550 .612 .634 .592 .636 .361 .636 .636 = 4.657, Arial 4.167
    ("224×224×64", False): 6.76,  # DejaVu Sans: 8 * .636 + 2 * .838 = 6.764
    ("MACs", True): 3.06,  # DejaVu Sans Bold: .995 .774 .734 .595 = 3.098
}


@pytest.mark.parametrize(("text", "bold"), KNOWN)
def test_no_narrower_than_the_widest_font(text: str, bold: bool) -> None:
    """The width of a text is at least that in DejaVu Sans, and no more than 3 % above it."""
    assert KNOWN[text, bold] <= text_width(text, 1.0, bold=bold) <= 1.03 * KNOWN[text, bold] + 0.1


def test_accents_take_no_room() -> None:
    """An accented letter is as wide as its base, and is measured; a character of another script is an em."""
    assert text_width("é", 10) == text_width("e", 10)
    assert is_measured("Réseau 3×3")
    assert not is_measured("網")
    assert text_width("網", 10) == 10


def test_fitted_text_is_no_wider_than_its_room() -> None:
    """A text that is too wide is cut and says so; one that fits stays."""
    short = fitted("a long name of a network", 10, 60)

    assert short.endswith("…")
    assert text_width(short, 10) <= 60
    assert fitted("abc", 10, 60) == "abc"


def test_wrapping_keeps_to_the_width() -> None:
    """Parts are joined as long as they fit; a part that is too wide alone is cut."""
    lines = wrapped(["one", "two", "three", "w" * 80], 10, 72)

    assert lines[0] == "one two three"
    assert all(text_width(line, 10) <= 72 for line in lines)


@pytest.mark.skipif(
    not os.path.exists("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"), reason="no DejaVu Sans"
)
def test_against_the_font_itself() -> None:
    """Measured by a font library, every ASCII text is at most as wide as the table says."""
    image_font = pytest.importorskip("PIL.ImageFont")
    for name, bold in (("DejaVuSans.ttf", False), ("DejaVuSans-Bold.ttf", True)):
        font = image_font.truetype(f"/usr/share/fonts/truetype/dejavu/{name}", 100)
        for code in range(32, 127):
            assert font.getlength(chr(code)) <= text_width(chr(code), 100, bold=bold) + 0.5


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast ratio as WCAG 2 defines it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", PALETTES)
def test_text_can_be_read(theme: str) -> None:
    """Every text has a contrast of at least 4.5 to 1 with what it stands on, in light and in dark."""
    palette = {role: colour for role, colour in PALETTES[theme].items() if isinstance(colour, str)}

    for role in ("text", "muted", "added", "removed", "changed"):
        assert contrast(palette[role], palette["paper"]) >= 4.5
    for kind in KINDS:
        assert contrast(palette["text"], palette[f"label-{kind}"]) >= 4.5


@pytest.mark.parametrize("theme", PALETTES)
def test_kinds_differ_in_grey(theme: str) -> None:
    """Without hue the large faces of the plain kinds still differ, and kinds of like lightness by their hatch."""
    sides = {kind: luminance(PALETTES[theme][kind][2]) for kind in KINDS}

    for plain in ("input", "conv", "sheet"):
        assert all(
            abs(sides[plain] - sides[other]) > 0.04 for other in ("input", "conv", "sheet") if other != plain
        )
