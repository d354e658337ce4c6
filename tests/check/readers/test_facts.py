"""Facts of a network that a heading names."""

from __future__ import annotations

import pytest

from tests.check.readers.reading import make, read, totals
from vggstat.lint.readers.facts import find_fact
from vggstat.lint.readers.headings import Headings
from vggstat.lint.text import Line

CARD = (
    "# Model card for vgg16\n\n## Details\n- **Params (M):** 138.4\n- GMACs: 15.5\n- Image size: 256 x 256\n"
)


def test_a_model_card() -> None:
    """Bullets below a heading, with units in the names; the image's size goes with the name."""
    (table,) = read(CARD, "facts")

    assert table.title == "vgg16 256 x 256"
    assert totals(table) == [("params", "138.4", "M"), ("ops", "15.5", "G")]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Params (M)", "138.4", ("params", "138.4", "M")),
        ("MParams", "138.358", ("params", "138.358", "M")),
        ("参数量", "1.38 亿", ("params", "1.38 亿", "")),
        ("Total parameters", "~138M", ("params", "~138M", "")),
        ("Weights", "528 MB", ("param_bytes", "528 MB", "")),
        ("Model size", "528", None),
        ("GFLOPs", "30.974", ("ops", "30.974", "G")),
        ("FLOPs", "15.5", None),
        ("Activations (M)", "13.6", ("values", "13.6", "M")),
        ("Activation", "ReLU", None),
        ("Conv layers", "13", ("conv_layers", "13", "")),
        ("Encoder params", "14.7M", None),
        ("Image size", "224", None),
        ("Top-1 params", "1", None),
    ],
)
def test_names_of_facts(name: str, value: str, expected: tuple[str, str, str] | None) -> None:
    """A name that may mean something else, and a number that does not say what it counts, are no fact."""
    cell = find_fact(Line(name, 1).flow, Line(value, 1).flow)

    assert (None if cell is None else (cell.quantity, cell.flow.text, cell.unit)) == expected


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ("# vgg16\n## Specification\n\n@", "vgg16"),
        ("# VGG-16\ntext\n## VGG-19\n@", "VGG-19"),
        ("VGG19\n\nSpecification\n@", "VGG19"),
        ("<h2>VGG-16</h2>\n@", "VGG-16"),
        ("# VGG-16\n## Our pruned network\n@", ""),
        ("# VGG-16 and VGG-19\n@", ""),
        ("# VGG16 vs ResNet50\n@", ""),
        ("# VGG-16\n# Data\n@", ""),
        ("# ResNet-50\n@", "ResNet-50"),
        ("# SE-ResNet-50\n@", ""),
        ("VGG19\n" + "text\n" * 40 + "@", ""),
        ("```\n# VGG-16\n```\n@", ""),
    ],
)
def test_whose_facts_they_are(text: str, owner: str) -> None:
    """The nearest heading that names a network decides; a comparison, or somebody's own network, is nobody's."""
    section = make(text)

    assert Headings(section).owner(len(section.lines) - 1) == owner


def test_a_table_of_facts_without_a_header() -> None:
    """Its first row is a fact, too, and the heading's network is its title."""
    (table,) = read("# vgg19\n\n| GFLOPs | 39.3 |\n|---|---|\n| MParams | 143.667 |\n", "markdown")

    assert (table.form, table.title.strip("# ")) == ("facts", "vgg19")
    assert totals(table) == [("ops", "39.3", "G"), ("params", "143.667", "M")]
