"""Counts that follow a wrong formula, and numbers that have changed places or do not lead on."""

from __future__ import annotations

import pytest

from tests.check.support import check

COURSE = """\
| | Activation shape | Activation size | # parameters |
|---|---|---|---|
| Input | (40, 40, 3) | 4,800 | 0 |
| CONV1 (f=5, s=1) | (36, 36, 10) | 12,960 | {conv1} |
| POOL1 | (18, 18, 10) | 3,240 | 0 |
| CONV2 (f=5, s=1) | (14, 14, 20) | 3,920 | {conv2} |
| POOL2 | (7, 7, 20) | 980 | 0 |
| FC3 | (120, 1) | 120 | {fc3} |
| FC4 | (84, 1) | 84 | 10,164 |
| Softmax | (10, 1) | 10 | 850 |
"""
"""(5*5*3 + 1)*10 = 760, without the depth 260; (5*5*10 + 1)*20 = 5,020 and 520; 980*120 + 120 = 117,720, with one bias 117,601."""


@pytest.mark.parametrize(
    ("conv1", "conv2", "fc3", "expected"),
    [
        ("760", "5,020", "117,720", []),
        ("260", "520", "117,601", [("260", "760"), ("520", "5020"), ("117,601", "117,720")]),
        ("760", "5,020", "117,601", [("117,601", "117,720")]),
    ],
)
def test_a_wrong_formula(conv1: str, conv2: str, fc3: str, expected: list[tuple[str, str]]) -> None:
    text = COURSE.format(conv1=conv1, conv2=conv2, fc3=fc3)
    assert [(f.text, f.expected) for f in check(text).findings] == expected


def test_a_depthwise_convolution_has_no_depth() -> None:
    rows = "| conv1 3x3 | 32x32x16 | 448 |\n| conv2 3x3 | 32x32x32 | 4,640 |\n| depthwise conv 3x3 | 32x32x32 | 320 |\n"
    text = f"| layer | output | params |\n|---|---|---|\n| input | 32x32x3 | 0 |\n{rows}"
    assert [f for f in check(text).findings if f.code == "V201"] == []


def test_two_numbers_of_one_row_that_have_changed_places() -> None:
    rows = "| resnet18 | 11.69 | 3.64 |\n| resnet34 | 7.34 | 21.80 |\n| resnet50 | 25.56 | 8.22 |\n| vgg16 | 138.36 | 30.97 |\n"
    findings = check(f"GOPs = 2 x MACs\n\n| Model | Params (M) | GOPs |\n|---|---|---|\n{rows}").findings
    assert [(f.code, f.text, f.expected) for f in findings] == [
        ("V605", "7.34", "21.80"),
        ("V605", "21.80", "7.34"),
    ]


@pytest.mark.parametrize(("flat", "wrong"), [("8192", []), ("25088", ["(None, 25088)"])])
def test_a_map_that_is_flattened(flat: str, wrong: list[str]) -> None:
    """4 x 4 x 512 = 8,192, and 8,192 x 256 + 256 = 2,097,408."""
    text = (
        "| Layer | Output | Params |\n|---|---|---|\n| vgg16 (Functional) | (None, 4, 4, 512) | 14,714,688 |\n"
        f"| flatten (Flatten) | (None, {flat}) | 0 |\n| dense (Dense) | (None, 256) | 2,097,408 |\n| dense_1 (Dense) | (None, 1) | 257 |\n"
    )
    assert [f.text for f in check(text).findings if f.code == "V103"] == wrong


GROWTH = """\
# conv engine

| layer | GOP | ms |
|---|---|---|
| a | 3.70 | 7.4 |
| b | 1.85 | 3.7 |
| c | 3.70 | 7.4 |
| d | 0.92 | 1.9 |
| total | {total} | 20.4 |
"""


@pytest.mark.parametrize(
    ("total", "wrong"), [("10.17", []), ("10.18", []), ("11.07", ["11.07"]), ("12.30", [])]
)
def test_totals_of_decimals(total: str, wrong: list[str]) -> None:
    """3.70 + 1.85 + 3.70 + 0.92 = 10.17, of which 0.02 may be rounded; 11.07 is it with two digits swapped."""
    assert [f.text for f in check(GROWTH.format(total=total)).findings] == wrong
