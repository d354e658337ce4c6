"""Pages written out by hand: no figure is computed, so that golden files show the presentation alone."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from vggstat.render.page import (
    RULE,
    Alternative,
    Column,
    Listing,
    Page,
    Row,
    Styled,
    Table,
    Text,
    heading,
    listing,
    note,
    row,
    total,
)
from vggstat.units import mebi, mega, signed


def right(key: str, header: str | tuple[str, ...] = "", **more: Any) -> Column:
    """A right-aligned column."""
    return Column(key=key, header=header, align="right", **more)


def left(key: str, header: str | tuple[str, ...] = "", **more: Any) -> Column:
    """A left-aligned column."""
    return Column(key=key, header=header, **more)


def _map(shape: tuple[int, ...]) -> str:
    if len(shape) == 1:
        return str(shape[0])
    channels, height, width = shape
    return f"{height}×{width}×{channels}"


def _share(cell: float) -> str:
    return f"{cell:.1f} %"


LAYERS = Table(
    name="layers",
    main=True,
    columns=(
        right("index"),
        left("name", "name"),
        left("layer", "layer"),
        right("kernel", "k", label="kernel", priority=3),
        right("stride", "s", label="stride", priority=3, gap=1),
        right("padding", "p", label="padding", priority=3, gap=1),
        right("output_shape", ("output", "h × w × c"), text=_map),
        right("receptive_field", ("recept.", "field"), label="receptive field", priority=1, overhang=1),
        right("weights", ("weights,", "no biases"), priority=2, role="params"),
        right("params", ("parameters,", "with biases"), role="params"),
        right("macs", "MACs"),
        right("output_values", ("output", "values"), role="memory"),
    ),
    rows=(
        RULE,
        row("", "input", "", "", "", "", (3, 224, 224), "", None, None, None, 150_528),
        row(1, "block1_conv1", "conv3-64", 3, 1, 1, (64, 224, 224), 3, 1_728, 1_792, 86_704_128, 3_211_264),
        row(
            2,
            "block1_conv2",
            "conv3-64",
            3,
            1,
            1,
            (64, 224, 224),
            5,
            36_864,
            36_928,
            1_849_688_064,
            3_211_264,
        ),
        row("", "block1_pool", "maxpool", 2, 2, 0, (64, 112, 112), 6, None, None, None, 802_816),
        row(16, "predictions", "FC-1000", "", "", "", (1000,), "all", 4_096_000, 4_097_000, 4_096_000, 1_000),
        RULE,
        total(
            "16 weight layers: 13 conv + 3 FC",
            *("",) * 7,
            138_344_128,
            138_357_544,
            15_470_264_320,
            15_237_608,
        ),
    ),
)
SHARES = Table(
    name="shares",
    columns=(
        left("share", "share by block", min_width=20),
        *(
            right(key, key, min_width=10, text=_share)
            for key in ("input", "block1", "block2", "block3", "block4", "block5", "FC")
        ),
    ),
    rows=(
        row("parameters", None, 0.0, 0.2, 1.1, 4.3, 5.1, 89.4),
        row("MACs", None, 12.5, 17.9, 29.9, 29.9, 9.0, 0.8),
    ),
)
FIGURES = Text(
    lines=(
        ("parameters", "138,357,544 = 138,344,128 weights + 13,416 biases; float32 553.43 MB (527.79 MiB)"),
        (
            "operations",
            "forward 15.47 GMACs = 30.94 GFLOPs at 2 per MAC; training step 92.65 GFLOPs (2.994 × forward)",
        ),
    ),
    label_width=14,
)
ACTIVATIONS = Table(
    name="activations",
    title="activations   of one image in float32, by accounting",
    indent=2,
    close=True,
    columns=(
        left("accounting"),
        left("what"),
        right("values", "values"),
        right("mb", "MB", text=mega, min_width=7),
        right("mib", "MiB", text=mebi, min_width=7),
    ),
    rows=(
        row(
            "inference-peak",
            "alive at once, at block1_conv2 (579.72 MB with the weights)",
            6_573_056,
            26_292_224,
            26_292_224,
        ),
        row("outputs", "each map once, ReLU in place: the rows above", 15_237_608, 60_950_432, 60_950_432),
        row(
            "saved",
            "kept by autograd for the backward pass, with pool indices",
            "",
            73_330_688,
            73_330_688,
        ),
    ),
    notes=(
        '  The CS231n lecture prints "24M * 4 bytes ~= 96MB / image (only forward)"; its rows make 15.2M.',
    ),
)
VGG16 = Page(
    title="VGG-16 · configuration D · Simonyan & Zisserman 2014, Table 1",
    aside="224×224 RGB image · batch 1 · float32",
    parts=(LAYERS, SHARES, FIGURES, ACTIVATIONS),
    notes=("MACs: multiply-accumulates of conv and FC layers; no biases, nothing else. MB = 10^6 B.",),
    data=lambda: {
        "schema": 1,
        "spec": "D",
        "workload": {"input": [3, 224, 224], "batch": 1, "dtype": "float32"},
        "rows": [
            {"name": "input", "output_shape": [3, 224, 224], "kernel": None},
            {"name": "block1_conv1", "output_shape": [64, 224, 224], "kernel": 3},
        ],
        "nothing": {},
        "none": [],
    },
)


def _delta(cell: int) -> str:
    return signed(cell)


def _block(name: str, layer: str, other: str, shape: tuple[int, ...], *deltas: int) -> Row:
    return row(name, layer, other, shape, *deltas, sign="+" if deltas else "=")


COMPARE = Page(
    title="D · VGG-16, 16 weight layers      E · VGG-19, 19 weight layers",
    aside="224×224 RGB image · batch 1 · float32",
    parts=(
        Table(
            name="layers",
            main=True,
            columns=(
                left("block", "D", min_width=6),
                left("left", label="layer of D"),
                left("right", "E", gap=4),
                right("output_shape", "output", text=_map, gap=5, min_width=18, priority=1),
                right("params", "Δ parameters", text=_delta, gap=2),
                right("macs", "Δ MACs", text=_delta, gap=2, min_width=17),
                right("output_values", "Δ values", text=_delta, gap=2, min_width=11),
            ),
            rows=(
                RULE,
                _block("block1", "conv3-64  ×2", "conv3-64  ×2", (64, 224, 224)),
                _block("", "maxpool", "maxpool", (64, 112, 112)),
                _block("block3", "conv3-256 ×3", "conv3-256 ×3", (256, 56, 56)),
                _block("", "·", "conv3-256", (256, 56, 56), 590_080, 1_849_688_064, 802_816),
                _block("", "·", "conv3-512", (512, 14, 14), 2_359_808, 462_422_016, 100_352),
                row("block5", "conv1-512", "conv3-512", (512, 14, 14), 2_097_152, 411_041_792, 0, sign="~"),
                row("lrn", "LRN", "·", (64, 224, 224), 0, 0, -3_211_264, sign="-"),
                RULE,
                total(
                    "3 conv layers added, none removed, none changed",
                    "",
                    "",
                    "",
                    5_309_696,
                    4_161_798_144,
                    1_304_576,
                ),
            ),
        ),
        Table(
            name="totals",
            columns=(
                left("quantity"),
                right("d", "D"),
                right("e", "E"),
                right("change", "E − D"),
                right("ratio", "E / D"),
            ),
            rows=(
                row("parameters, with biases", 138_357_544, 143_667_240, "+5,309,696", "1.038"),
                row("top-1 error, paper [1]", "25.6 %", "25.5 %", "−0.1 pt", ""),
            ),
        ),
    ),
    notes=(
        "E has 3.8 % more parameters, takes 26.9 % more operations, for 0.1 [1] to 0.8 [2] points of top-1.",
        "[1] Table 3: one test scale, S in [256;512], Q = 384.  [2] one 224×224 crop of a 256 resize.",
    ),
)
VERIFY = Page(
    title="D · VGG-16 against a real torch model · 224×224 RGB image · batch 1 · float32 · CPU",
    parts=(
        Table(
            columns=(
                left("quantity", "quantity"),
                left("counted_by", "counted by"),
                right("says", "it says"),
                right("vggstat", "vggstat says"),
                left("rule", "under its rule", gap=3),
            ),
            rows=(
                RULE,
                row("output shapes", "forward hooks", "21 layers", "21 layers", "conv, pool, FC", sign="✓"),
                row("weights", "torch, 16 tensors", 138_344_128, 138_344_128, sign="✓"),
                row(
                    "operations, forward", "thop", 15_470_314_497, 15_470_314_496, "MACs + avgpool", sign="✗"
                ),
                row("the same on a GPU", "CUDA", "no device", "", "--device cuda", sign="?"),
                RULE,
            ),
            notes=(
                "2 agree, 1 differs, 1 unchecked. Counts are compared to the last digit, each by its rule.",
            ),
        ),
    ),
)
LOOKALIKE = Page(
    title="VGG-16",
    bare=True,
    parts=(
        Alternative(
            listing=listing(
                (
                    "INPUT:    [224x224x3]   ",
                    ("memory: 224*224*3=150K", "memory"),
                    "   ",
                    ("params: 0", "params"),
                    "                  (not counting biases)\n",
                    "CONV3-64: [224x224x64]  ",
                    ("memory: 224*224*64=3.2M", "memory"),
                    "  ",
                    ("params: (3*3*3)*64 = 1,728", "params"),
                    "\n",
                    "TOTAL params: 138M parameters\n",
                )
            ),
            table=Table(
                name="cs231n",
                columns=(left("layer", "layer"), left("memory", "memory"), left("params", "params")),
                rows=(
                    row("INPUT: [224x224x3]", "224*224*3=150K", "0"),
                    row("CONV3-64: [224x224x64]", "224*224*64=3.2M", "(3*3*3)*64 = 1,728"),
                ),
            ),
        ),
    ),
    notes=('The lecture prints "24M * 4 bytes ~= 96MB / image" under the same rows; they add up to 15.2M.',),
)
HOSTILE = Page(
    title="<script>alert(1)</script> \x1b[31mred\x1b[0m | *a* _b_ `c` & $d$ ~e~ 100% #1 \\end{tabular}",
    aside="\x00NUL\ttab\nnewline\u202ebidi",
    parts=(
        Table(
            name='x" onload="y',
            title="a | b \x07",
            columns=(left("a|b", "a | b"), right("c,d", ("<b>", "R&D")), left("e\n", "宽字符 [x]")),
            rows=(
                RULE,
                heading("# *heading* \x1b[1m"),
                row("a|b", 1, "</td><script>"),
                row("_under_score_ and snake_case", None, "宽字符 e\u0301 ｆｕｌｌ"),
                row('quote " comma , \\ back', True, "*x* [link](y) `code`"),
                row("-- not a dash", Decimal("1.50"), "{}%$#&~^ & \ud800"),
                row("* item", (1, 2), "\x1b]0;title\x07"),
                row(
                    Styled(value="strong | one", role="strong"),
                    Styled(value=3, role="memory"),
                    "=1+1",
                    sign="-",
                ),
                note("note: 5 < 6 & 7 > 6"),
                RULE,
                total("total | of all that", 6, ""),
            ),
            notes=("# not a heading", "- not a list", "1. not a list", "> no quotation", "<!-- no comment"),
        ),
        Text(lines=("plain <b>bold</b> \x1b[31m", ("la|bel", "sen_tence_ *x*"), "+ more")),
        Listing(text="```\n</pre>\x1b[0m\n\\end{verbatim}\n\ttab é × ─\n", language="text"),
    ),
    notes=("last \x1b[0m & least",),
    data=lambda: {
        "text": "\x1b[31m\x7f\x85\u202e</script>\ud800 宽 é",
        "number": 1.5,
        "flag": True,
        "nested": [[1, 2], []],
    },
)
EMPTY = Page(
    title="nothing",
    parts=(
        Table(columns=(left("name", "name"), right("params", "parameters")), rows=(), notes=("no rows",)),
        Table(columns=(left("a"), right("b")), rows=(RULE, total("none", 0))),
    ),
)
BARS = Page(
    title="D · VGG-16 · inference",
    parts=(
        Text(lines=("The timed model is the counted one: 21 shapes.",), close=True),
        Table(
            columns=(
                left("layer", "batch 256, eager", min_width=18),
                right("ms", "ms", text=lambda cell: f"{cell:.3f}"),
                right("share", "share", text=_share, gap=3),
                left("bar", min_width=12, priority=2),
                right("tflops", "TFLOP/s"),
                left("limit", "limit", gap=3, priority=1),
            ),
            rows=(
                RULE,
                row("block1_conv1", 2.549, 10.6, "███████▉", 17, "memory"),
                row("block1_pool", 1.008, 4.2, "███▏", None, "memory"),
                RULE,
                total("sum of the rows", 24.062, 100.0, "", 329, ""),
            ),
        ),
        Table(
            title="memory at the peak, batch 256, eager",
            indent=2,
            columns=(left("what", min_width=42), right("bytes", "bytes"), left("remark", gap=3, priority=1)),
            rows=(
                row(
                    "predicted: weights, image, maps of block1_pool",
                    4_053_161_552,
                    "the layer that vggstat predicted",
                ),
                row("+ cuBLAS workspace", 33_554_432, "seen in the allocator's trace"),
            ),
        ),
    ),
)
PAGES: dict[str, Page] = {
    "vgg16": VGG16,
    "compare": COMPARE,
    "verify": VERIFY,
    "lookalike": LOOKALIKE,
    "hostile": HOSTILE,
    "empty": EMPTY,
    "bars": BARS,
}
Renderer = Callable[[Page], str]
