"""Every rule of ``check``: what it finds, why it matters, and an example of each side.

``bad`` fires the rule and ``good`` does not; tests run both.
"""

from __future__ import annotations

from typing import Final

from vggstat.errors import UsageError
from vggstat.lint.model import Severity
from vggstat.lint.rule_examples import (
    AUXILIARY,
    DIFFERENCE,
    KERAS,
    LECTURE,
    MODELS,
    OPERATIONS,
    OPERATIONS_IN_ALL,
    PRUNED,
    SHARES,
    SIZES,
    TORCHSUMMARY,
    swap,
)
from vggstat.records import Record

__all__ = ["FAMILIES", "RULES", "Rule", "find_rules"]

FAMILIES: Final = {
    "1": "shapes",
    "2": "parameters",
    "3": "activation memory",
    "4": "operations",
    "5": "totals",
    "6": "conventions and units",
    "7": "structure",
    "9": "files and markers",
}


class Rule(Record):
    """One rule. ``file`` is the name of the example's file, ``convention`` what its settings state."""

    code: str
    name: str
    severity: Severity = "error"
    summary: str
    text: str
    bad: str
    good: str
    file: str = "notes.md"
    convention: tuple[str, ...] = ()
    judged: bool = True
    """Whether its findings are weighed against a misreading; those about names, settings, files and markers are certain."""

    mixed: bool = False
    """Whether findings that are not weighed may be warnings all the same."""

    @property
    def family(self) -> str:
        return FAMILIES[self.code[1]]

    @property
    def weight(self) -> str:
        """Whether its findings can be errors, and what their confidence means."""
        if self.severity == "error":
            can = "It is an error" + (
                " where the document itself bears it out, else a warning."
                if self.judged or self.mixed
                else "."
            )
        else:
            can = "It is a warning, and counts as an error only under --strict."
        return f"{can} {_WEIGHED if self.judged else _CERTAIN}"


