"""Numbers that no reader has to know: equations, results of the numbers beside them, sizes that follow from each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.check.support import check, codes, found
from vggstat.lint.relations.layer_params import layer_params

HEAD = "# Parameters of my network\n\n"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("| MP_1 | 2 | 0 | 2 | 5+(2-1)*2=6 |", "6"),  # 5 + 2 = 7
        ("25,557,032 − 53,120 (BN) − 1,000 (FC bias) = 25,502,192 weights.", "25,502,192"),  # ...,912
        ("// linear 7500 -> 16   7500*16     = 12000  bias 16", "12000"),  # 120,000
        ("25 088 * 4096 + 4096 = 102 764 545", "102 764 545"),  # 102,764,544
        ("$256 + 24 \\times 32 = 1124$", "1124"),  # 256 + 768 = 1,024
    ],
)
def test_equations_that_do_not_hold(text: str, wrong: str) -> None:
    """By whoever reads them first: the readers of products have words for what they are of."""
    assert [(code, at) for _, code, at, _ in found(f"{HEAD}{text}\n")] in (
        [("V507", wrong)],
        [("V202", wrong)],
    )


@pytest.mark.parametrize(
    "text",
    [
        "5+(2-1)*2=7",
        "(224+2-3)/1+1=224 and (224-11)/4+1 = 54",  # 54.25, rounded either way
        "|16 100 100+(3-1)*16=132|",  # three numbers, not one
        "(13x13)+(26x26)) x 3 = 10647",
        "x + 3*3 = 10",
        "3*3*64 = 1K, 7/8 = 8, 0x93 = 147, `200 * 150 * 100 * 32 = 96`百万",
        "200 * 150 * 100 = 3 million",
        "(512*7*7*4096+4096)+\n(4096*4096+4096) = 119545856",
    ],
)
def test_equations_that_hold_or_are_not_read_whole(text: str) -> None:
    assert codes(f"{HEAD}{text}\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "weight[self.low-1:self.high-1+1] = 1",
        "mask[k, j * 2: j * 2 + 2] = 1",
        "$$\\text{KV size} = 2 \\times 80 \\times 8192 \\times 1024 \\times 2 = 2.6 \\text{ GB}$$",
        "62.9455，62.9455x4=251.782",
        "size = 520000000 * 2  # 505789440",
        "2 x 24 = 48 GB, 12 + 12 = 24 GB, 15.5 x 2 = 31 GFLOPs, 4 x 553 = 2.2 GB, 138 + 26 = 164M",
        "mAP at 640x640 = 37.4, latency at 224 x 224 = 12 ms, 10 filters 3x3 = 90 weights",
        "Layers 1 + 2 = 38,720 params, scale 256 + 384 = 24.8 top-1 error",
        "28 x 28 + pad 2 = 32 x 32",
    ],
)
def test_what_is_no_equation(text: str) -> None:
    """Assignments of code, sizes in a unit of LaTeX's or of the whole equation, two numbers of a list, a comment that holds another
    number, a size and what is measured at it, parts that are named by numbers, what is done to a size."""
    assert codes(f"# Parameters\n\n{text}\n") == codes(f"# parameters\n{text}\n", "a.py") == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("a;148288;81930;230128", "230128"),  # 230,218
        ("#define MAP4 401480 /* 28*28*512 */", "401480"),  # 401,408
        ("The head is `25088 -> 256 -> 1`: 6,423,401 parameters.", "6,423,401"),  # 25089*256 + 257
        ("13,004,888 in all.\n\nTwo heads have 6,379,984, the rest 6,624,940.", "6,624,940"),  # ...,904
        ("a 117,600\nb 240,000\nc 48,000\nd 10,080\ne 840\nsum 416,250", "416,250"),  # 416,520
    ],
)
def test_numbers_next_to_a_result(text: str, wrong: str) -> None:
    assert [(code, at) for _, code, at, _ in found(f"{HEAD}{text}\n")] == [("V506", wrong)]


@pytest.mark.parametrize(
    "text",
    [
        "a 100,000\nb 50,000\nc 510,000",  # too few digits beside the zeros
        "14,215,946 and 4\n14,219,540",  # nothing but one term
        "230128 and 148288 and 81930, as before: 230128",  # written twice
        "64 x 3 3 128 73,792",  # no sign between the factors
        "a 148288\nb 81931\nc 230229",  # the difference is one digit, of too few
    ],
)
def test_what_is_chance_or_meant(text: str) -> None:
    assert codes(f"{HEAD}{text}\n") == []


@given(st.lists(st.integers(10_000, 9_999_999), min_size=2, max_size=8))
def test_right_sums(terms: list[int]) -> None:
    """A column that adds up, and each of its numbers, whatever they are."""
    rows = "".join(f"| part{index} | {term:,} |\n" for index, term in enumerate(terms))
    assert "V506" not in codes(f"{HEAD}| part | params |\n|---|---|\n{rows}| total | {sum(terms):,} |\n")


TOTALS = """\
# Total params: {params}
# Trainable params: 133,047,848
# Non-trainable params: 0
# Input size (MB): 0.57
# Forward/backward pass size (MB): 93.48
# Params size (MB): {size}
# Estimated Total Size (MB): {total}
"""
"""133,047,848 parameters x 4 bytes / 2^20 = 507.54; 0.57 + 93.48 + 507.54 = 601.59."""


@pytest.mark.parametrize(
    ("params", "size", "total", "wrong"),
    [
        ("133,047,848", "507.54", "601.59", []),
        ("133,047,848", "506.83", "600.88", ["506.83"]),
        ("133,047,848", "507.54", "610.59", ["610.59"]),
        ("133,047,884", "507.54", "601.59", ["133,047,848"]),  # its trainable ones
    ],
)
def test_totals_without_their_rows(params: str, size: str, total: str, wrong: list[str]) -> None:
    text = TOTALS.format(params=params, size=size, total=total)
    assert [at for _, _, at, _ in found(text, "notes.py")] == wrong


PRUNED = """\
| Method | FLOPs | Params |
|---|---|---|
| none | 313.73M | 14.98M |
| one | 206.00M (34.3%) | 5.40M (64.0%) |
| two | 183.13M (41.6%) | 3.93M ({percent}%) |
| three | 108.61M (65.4%) | 2.64M (82.4%) |
| four | 94.12M (70.0%) | 2.25M (85.0%) |
"""
"""1 - 3.93 / 14.98 = 73.8 %."""


@pytest.mark.parametrize(
    ("percent", "severities"),
    [("73.8", []), ("74.1", []), ("78.3", ["error"]), ("26.2", []), ("55.2", ["warning"])],
    ids=["right", "of a base given more exactly", "a slip", "what is left", "neither"],
)
def test_reductions(percent: str, severities: list[str]) -> None:
    findings = check(PRUNED.format(percent=percent)).findings
    assert [(f.code, f.severity, f.text) for f in findings] == [
        ("V508", severity, percent) for severity in severities
    ]


def test_reductions_against_the_row_above() -> None:
    """Each group of rows has a base of its own; 1 - 62.7 / 125 = 49.8 %."""
    text = (
        "params, MACs\n\n| net | MACs |\n|---|---|\n| A | 313M |\n| A1 | 206M (34.2%↓) |\n| A2 | 146M (53.4%↓) |\n"
        "| A3 | 108M (65.5%↓) |\n| B | 125M |\n| B1 | 62.7M (48.9%↓) |\n"
    )
    assert [(f.text, f.expected) for f in check(text).findings] == [("48.9", "49.8")]


@pytest.mark.parametrize(
    ("total", "expected"),
    [("133047848", []), ("133009128", [("V501", "warning")]), ("133531127", [])],
    ids=["all", "without the first", "another difference"],
)
def test_a_total_that_lacks_a_row(total: str, expected: list[tuple[str, str]]) -> None:
    counts = (38720, 221440, 885248, 3539968, 4719616, 123642856)
    rows = "".join(f"| {index} | {count} |\n" for index, count in enumerate(counts))
    found = check(f"# Params of mine\n\n| block | size |\n|---|---|\n{rows}| total | {total} |\n").findings
    assert [(f.code, f.severity) for f in found] == expected


CHAIN = """\
| Layer | Input | Kernel | Output | Params |
|---|---|---|---|---|
| Conv1 | 112x112x3 | 3x3 | 112x112x16 | 448 |
| Conv2 | 112x112x16 | 3x3 | 112x112x32 | 4640 |
| Conv3 | 112x112x32 | 3x3 | 112x112x64 | 18496 |
| Conv4 | 112x112x64 | 3x3 | 112x112x72 | {count} |
"""
"""3 x 3 x 64 x 72 + 72 = 41,544; in two groups of 32, 20,808; 5 x 5 has 115,272."""


@pytest.mark.parametrize(
    ("count", "holds"),
    [("41544", True), ("41472", True), ("20808", None), ("115272", None), ("44154", False)],
)
def test_parameters_by_what_enters_and_leaves(count: str, holds: bool | None) -> None:
    """With biases and without; of groups and of another window nothing is said."""
    (judgement,) = check(CHAIN.format(count=count)).judgements
    links = {link.cell.flow.text: link.holds for link in layer_params(judgement.table)}
    assert [links.pop(text) for text in ("448", "4640", "18496")] == [True] * 3
    assert links == ({} if holds is None else {count: holds})


MAPS = """\
Layer (type:depth-idx)                   Output Shape              Param #
├─Conv2d: 1-1                            [1, 24, 192, 192]         --
├─MaxPool2d: 1-2                         [1, 24, 96, 96]           --
├─Conv2d: 1-3                            [1, 48, 96, 96]           --
├─MaxPool2d: 1-4                         [1, 48, {side}, {side}]           --
├─Conv2d: 1-5                            [1, 96, {after}, {after}]           --
├─MaxPool2d: 1-6                         [1, 96, 24, 24]           --
"""


@pytest.mark.parametrize(
    ("side", "after", "wrong"), [(48, 48, []), (84, 48, ["[1, 48, 84, 84]"]), (47, 48, []), (84, 84, [])]
)
def test_a_map_that_fits_neither_side(side: int, after: int, wrong: list[str]) -> None:
    """What leads on to the next one is another pool, however odd."""
    text = MAPS.format(side=side, after=after)
    assert [f.text for f in check(text, "log.txt").findings if f.code == "V103"] == wrong


def test_fewer_operations_than_parameters() -> None:
    """Each parameter of such a network is used once at least: the headers are swapped, whatever the networks are."""
    table = "| Model | {0} | {1} |\n|---|---|---|\n| VGG16 | 14.72M | 313.75M |\n| VGG16, pruned | 1.02M | 84.10M |\n| VGG16, more | 0.96M | 88.47M |\n"
    assert codes(table.format("FLOPs", "Parameters")) == ["V605"]
    assert "V605" not in codes(table.format("Parameters", "FLOPs"))


LIGHTNING = """\
  | Name       | Type             | Params
