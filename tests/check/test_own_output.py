"""Whatever vggstat itself prints passes."""

from __future__ import annotations

import pytest

from vggstat.cli.blocks import render_block

from .support import check

SUFFIXES = {"text": ".txt", "markdown": ".md", "csv": ".csv", "html": ".html", "latex": ".tex"}
STYLES = ("layers", "blocks", "conventions", "cs231n", "keras", "torch", "slides")
VARIANTS: tuple[list[str], ...] = (
    [],
    ["--input", "256"],
    ["--no-top"],
    ["--classes", "10"],
    ["--batch", "32"],
    ["--head", "conv"],
    ["--head", "gap"],
    ["--dtype", "bf16"],
    ["--input", "224x320"],
    ["--ops", "fvcore"],
    ["--memory", "cs231n-total"],
    ["--memory", "saved"],
)


@pytest.mark.parametrize("format_name", SUFFIXES)
@pytest.mark.parametrize("style", STYLES)
def test_every_style_and_format_of_every_network(style: str, format_name: str) -> None:
    """Tables of all shipped networks, and of some in every variant, have no finding in any style and format."""
    for name in ("A", "A-LRN", "B", "C", "D", "E", "D-BN", "AlexNet"):
        for variant in VARIANTS if name in ("D", "A-LRN") else VARIANTS[:1]:
            text = render_block(["table", name, "--style", style, "--format", format_name, *variant])
            result = check(text, f"own{SUFFIXES[format_name]}")
            assert result.findings == (), (name, variant)


@pytest.mark.parametrize("format_name", SUFFIXES)
@pytest.mark.parametrize(
    "words", [["compare", "D", "E"], ["compare", "A", "B", "D", "E"], ["list"], ["configs"]], ids=" ".join
)
def test_other_printing_commands(words: list[str], format_name: str) -> None:
    """Comparisons and lists have no finding either."""
    result = check(render_block([*words, "--format", format_name]), f"own{SUFFIXES[format_name]}")

    assert result.findings == ()