_WEIGHED: Final = (
    "Its confidence, 0 to 1, says how much speaks for a slip of the author and against a misreading: it rises with each "
    "number of the same column, row and table that agrees and with a slip that explains the number, and falls with "
    "each that differs."
)
_CERTAIN: Final = "Its confidence is always 1: it is not weighed against a misreading."
_FACT: Final = "VGG-16 has 138M parameters.\n"
_IGNORED: Final = "<!-- vggstat: ignore[V210] an example -->\nVGG-16 has 183M parameters.\n"
_COLUMNS: Final = """\
| Model | Params | MACs |
|---|---|---|
| VGG-11 | 132.86M | 7.61G |
| VGG-16 | 138.36M | 15.47G |
| VGG-19 | 143.67M | 19.63G |
"""
_OTHER_NETWORK: Final = swap(
    KERAS, "56, 56, 256)       590080\nblock3_pool", "56, 56, 256)       65792\nblock3_pool"
).replace("14,714,688 (56.13 MB)", "14,190,400 (54.13 MB)")
"""KERAS with a 1x1 convolution as block3_conv3: 256 * 256 + 256 = 65,792, and 14,714,688 - 590,080 + 65,792 in all."""
_POOL_112: Final = "POOL2: [112x112x64] memory: 112*112*64=800K weights: 0\n"
_CONV_128: Final = "CONV3-128: [112x112x128] memory: 112*112*128=1.6M weights: (3*3*64)*128 = 73,728\n"
_POOL_7: Final = "POOL2: [7x7x512] memory: 7*7*512=25K weights: 0\n"

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        code="V101",
        name="wrong-shape",
        summary="a layer's output shape is not what its input and window give",
        text="The shape of each row follows from the image, the layers before it and its own window. "
        "Rows are compared in the order of axes that most of the table uses.",
        good=LECTURE,
        bad=swap(
            LECTURE,
            "[14x14x512] memory: 14*14*512=100K weights: 0",
            "[14x14x521] memory: 14*14*512=100K weights: 0",
        ),
    ),
    Rule(
        code="V102",
        name="wrong-image",
        summary="the row of the image contradicts all others",
        text="Every map, taken back through the pools before it, tells the size of the image; "
        "where all agree but the image's own row, that row is wrong.",
        good=KERAS,
        bad=swap(KERAS, "(None, 224, 224, 3)", "(None, 244, 224, 3)"),
    ),
    Rule(
        code="V103",
        name="wrong-attribute",
        summary="a kernel, a number of filters, a stride or a size in a layer's name is wrong",
        text="CONV3-265 has 265 filters by its name, but the network, the shapes and the parameters say 256.",
        good=LECTURE,
        bad=swap(LECTURE, "CONV3-256:", "CONV3-265:"),
    ),
    Rule(
        code="V201",
        name="wrong-params",
        summary="a layer's parameters are wrong under every convention",
        text="A convolution has kernel * kernel * inputs * outputs weights and one bias per output; "
        "an FC layer inputs * outputs weights. "
        "A number that is neither with nor without the biases is wrong.",
        good=LECTURE,
        bad=swap(LECTURE, "(3*3*256)*256 = 589,824", "(3*3*256)*256 = 589,834"),
    ),
    Rule(
        code="V202",
        name="wrong-product",
        summary="a product of parameters does not equal the value beside it",
        text="3*3*512*512 is 2,359,296. 2,359,808 is the layer's count with its 512 biases: "
        "each is right by itself, the equation is not.",
        good="3 x 3 x 512 x 512 = 2,359,296\n",
        bad="3 x 3 x 512 x 512 = 2,359,808\n",
    ),
    Rule(
        code="V203",
        name="misplaced-separator",
        summary="a thousands separator of a parameter count stands in the wrong place",
        text="14,7456 has the digits of 147,456; it is read wrongly by people and programs.",
        good=LECTURE,
        bad=swap(LECTURE, "147,456", "14,7456"),
    ),
    Rule(
        code="V210",
        name="wrong-network-params",
        summary="a network's parameters are not what is stated",
        text="Figures of whole networks are compared with the exact count, rounded or truncated as they are printed.",
        good=_FACT,
        bad="VGG-16 has 183M parameters.\n",
    ),
    Rule(
        code="V211",
        name="wrong-size",
        summary="the size of the parameters in bytes is wrong",
        text="Four bytes a parameter in float32. "
        "Keras and torchsummary print MiB as MB, torchinfo prints MB; "
        "elsewhere both pass unless the settings say which is meant.",
        good=KERAS,
        bad=swap(KERAS, "Total params: 14,714,688 (56.13 MB)", "Total params: 14,714,688 (65.13 MB)"),
    ),
    Rule(
        code="V301",
        name="wrong-memory",
        summary="a layer's activation values or bytes are wrong",
        text="The values of a layer's output are height * width * channels; bytes are four times that in float32.",
        good=LECTURE,
        bad=swap(LECTURE, "28*28*512=400K", "28*28*512=500K"),
    ),
    Rule(
        code="V302",
        name="wrong-memory-product",
        summary="a product of values does not equal the value beside it, or is not the layer's",
        text="224*224*46 is not a feature map of this network: the shape beside it has 64 channels.",
        good=LECTURE,
        bad=swap(LECTURE, "224*224*64=3.2M", "224*224*46=3.2M"),
    ),
    Rule(
        code="V303",
        name="misplaced-memory-separator",
        summary="a thousands separator of a count of values stands in the wrong place",
        text="As V203, for activations.",
        good=swap(LECTURE, "224*224*64=3.2M", "224*224*64=3,211,264"),
        bad=swap(LECTURE, "224*224*64=3.2M", "224*224*64=32,11,264"),
    ),
    Rule(
        code="V310",
        name="wrong-network-memory",
        summary="a network's activation memory is not what is stated",
        text="Compared under every known accounting: "
        "each map once, kept for the backward pass, each tool's own rule.",
        good=MODELS,
        bad=swap(MODELS, "13.56", "31.56"),
    ),
    Rule(
        code="V311",
        name="wrong-input-size",
        summary="the size of the image in bytes is wrong",
        text="Channels * height * width * 4 bytes; torchsummary prints MiB.",
        good=TORCHSUMMARY,
        bad=swap(TORCHSUMMARY, "0.57", "0.75"),
        file="summary.txt",
    ),
    Rule(
        code="V401",
        name="wrong-ops",
        summary="a layer's operations are wrong under every known rule",
        text="A convolution takes one multiply-accumulate per weight of a filter for each output value. "
        "The known rules add biases, ReLU, pools, or count two per multiply-accumulate.",
        good=OPERATIONS,
        bad=swap(OPERATIONS, "1,849,688,064", "1,849,688,046"),
    ),
    Rule(
        code="V402",
        name="wrong-ops-product",
        summary="a product of operations does not equal the value beside it",
        text="As V202, for operations.",
        good=swap(OPERATIONS, "86,704,128", "224*224*64*27 = 86,704,128"),
        bad=swap(OPERATIONS, "86,704,128", "224*224*46*27 = 86,704,128"),
    ),
    Rule(
        code="V403",
        name="misplaced-ops-separator",
        summary="a thousands separator of a count of operations stands in the wrong place",
        text="As V203, for operations.",
        good=OPERATIONS,
        bad=swap(OPERATIONS, "86,704,128", "86,7041,28"),
    ),
    Rule(
        code="V410",
        name="wrong-network-ops",
        summary="a network's operations are wrong under every known rule",
        text="VGG-16 is stated as 15.47, 15.48, 15.50, 15.52, 15.61 and 30.9 G, each by a known rule. "
        "13.6 G is VGG-16 with one conv3-256 missing.",
        good="VGG-16 needs 15.5 GMACs.\n",
        bad="VGG-16 needs 13.6 GMACs.\n",
    ),
    Rule(
        code="V501",
        name="wrong-total-params",
        summary="the total of the parameters is not the sum of the rows",
        text="The total is compared with the exact sum of the layers, with biases and without.",
        good=KERAS,
        bad=swap(KERAS, "Total params: 14,714,688", "Total params: 14,714,668"),
    ),
    Rule(
        code="V502",
        judged=False,
        name="known-erratum",
        severity="warning",
        summary="a known wrong figure that is copied from document to document",
        text="The lecture's listing of VGG-16 ends in 24M values and 93MB or 96MB. "
        "Its rows are right, but add up to 15,237,608 values = 60.95 MB = 58.13 MiB. "
        "Nobody has published how the total came about; `vggstat explain 96MB D` tells what is known.",
        good=LECTURE,
        bad=swap(LECTURE, "15.2M * 4 bytes ~= 61MB", "24M * 4 bytes ~= 93MB"),
    ),
    Rule(
        code="V503",
        name="wrong-total-memory",
        summary="the total of the activations is not the sum of the rows",
        text="Values or bytes of all rows together; for torchsummary and torchinfo by the tool's own rule.",
        good=LECTURE,
        bad=swap(LECTURE, "15.2M * 4 bytes", "12.5M * 4 bytes"),
    ),
    Rule(
        code="V504",
        name="wrong-total-ops",
        summary="the total of the operations is not the sum of the rows",
        text="Under the rule of the rows, or under any known rule where the rows say nothing.",
        good=OPERATIONS_IN_ALL,
        bad=swap(OPERATIONS_IN_ALL, "1,936,392,192", "1,936,392,129"),
    ),
    Rule(
        code="V505",
        name="wrong-share",
        summary="a share in percent is not that of its row's count in the total",
        text="Where most shares of a column are those of a column of counts, in the printed total or in the sum of the rows, "
        "the others are held against it, whatever network they are of.",
        good=SHARES,
        bad=swap(SHARES, "| 74.3 |", "| 73.4 |"),
    ),
    Rule(
        code="V506",
        name="near-result",
        summary="a long number is one slip away from what the numbers beside it come to",
        text="Sums, differences and products of the numbers in its line, in the lines above and in its column are tried, "
        "whatever they are counts of. Two digits that are swapped are told from five digits on, one that differs from seven, and "
        "only where a document of this size would hardly show as much by accident. Of a long text the first 1,500 lines are "
        "looked at, and up to 600 numbers.",
        good=AUXILIARY,
        bad=swap(AUXILIARY, "6,624,904", "6,624,940"),
    ),
    Rule(
        code="V507",
        name="wrong-equation",
        summary="an equation of plain numbers does not hold",
        text="Whatever it is about: a receptive field, a shape, a difference. It is read whole or not at all, and a quotient may "
        "be rounded either way. Products of parameters, values and operations have rules of their own (V202, V302, V402).",
        good=DIFFERENCE,
        bad=swap(DIFFERENCE, "25,503,912", "25,503,192"),
    ),
    Rule(
        code="V508",
        name="wrong-reduction",
        mixed=True,
        summary="a percentage of a table is not that of its row against the one that the others are of",
        text="Tables of pruned networks print what is left of a count, or what was taken away. Which it is, and of which row, "
        "is what most percentages of a column say. It is an error where a slip of the hand explains it.",
        good=PRUNED,
        bad=swap(PRUNED, "73.8%", "78.3%"),
    ),
    Rule(
        code="V509",
        name="odd-row",
        mixed=True,
        summary="a number does not stand to the rest of its table as those of all other rows do",
        text="Where one column is a constant times another in all rows but one, whatever their headers say, or a total has two "
        "digits swapped. It is an error where a slip of the hand explains it.",
        good=SIZES,
        bad=swap(SIZES, "61.1 MB", "81.1 MB"),
    ),
    Rule(
        code="V601",
        name="mixed-convention",
        summary="a number follows another convention than its table",
        text="A column is counted in one way: with the biases or without, values or bytes, one rule of operations. "
        "A row that is only right in another way is a mixture.",
        good=KERAS,
        bad=swap(KERAS, "(None, 28, 28, 512)       2359808", "(None, 28, 28, 512)       2359296"),
    ),
    Rule(
        code="V602",
        judged=False,
        name="mislabelled-ops",
        severity="warning",
        summary="multiply-accumulates that are called FLOPs, or the other way round",
        text="15.5 G is VGG-16's count of multiply-accumulates; at two operations each it is 30.9 GFLOPs.",
        good="VGG-16 needs 30.9 GFLOPs.\n",
        bad="VGG-16 needs 15.5 GFLOPs.\n",
    ),
    Rule(
        code="V603",
        judged=False,
        name="other-convention",
        summary="a number is right only under another convention than the settings state",
        text="`convention` in the settings says how documents count: params or weights (with biases or without), "
        "macs, flops or a tool's rule, MB or MiB (what MB means). "
        "Nothing else is right then, whatever a table or a label says. "
        "A size that is written as MiB says itself what it is.",
        good="VGG-16 has 138,344,128 parameters.\n",
        bad="VGG-16 has 138,357,544 parameters.\n",
        convention=("weights",),
    ),
    Rule(
        code="V604",
        judged=False,
        name="unstated-binary-unit",
        severity="warning",
        summary="a count is right only if M is 2^20, and nothing says that it is",
        text="131.95M is VGG-16's 138,357,544 parameters in units of 2^20. It passes where the document says so "
        "(M = 2^20, 1024-based, MiB), beside the exact count, and where several counts are right in no other way. "
        "With fewer than four digits it is an error: 132M is more likely another network's.",
        good="VGG-16 has 131.95M parameters (M = 2^20).\n",
        bad="VGG-16 has 131.95M parameters.\n",
    ),
    Rule(
        code="V605",
        judged=False,
        mixed=True,
        name="wrong-header",
        summary="a column is not what its header says",
        text="Most cells of the column disagree with the figures of the networks or layers in its rows, which no author "
        "gets wrong one by one: two headers have changed places, which is an error where each column "
        "holds the figures of the other, or the column counts something else. "
        "It is said once, at the first cell, and the cells are not judged any further.",
        good=_COLUMNS,
        bad=swap(_COLUMNS, "Params | MACs", "MACs | Params"),
    ),
    Rule(
        code="V701",
        name="missing-layer",
        summary="a layer of the network has no row",
        text="The rows are those of a known network, but for one that is missing, and the totals are those of the whole.",
        good=KERAS,
        bad=swap(KERAS, "block3_conv3 (Conv2D)        (None, 56, 56, 256)       590080\n", ""),
    ),
    Rule(
        code="V702",
        name="extra-layer",
        summary="a row is not a layer of the network",
        text="The rows are those of a known network, but for one too many.",
        good=LECTURE,
        bad=swap(LECTURE, _POOL_7, _POOL_7 + _POOL_7),
    ),
    Rule(
        code="V703",
        name="wrong-order",
        summary="a row stands in another place than its layer",
        text="Two rows have changed places.",
        good=LECTURE,
        bad=swap(LECTURE, _POOL_112 + _CONV_128, _CONV_128 + _POOL_112),
    ),
    Rule(
        code="V704",
        name="wrong-layer-count",
        summary="a number of layers is wrong",
        text="VGG-16 is 13 conv and 3 FC layers.",
        good="VGG-16 has 13 conv layers and 3 FC layers.\n",
        bad="VGG-16 has 12 conv layers and 3 FC layers.\n",
    ),
    Rule(
        code="V705",
        judged=False,
        name="another-network",
        severity="warning",
        summary="a table is consistent, but of another network than the one it names",
        text="The rows add up to the printed total, or follow from one another, so that no single number is mistyped; "
        "but they are not those of the "
        "network in the title. It is one warning, whatever the number of rows that differ. "
        "A table that names no network gets none.",
        good=f'Model: "vgg16"\n{KERAS}',
        bad=f'Model: "vgg16"\n{_OTHER_NETWORK}',
    ),
    Rule(
        code="V901",
        judged=False,
        name="not-text",
        summary="a file that is not text",
        text="It holds zero bytes, so that nothing in it can be trusted.",
        good=_FACT,
        bad="\0" * 60 + "a\0\0b\n",
    ),
    Rule(
        code="V902",
        judged=False,
        name="wrong-encoding",
        severity="warning",
        summary="a file that is not UTF-8",
        text="It is read one byte a character; names and signs beyond ASCII may be wrong.",
        good="VGG-16 — 138M parameters.\n",
        bad="caf\udce9 VGG-16\n",
    ),
    Rule(
        code="V903",
        judged=False,
        name="too-long",
        severity="warning",
        summary="a file that is read only in part",
        text="What has more lines than anybody writes is data; only its beginning is read. It is said where figures of networks "
        "are in what is read, or words of them in the rest.",
        good="a line\n" * 50_010,
        bad=_FACT + "a line\n" * 50_010,
    ),
    Rule(
        code="V904",
        judged=False,
        name="broken-notebook",
        severity="warning",
        summary="a notebook that is not valid JSON",
        text="It was cut off or edited by hand. "
        "What stands between its quotation marks is read line by line, and nothing is written into it.",
        good='{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n',
        bad='{"cells": [{"cell_type": "markdown", "source": ["# Notes"\n',
        file="notes.ipynb",
    ),
    Rule(
        code="V910",
        judged=False,
        name="bad-command",
        summary="a marker does not hold a command that is allowed there",
        text="A marker holds a command that only prints: table, compare, list, configs or stack.",
        good=_IGNORED,
        bad="<!-- vggstat: bench D -->\n<!-- /vggstat -->\n",
    ),
    Rule(
        code="V911",
        judged=False,
        name="stale-block",
        summary="a marked block is not what its command prints",
        text="`vggstat check --fix` brings it up to date.",
        good="No block here.\n",
        bad="<!-- vggstat: list -->\nold\n<!-- /vggstat -->\n",
    ),
    Rule(
        code="V912",
        judged=False,
        name="missing-end",
        summary="a marked block never ends",
        text="Nothing is written into a document whose markers are not in order.",
        good="No block here.\n",
        bad="<!-- vggstat: list -->\n",
    ),
    Rule(
        code="V913",
        judged=False,
        name="missing-start",
        summary="a marked block ends without a beginning",
        text="A marker was lost or turned around.",
        good="No block here.\n",
        bad="<!-- /vggstat -->\n",
    ),
    Rule(
        code="V914",
        judged=False,
        name="nested-block",
        summary="a marked block begins inside another",
        text="Blocks do not nest.",
        good="No block here.\n",
        bad="<!-- vggstat: list -->\n<!-- vggstat: list -->\n<!-- /vggstat -->\n",
    ),
    Rule(
        code="V920",
        judged=False,
        name="unused-ignore",
        severity="warning",
        summary="an ignore comment that silences nothing",
        text="What it was for has gone; it would hide the next mistake.",
        good=_IGNORED,
        bad="<!-- vggstat: ignore[V210] an example -->\nVGG-16 has 138M parameters.\n",
    ),
    Rule(
        code="V921",
        judged=False,
        name="bad-ignore",
        severity="warning",
        summary="an ignore comment with a code that does not exist",
        text="Write V201, 201, or V2 for a family.",
        good=_IGNORED,
        bad="<!-- vggstat: ignore[params] -->\nVGG-16 has 138M parameters.\n",
    ),
)


def find_rules(code: str) -> tuple[Rule, ...]:
    """The rules of a code or a family (``V201``, ``201``, ``2``). Raises UsageError for none."""
    bare = code.strip().upper().removeprefix("V")
    found = tuple(rule for rule in RULES if bare and rule.code[1:].startswith(bare)) or tuple(
        rule for rule in RULES if rule.name == code.strip().lower()
    )
    if not found:
        from difflib import get_close_matches

        near = get_close_matches(f"V{bare}", [rule.code for rule in RULES], n=2, cutoff=0.6)
        hint = f": did you mean {' or '.join(near)}?" if near else ": `vggstat rule` lists all"
        raise UsageError(f"there is no rule {code!r}{hint}")
    return found