------------------------------------------------
0 | encoder    | Sequential       | 93.2 K
1 | neck       | Conv2d           | 73.9 K
2 | classifier | Linear           | 1.9 K
------------------------------------------------
{total} K     Trainable params
0         Non-trainable params
{total} K     Total params
{size}     Total estimated model params size (MB)
"""
"""93.2 + 73.9 + 1.9 = 169.0 thousand, each rounded or cut; four bytes each are 0.676 MB, two 0.338."""


@pytest.mark.parametrize(
    ("total", "size", "wrong"),
    [("169", "0.676", []), ("169", "0.338", []), ("169", "0.767", ["0.767"]), ("196", "0.784", ["196 K"])],
)
def test_the_summary_of_lightning(total: str, size: str, wrong: list[str]) -> None:
    assert [f.text for f in check(LIGHTNING.format(total=total, size=size), "a.log").findings] == wrong


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "11,183,694 parameters. File: {} MB float32",
            [("44.7", []), ("47.4", [("warning", "44.7")]), ("47.5", [])],
        ),
        ("138.357.544 Parameter, mit int8 {} MB", [("138,4", []), ("183,4", [("error", "138,4")])]),
        (
            "11,173,962 params\n\nsize: {} MiB",
            [("42.63", []), ("46.23", [("error", "42.63")]), ("51.10", [])],
        ),
    ],
)
def test_sizes_beside_a_count(text: str, expected: list[tuple[str, list[tuple[str, str]]]]) -> None:
    """11,183,694 x 4 / 10^6 = 44.73; 138,357,544 / 10^6 = 138.36; 11,173,962 x 4 / 2^20 = 42.63."""
    for size, wrong in expected:
        findings = check(f"# {text.format(size)}\n").findings
        assert [(f.severity, f.expected) for f in findings if f.code == "V211"] == wrong


@pytest.mark.parametrize(
    ("row", "expected"),
    [("147,584", []), ("174,584", ["174,584"]), ("147,585", []), ("147,548", ["147,548"])],
    ids=["right", "swapped", "another difference", "swapped elsewhere"],
)
def test_a_row_that_keeps_the_others_from_their_total(row: str, expected: list[str]) -> None:
    """1,792 + 36,928 + 73,856 + 147,584 = 260,160."""
    text = f"| part | params |\n|---|---|\n| a | 1,792 |\n| b | 36,928 |\n| c | 73,856 |\n| d | {row} |\n| total | 260,160 |\n"
    assert [f.text for f in check(text).findings if f.code == "V506"] == expected


RATIOS = "# MACs\n\n| {0} | {1} |\n|---|---|\n| 11.69 | 46.76 |\n| 21.80 | 87.20 |\n| 25.56 | 102.24 |\n| 44.55 | {2} |\n| 60.19 | 240.76 |\n"


@pytest.mark.parametrize(("last", "wrong"), [("178.20", []), ("187.20", ["187.20"]), ("179.10", [])])
def test_columns_whose_headers_say_nothing(last: str, wrong: list[str]) -> None:
    """44.55 x 4 = 178.20; what is off by less than a twentieth may be rounded otherwise."""
    findings = check(RATIOS.format("a", "b", last)).findings
    assert [(f.code, f.text, f.expected) for f in findings] == [("V509", text, "178.20") for text in wrong]


def test_two_measurements_of_the_same_are_no_ratio() -> None:
    rows = "".join(f"| {value} | {value} |\n" for value in ("12.3", "23.4", "34.5", "56.7"))
    assert check(f"# MACs, latency\n\n| p95 | p99 |\n|---|---|\n{rows}| 45.6 | 49.6 |\n").findings == ()
