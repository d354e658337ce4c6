"""Rows that only a letter names: configurations of the VGG paper, or anybody's variants."""

from __future__ import annotations

import pytest

from .support import codes


@pytest.mark.parametrize(
    "text",
    [
        "| Variant | MACs |\n|---|---|\n| A | 120M |\n| B | 300M |\n",
        "| Team | GFLOPS |\n|---|---|\n| D | 1.2 |\n",
        "| Model | Conv layers |\n|---|---|\n| A | 5 |\n| E | 16 |\n",
        "Model A has 1.2 GFLOPs, model B has 2.3 GFLOPs.\n",
    ],
)
def test_a_letter_alone_is_nobodys_configuration(text: str) -> None:
    """Nothing speaks of VGG, and at most one row happens to fit (configuration E has 16 conv layers)."""
    assert codes(text) == []


@pytest.mark.parametrize(
    ("before", "rows"),
    [
        ("ConvNet configurations", "| A | 5 |"),
        ("From Simonyan and Zisserman", "| A | 5 |"),
        ("", "| A | 5 |\n| D | 13 |\n| E | 16 |"),
    ],
)
def test_letters_are_configurations_where_words_or_figures_say_so(before: str, rows: str) -> None:
    """Configuration A has 8 conv layers, D 13, E 16: a wrong 5 is found where the context or two other rows tell."""
    assert codes(f"{before}\n\n| Model | Conv layers |\n|---|---|\n{rows}\n") == ["V704"]
