"""Whatever vggstat itself prints passes: every style, format, network and variant, and every command."""

from __future__ import annotations

from itertools import product

import pytest

from vggstat.cli.blocks import render_block
from vggstat.cost.accounting import ACCOUNTINGS
from vggstat.cost.counting import COUNTING_RULES
from vggstat.errors import VggstatError
from vggstat.render import format_names
from vggstat.render.styles import style_names

from .support import check

SUFFIXES = {
    "rich": ".txt", "text": ".txt", "markdown": ".md", "csv": ".csv", "json": ".json", "html": ".html", "latex": ".tex",
}  # fmt: skip
STYLES = style_names()
SPECS = ("A", "A-BN", "A-LRN", "AlexNet", "B", "B-BN", "C", "D", "D-BN", "E", "E-BN")
VARIANTS: tuple[tuple[str, ...], ...] = (
    ("--input", "256"),
    ("--input", "512x384"),
    ("--input", "32", "--head", "gap", "--classes", "10"),
    ("--input", "256", "--head", "flatten"),
    ("--no-top",),
    ("--classes", "10"),
    ("--batch", "32"),
    ("--batch", "8", "--dtype", "int8"),
    ("--dtype", "bf16"),
    ("--head", "conv"),
    ("--head", "gap"),
    ("--width", "80"),
    ("--width", "160"),
    ("--by", "block"),
    ("--torch-names",),
    ("--columns", "name,weights,biases,params,operations,output_values,output_bytes"),
    ("--columns", "name,kernel,stride,padding,output,receptive_field,effective_stride,flops"),
    *(("--ops", rule.name) for rule in COUNTING_RULES),
    *(("--memory", accounting.name) for accounting in ACCOUNTINGS),
)


def findings(words: list[str], suffix: str) -> list[str] | None:
    """What ``check`` says of a command's output; None where the command refuses the words."""
    try:
        text = render_block(words)
    except VggstatError:
        return None
    return [f"{f.place.line}: {f.code} {f.message}" for f in check(text, f"own{suffix}").findings]


def test_every_format_is_among_them() -> None:
    """A new one is read back, too."""
    assert set(format_names()) == set(SUFFIXES)


@pytest.mark.parametrize("format_name", SUFFIXES)
@pytest.mark.parametrize("style", STYLES)
def test_every_style_and_format(style: str, format_name: str) -> None:
    """Every style in every format, of D and of two networks that differ from pair to pair, so that each comes in
    every style and in every format."""
    turn = STYLES.index(style) + list(SUFFIXES).index(format_name)
    for name in ("D", SPECS[turn % len(SPECS)], SPECS[(turn + 6) % len(SPECS)]):
        words = ["table", name, "--style", style, "--format", format_name]
        assert findings(words, SUFFIXES[format_name]) in ([], None), words


@pytest.mark.parametrize("variant", VARIANTS, ids=" ".join)
@pytest.mark.parametrize("style", STYLES)
def test_every_variant(style: str, variant: tuple[str, ...]) -> None:
    """Every variant in every style, its format and its network different from pair to pair."""
    turn = STYLES.index(style) + VARIANTS.index(variant)
    format_name = list(SUFFIXES)[turn % len(SUFFIXES)]
    for name in ("D", SPECS[turn % len(SPECS)]):
        words = ["table", name, "--style", style, "--format", format_name, *variant]
        assert findings(words, SUFFIXES[format_name]) in ([], None), words


COMMANDS = (
    "compare D E", "compare D D-BN", "compare D@head=gap D", "plot D receptive-field",
    "compare A B C D E", "compare A-LRN A", "compare AlexNet D", "compare D@256 E@256", "list", "configs",
    "stack 3x3 3x3 7x7", "stack 3 3 3 --channels 512", "explain 96MB D", "explain 93MB D", "explain 15.5G D",
    "explain D block3_conv2", "explain D fc1", "memory D", "memory E --mode training --batch 32",
    "memory D --mode training --optimizer adam", "fit D --memory 24GiB", "fit E --memory 80GB --mode training",
    "roofline D --device h200", "roofline E --device a100 --batch 64",
    "plot D params", "plot D operations", "plot D memory", "plot D E params", "plot A B D E operations",
    "plot D E memory", "plot D E compare", "plot landscape",
)  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command(words: str) -> None:
    """What the other commands print, in every format."""
    printed = [
        findings([*words.split(), "--format", format_name], suffix)
        for format_name, suffix in SUFFIXES.items()
    ]

    assert printed == [[]] * len(SUFFIXES)


@pytest.mark.parametrize(
    "words", ["report D -o -", "report A-LRN E -o -", "draw D", "draw --style flow E-BN"]
)
def test_pages_and_pictures(words: str) -> None:
    """The page of a report and the text of a drawing."""
    assert findings(words.split(), ".html") == []


@pytest.mark.parametrize(
    ("before", "after"), [("1,792", "1,729"), ("36,928", "36,982"), ("102,764,544", "102,746,544")]
)
def test_these_tests_can_fail(before: str, after: str) -> None:
    """A digit changed in what is printed is found in every format that is read."""
    unseen = []
    for style, format_name in product(("layers", "keras"), SUFFIXES):
        text = render_block(["table", "D", "--style", style, "--format", format_name])
        bare = (before.replace(",", ""), after.replace(",", ""))
        wrong = text.replace(before, after, 1) if before in text else text.replace(*bare, 1)
        if wrong != text and not check(wrong, f"own{SUFFIXES[format_name]}").findings:
            unseen.append((style, format_name))

    assert unseen in ([], [("layers", "json"), ("keras", "json")])
