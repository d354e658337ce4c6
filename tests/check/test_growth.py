"""No document takes more than its length: what is repeated in it, and then breaks off, is read in linear time."""

from __future__ import annotations

import signal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pace import seconds

from .support import check

PIECES = [
    "1,792 + ", "3x3x64 * ", "3*3*64", "(3*3*3)*64 = ", "=", "~", " ", "\t", "\n", "1", "1.2 ", "224x224x64", ",", ", ", "| ", "|",
    "(", ")", "[", "]", "{", "}", "<td>", "</td>", "<tr>", "<b", '"', "'", "\\", "\\\\ ", "\\times ", "\\text{", "&", "&nbsp;", "$",
    "-", ".", ":", "/", "x", "#", "_", "*", "%", "`", "^", "conv3-64 ", "CONV3-64: ", "Conv2d-1 ", "params: ", "memory: ",
    "Total params: 138\n", "[224x224x64] memory: 224*224*64=3.2M params: 0\n", "138M ", "VGG-16 ", "million ", "parameters ", "param",
    "weights ", "(biases) ", "GFLOPs ", "MB ", "a", "layer ", "(None, ", "kernel_size=(3, 3), ", "=> ", "no ", "\u00a0", "×", "。", "万",
]  # fmt: skip
"""What documents about networks are made of; repeated, and one after the other, they are the worst of them."""
HEADS = [
    "", "VGG-16 has ", "| Layer | Output | Params |\n| --- | --- | --- |\n| ", "Layer (type) Output Shape Param #\n====\nconv (Conv2D) ",
    "INPUT: [224x224x3] memory: 224*224*3=150K params: 0\nCONV3-64: ", "<table><tr><td>", "\\begin{tabular}{ll}\n", "Layer,Params\n",
    "(features): Sequential(\n (0): Conv2d(", "- ", "<!-- vggstat: ", ".. vggstat:", "% vggstat: ", "## vggstat: ",
]  # fmt: skip
SUFFIXES = [".md", ".html", ".csv", ".tex", ".py", ".ipynb", ".txt"]
QUICK = 0.4
"""Seconds in which 20 kB are read whatever they are; only what takes longer is held against its half."""


def taken(text: str, suffix: str, limit: float) -> float:
    """Seconds that a document takes; what would take hours fails after half a minute of the processor."""

    def stop(*_: object) -> None:
        raise AssertionError(f"more than 30 s for {len(text):,} characters: {text[:200]!r}")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, 30)
    try:
        return seconds(lambda: check(text, f"a{suffix}"), limit)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def assert_linear(head: str, pump: str, tail: str, suffix: str) -> None:
    """Twice the length takes at most three times as long."""

    def pumped(length: int) -> str:
        return head + pump * (length // len(pump) + 1) + tail

    short, long = pumped(10_000), pumped(20_000)
    whole = taken(long, suffix, QUICK)
    if whole >= QUICK:
        half = taken(short, suffix, QUICK / 3)
        assert whole < 3 * half, (head, pump, tail, suffix, half, whole)


TERMS = "1,792 + 36,928 + 73,856 + 147,584 + 295,168 + 590,080 + 590,080 + 1,180,160 + 2,359,808 + 2,359,808 + 2,359,808 + 2,359,808"


@pytest.mark.parametrize("sign", ["+", "*", "x", "\\times"])
@pytest.mark.parametrize("spaces", [" ", "", "  "])
@pytest.mark.parametrize("value", ["", " = 14,712,384", " ="])
def test_a_long_sum_without_its_value(sign: str, spaces: str, value: str) -> None:
    """Thirteen terms: with two ways to read each blank between them they took a minute, and fourteen four."""
    terms = (TERMS + " + 2,359,808").replace(" + ", f"{spaces}{sign}{spaces}")
    text = f"The conv layers of VGG-16 have {terms}{value} parameters.\n"

    assert taken(text, ".md", 0.5) < 0.5


def test_a_long_product_with_its_value_is_still_read() -> None:
    """With brackets, with blanks and without, it is judged as a whole."""
    for text in (
        "3*3*64*64 = 36,964",
        "(3 * 3 * 64) * 64 = 36,964",
        "3 x 3 x 64 x 64 ~ 36,964",
    ):
        assert [finding.expected for finding in check(f"VGG-16: {text} weights\n").findings] == ["36,864"], (
            text
        )


@pytest.mark.parametrize(
    ("head", "pump", "suffix"),
    [
        ("<table><tr><td>", "<td>", ".md"),
        ("<table><tr><td>", "<tr><td rowspan=400>\n", ".html"),
        (
            "VGG-16 has ",
            "Total params: 138\nCONV3-64: [224x224x64] memory: 224*224*64=3.2M params: 0\n",
            ".md",
        ),
        ("memory: 1 ", "param", ".md"),
        ("VGG-16 has ", "1,792 + ", ".md"),
        ("VGG-16 has ", ")", ".md"),
    ],
)
def test_what_took_more_than_its_length(head: str, pump: str, suffix: str) -> None:
    """Rows of thousands of cells, listings of many totals, a word that begins again and again: at 200 kB."""
    text = head + pump * (100_000 // len(pump)) + "\n"

    assert taken(text * 2, suffix, 3) < 3


def test_a_table_of_many_networks() -> None:
    """What a network has is asked once, and nothing of its memory where a column is of parameters."""
    names = (
        "AlexNet",
        "VGG-16",
        "VGG-19",
        "ResNet-18",
        "ResNet-50",
        "ResNet-101",
        "DenseNet-121",
        "MobileNetV2",
        "GoogLeNet",
    )
    rows = "".join(f"| {name} | {index}.5 |\n" for index in range(20) for name in names)

    assert taken(f"| Model | Params (M) |\n|---|---|\n{rows}", ".md", 1) < 1


@given(
    pump=st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join),
    head=st.sampled_from(HEADS),
    tail=st.sampled_from(["", "!", "\n", " =", "x\n"]),
    suffix=st.sampled_from(SUFFIXES),
)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_time_grows_with_length(pump: str, head: str, tail: str, suffix: str) -> None:
    """Whatever is repeated, in whatever kind of document."""
    assert_linear(head, pump, tail, suffix)
