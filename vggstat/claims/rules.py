"""Every rule of ``check``: what it finds, why it matters, and an example of each side.

``bad`` fires the rule and ``good`` does not; tests run both.
"""

from __future__ import annotations

from typing import Final

from vggstat.claims.model import Severity
from vggstat.errors import UsageError
from vggstat.records import Record

__all__ = ["FAMILIES", "RULES", "Rule", "find_rules"]

FAMILIES: Final = {
    "1": "shapes", "2": "parameters", "3": "activation memory", "4": "operations", "5": "totals", "6": "conventions and units",
    "7": "structure", "9": "files and markers",
}  # fmt: skip


class Rule(Record):
    """One rule. ``file`` is the name of the example's file."""

    code: str
    name: str
    severity: Severity = "error"
    summary: str
    text: str
    bad: str
    good: str
    file: str = "notes.md"

    @property
    def family(self) -> str:
        return FAMILIES[self.code[1]]


_KERAS: Final = """\
Layer (type)                 Output Shape              Param #
=================================================================
input_1 (InputLayer)         (None, 224, 224, 3)       0
block1_conv1 (Conv2D)        (None, 224, 224, 64)      1792
block1_conv2 (Conv2D)        (None, 224, 224, 64)      36928
block1_pool (MaxPooling2D)   (None, 112, 112, 64)      0
block2_conv1 (Conv2D)        (None, 112, 112, 128)     73856
block2_conv2 (Conv2D)        (None, 112, 112, 128)     147584
block2_pool (MaxPooling2D)   (None, 56, 56, 128)       0
block3_conv1 (Conv2D)        (None, 56, 56, 256)       295168
block3_conv2 (Conv2D)        (None, 56, 56, 256)       590080
block3_conv3 (Conv2D)        (None, 56, 56, 256)       590080
block3_pool (MaxPooling2D)   (None, 28, 28, 256)       0
block4_conv1 (Conv2D)        (None, 28, 28, 512)       1180160
block4_conv2 (Conv2D)        (None, 28, 28, 512)       2359808
block4_conv3 (Conv2D)        (None, 28, 28, 512)       2359808
block4_pool (MaxPooling2D)   (None, 14, 14, 512)       0
block5_conv1 (Conv2D)        (None, 14, 14, 512)       2359808
block5_conv2 (Conv2D)        (None, 14, 14, 512)       2359808
block5_conv3 (Conv2D)        (None, 14, 14, 512)       2359808
block5_pool (MaxPooling2D)   (None, 7, 7, 512)         0
=================================================================
Total params: 14,714,688 (56.13 MB)
Trainable params: 14,714,688 (56.13 MB)
Non-trainable params: 0 (0.00 B)
"""
_LECTURE: Final = """\
INPUT: [224x224x3] memory: 224*224*3=150K weights: 0
CONV3-64: [224x224x64] memory: 224*224*64=3.2M weights: (3*3*3)*64 = 1,728
CONV3-64: [224x224x64] memory: 224*224*64=3.2M weights: (3*3*64)*64 = 36,864
POOL2: [112x112x64] memory: 112*112*64=800K weights: 0
CONV3-128: [112x112x128] memory: 112*112*128=1.6M weights: (3*3*64)*128 = 73,728
CONV3-128: [112x112x128] memory: 112*112*128=1.6M weights: (3*3*128)*128 = 147,456
POOL2: [56x56x128] memory: 56*56*128=400K weights: 0
CONV3-256: [56x56x256] memory: 56*56*256=800K weights: (3*3*128)*256 = 294,912
CONV3-256: [56x56x256] memory: 56*56*256=800K weights: (3*3*256)*256 = 589,824
CONV3-256: [56x56x256] memory: 56*56*256=800K weights: (3*3*256)*256 = 589,824
POOL2: [28x28x256] memory: 28*28*256=200K weights: 0
CONV3-512: [28x28x512] memory: 28*28*512=400K weights: (3*3*256)*512 = 1,179,648
CONV3-512: [28x28x512] memory: 28*28*512=400K weights: (3*3*512)*512 = 2,359,296
CONV3-512: [28x28x512] memory: 28*28*512=400K weights: (3*3*512)*512 = 2,359,296
POOL2: [14x14x512] memory: 14*14*512=100K weights: 0
CONV3-512: [14x14x512] memory: 14*14*512=100K weights: (3*3*512)*512 = 2,359,296
CONV3-512: [14x14x512] memory: 14*14*512=100K weights: (3*3*512)*512 = 2,359,296
CONV3-512: [14x14x512] memory: 14*14*512=100K weights: (3*3*512)*512 = 2,359,296
POOL2: [7x7x512] memory: 7*7*512=25K weights: 0
FC: [1x1x4096] memory: 4096 weights: 7*7*512*4096 = 102,760,448
FC: [1x1x4096] memory: 4096 weights: 4096*4096 = 16,777,216
FC: [1x1x1000] memory: 1000 weights: 4096*1000 = 4,096,000
TOTAL memory: 15.2M * 4 bytes ~= 61MB / image
TOTAL params: 138M parameters
"""
_TORCHSUMMARY: Final = """\
----------------------------------------------------------------
        Layer (type)               Output Shape         Param #
================================================================
            Conv2d-1         [-1, 64, 224, 224]           1,792
              ReLU-2         [-1, 64, 224, 224]               0
            Conv2d-3         [-1, 64, 224, 224]          36,928
              ReLU-4         [-1, 64, 224, 224]               0
         MaxPool2d-5         [-1, 64, 112, 112]               0
================================================================
Total params: 38,720
Trainable params: 38,720
Non-trainable params: 0
----------------------------------------------------------------
Input size (MB): 0.57
"""


def _swap(text: str, before: str, after: str) -> str:
    assert before in text, before
    return text.replace(before, after, 1)


def _rule(
    code: str,
    name: str,
    summary: str,
    text: str,
    good: str,
    bad: str,
    severity: Severity = "error",
    file: str = "notes.md",
) -> Rule:
    return Rule(
        code=code, name=name, severity=severity, summary=summary, text=text, bad=bad, good=good, file=file
    )


RULES: Final[tuple[Rule, ...]] = (
    _rule("V101", "wrong-shape", "a layer's output shape is not what its input and window give",
          "The shape of each row follows from the image, the layers before it and its own window. Rows are "
          "compared in the order "
          "of axes that most of the table uses.",
          _LECTURE, _swap(_LECTURE, "[14x14x512] memory: 14*14*512=100K weights: 0", "[14x14x521] memory: 14*14*512=100K weights: 0")),
    _rule("V102", "wrong-image", "the row of the image contradicts all others",
          "Every map, taken back through the pools before it, tells the size of the image; where all agree but "
          "the image's own "
          "row, that row is wrong.",
          _KERAS, _swap(_KERAS, "(None, 224, 224, 3)", "(None, 244, 224, 3)")),
    _rule("V103", "wrong-attribute", "a kernel, a number of filters, a stride or a size in a layer's name is wrong",
          "CONV3-265 has 265 filters by its name, but the network, the shapes and the parameters say 256.",
          _LECTURE, _swap(_LECTURE, "CONV3-256:", "CONV3-265:")),
    _rule("V201", "wrong-params", "a layer's parameters are wrong under every convention",
          "A convolution has kernel * kernel * inputs * outputs weights and one bias per output; an FC layer "
          "inputs * outputs "
          "weights. A number that is neither with nor without the biases is wrong.",
          _LECTURE, _swap(_LECTURE, "(3*3*256)*256 = 589,824", "(3*3*256)*256 = 589,834")),
    _rule("V202", "false-product", "a product of parameters does not come to the value beside it",
          "3*3*512*512 is 2,359,296. 2,359,808 is the layer's count with its 512 biases: each is right by itself, "
          "the equation is not.",
          "3 x 3 x 512 x 512 = 2,359,296\n", "3 x 3 x 512 x 512 = 2,359,808\n"),
    _rule("V203", "misplaced-separator", "a thousands separator of a parameter count stands in the wrong place",
          "14,7456 has the digits of 147,456; it is read wrongly by people and programs.",
          _LECTURE, _swap(_LECTURE, "147,456", "14,7456")),
    _rule("V210", "wrong-network-params", "a network's parameters are not what is stated",
          "Figures of whole networks are compared with the exact count, rounded or truncated as they are printed.",
          "VGG-16 has 138M parameters.\n", "VGG-16 has 183M parameters.\n"),
    _rule("V211", "wrong-size", "the size of the parameters in bytes is wrong",
          "Four bytes a parameter in float32. Keras and torchsummary print MiB as MB, torchinfo prints MB; "
          "elsewhere both pass.",
          _KERAS, _swap(_KERAS, "Total params: 14,714,688 (56.13 MB)", "Total params: 14,714,688 (65.13 MB)")),
    _rule("V301", "wrong-memory", "a layer's activation values or bytes are wrong",
          "The values of a layer's output are height * width * channels; bytes are four times that in float32.",
          _LECTURE, _swap(_LECTURE, "28*28*512=400K", "28*28*512=500K")),
    _rule("V302", "false-memory-product", "a product of values does not come to the value beside it, or is not "
        "the layer's",
          "224*224*46 is no map of this network: the shape beside it has 64 channels.",
          _LECTURE, _swap(_LECTURE, "224*224*64=3.2M", "224*224*46=3.2M")),
    _rule("V303", "misplaced-memory-separator", "a thousands separator of a count of values stands in the wrong "
        "place",
          "As V203, for activations.",
          _swap(_LECTURE, "224*224*64=3.2M", "224*224*64=3,211,264"), _swap(_LECTURE, "224*224*64=3.2M", "224*224*64=32,11,264")),
    _rule("V310", "wrong-network-memory", "a network's activation memory is not what is stated",
          "Compared under every known accounting (each map once, kept for the backward pass, each tool's own rule).",
          "| Model | Activations (M) | Params (M) |\n|---|---|---|\n| VGG-16 | 13.56 | 138.36 |\n| VGG-19 | 14.86 "
          "| 143.67 |\n",
          "| Model | Activations (M) | Params (M) |\n|---|---|---|\n| VGG-16 | 31.56 | 138.36 |\n| VGG-19 | 14.86 "
          "| 143.67 |\n"),
    _rule("V311", "wrong-input-size", "the size of the image in bytes is wrong",
          "Channels * height * width * 4 bytes; torchsummary prints MiB.",
          _TORCHSUMMARY, _swap(_TORCHSUMMARY, "0.57", "0.75"), file="summary.txt"),
    _rule("V401", "wrong-ops", "a layer's operations are wrong under every known rule",
          "A convolution takes one multiply-accumulate per weight of a filter for each output value. The known "
          "rules add biases, "
          "ReLU, pools, or count two per multiply-accumulate.",
          "# VGG-16\n| Layer | Output | Params | MACs |\n|---|---|---|---|\n| conv3-64 | 224x224x64 | 1,792 | "
          "86,704,128 |\n| conv3-64 | 224x224x64 | 36,928 | 1,849,688,064 |\n| maxpool | 112x112x64 | 0 | 0 |\n| "
          "conv3-128 | 112x112x128 | 73,856 | 924,844,032 |\n",
          "# VGG-16\n| Layer | Output | Params | MACs |\n|---|---|---|---|\n| conv3-64 | 224x224x64 | 1,792 | "
          "86,704,128 |\n| conv3-64 | 224x224x64 | 36,928 | 1,849,688,046 |\n| maxpool | 112x112x64 | 0 | 0 |\n| "
          "conv3-128 | 112x112x128 | 73,856 | 924,844,032 |\n"),
    _rule("V402", "false-ops-product", "a product of operations does not come to the value beside it",
          "As V202, for operations.",
          "# VGG-16\n| Layer | Output | Params | MACs |\n|---|---|---|---|\n| conv3-64 | 224x224x64 | 1,792 | "
          "224*224*64*27 = 86,704,128 |\n| conv3-64 | 224x224x64 | 36,928 | 1,849,688,064 |\n| maxpool | "
          "112x112x64 | 0 | 0 |\n| conv3-128 | 112x112x128 | 73,856 | 924,844,032 |\n",
          "# VGG-16\n| Layer | Output | Params | MACs |\n|---|---|---|---|\n| conv3-64 | 224x224x64 | 1,792 | "
          "224*224*46*27 = 86,704,128 |\n| conv3-64 | 224x224x64 | 36,928 | 1,849,688,064 |\n| maxpool | "
          "112x112x64 | 0 | 0 |\n| conv3-128 | 112x112x128 | 73,856 | 924,844,032 |\n"),
    _rule("V403", "misplaced-ops-separator", "a thousands separator of a count of operations stands in the wrong "
        "place",
          "As V203, for operations.",
          "# VGG-16\n| Layer | Output | Params | MACs |\n|---|---|---|---|\n| conv3-64 | 224x224x64 | 1,792 | "
          "86,704,128 |\n| conv3-64 | 224x224x64 | 36,928 | 1,849,688,064 |\n| maxpool | 112x112x64 | 0 | 0 |\n| "
          "conv3-128 | 112x112x128 | 73,856 | 924,844,032 |\n",
          "# VGG-16\n| Layer | Output | Params | MACs |\n|---|---|---|---|\n| conv3-64 | 224x224x64 | 1,792 | "
          "86,7041,28 |\n| conv3-64 | 224x224x64 | 36,928 | 1,849,688,064 |\n| maxpool | 112x112x64 | 0 | 0 |\n| "
          "conv3-128 | 112x112x128 | 73,856 | 924,844,032 |\n"),
    _rule("V410", "wrong-network-ops", "a network's operations are wrong under every known rule",
          "VGG-16 is stated as 15.47, 15.48, 15.50, 15.52, 15.61 and 30.9 G, each by a known rule. 13.6 G is "
          "VGG-16 with one "
          "conv3-256 missing.",
          "VGG-16 needs 15.5 GMACs.\n", "VGG-16 needs 13.6 GMACs.\n"),
    _rule("V501", "wrong-total-params", "the total of the parameters is not the sum of the rows",
          "The total is compared with the exact sum of the layers, with biases and without.",
          _KERAS, _swap(_KERAS, "Total params: 14,714,688", "Total params: 14,714,668")),
    _rule("V502", "known-erratum", "a known wrong figure that is copied from document to document",
          "The lecture's listing of VGG-16 ends in 24M values and 93MB or 96MB. Its rows are right, but add up to "
          "15,237,608 values "
          "= 60.95 MB = 58.13 MiB. Nobody has published how the total came about; `vggstat explain 96MB D` tells "
          "what is known.",
          _LECTURE, _swap(_LECTURE, "15.2M * 4 bytes ~= 61MB", "24M * 4 bytes ~= 93MB"), severity="warning"),
    _rule("V503", "wrong-total-memory", "the total of the activations is not the sum of the rows",
          "Values or bytes of all rows together; for torchsummary and torchinfo by the tool's own rule.",
          _LECTURE, _swap(_LECTURE, "15.2M * 4 bytes", "12.5M * 4 bytes")),
    _rule("V504", "wrong-total-ops", "the total of the operations is not the sum of the rows",
          "Under the rule of the rows, or under any known rule where the rows say nothing.",
          "# VGG-16\n| Layer | Output | Params | MACs |\n|---|---|---|---|\n| conv3-64 | 224x224x64 | 1,792 | "
          "86,704,128 |\n| conv3-64 | 224x224x64 | 36,928 | 1,849,688,064 |\n| Total | | 38,720 | 1,936,392,192 |\n",
          "# VGG-16\n| Layer | Output | Params | MACs |\n|---|---|---|---|\n| conv3-64 | 224x224x64 | 1,792 | "
          "86,704,128 |\n| conv3-64 | 224x224x64 | 36,928 | 1,849,688,064 |\n| Total | | 38,720 | 1,936,392,129 |\n"),
    _rule("V601", "mixed-convention", "a number follows another convention than its table",
          "A column is counted in one way: with the biases or without, values or bytes, one rule of operations. A "
          "row that is only "
          "right in another way is a mixture.",
          _KERAS, _swap(_KERAS, "(None, 28, 28, 512)       2359808", "(None, 28, 28, 512)       2359296")),
    _rule("V602", "mislabelled-ops", "multiply-accumulates that are called FLOPs, or the other way round",
          "15.5 G is VGG-16's count of multiply-accumulates; at two operations each it is 30.9 GFLOPs.",
          "VGG-16 needs 30.9 GFLOPs.\n", "VGG-16 needs 15.5 GFLOPs.\n", severity="warning"),
    _rule("V701", "missing-layer", "a layer of the network has no row",
          "The rows are those of a known network, but for one that is missing, and the totals are those of the "
          "whole.",
          _KERAS, _swap(_KERAS, "block3_conv3 (Conv2D)        (None, 56, 56, 256)       590080\n", "")),
    _rule("V702", "extra-layer", "a row is no layer of the network",
          "The rows are those of a known network, but for one too many.",
          _LECTURE, _swap(_LECTURE, "POOL2: [7x7x512] memory: 7*7*512=25K weights: 0\n",
                          "POOL2: [7x7x512] memory: 7*7*512=25K weights: 0\nPOOL2: [7x7x512] memory: 7*7*512=25K "
                          "weights: 0\n")),
    _rule("V703", "wrong-order", "a row stands in another place than its layer",
          "Two rows have changed places.",
          _LECTURE, _swap(_LECTURE, "POOL2: [112x112x64] memory: 112*112*64=800K weights: 0\nCONV3-128: "
              "[112x112x128] memory: 112*112*128=1.6M weights: (3*3*64)*128 = 73,728\n",
                          "CONV3-128: [112x112x128] memory: 112*112*128=1.6M weights: (3*3*64)*128 = "
                          "73,728\nPOOL2: [112x112x64] memory: 112*112*64=800K weights: 0\n")),
    _rule("V704", "wrong-layer-count", "a number of layers is wrong",
          "VGG-16 is 13 conv and 3 FC layers.",
          "VGG-16 has 13 conv layers and 3 FC layers.\n", "VGG-16 has 12 conv layers and 3 FC layers.\n"),
    _rule("V901", "not-text", "a file that is no text",
          "It holds zero bytes, so that nothing in it can be trusted.", "VGG-16 has 138M parameters.\n", "\0" * 60 + "a\0\0b\n"),
    _rule("V902", "wrong-encoding", "a file that is not UTF-8",
          "It is read one byte a character; names and signs beyond ASCII may be wrong.",
          "VGG-16 — 138M parameters.\n", "caf\udce9 VGG-16\n", severity="warning"),
    _rule("V903", "too-long", "a file that is read only in part",
          "What has more lines than anybody writes is data; only its beginning is read.",
          "VGG-16 has 138M parameters.\n", "a line\n" * 50_010, severity="warning"),
    _rule("V910", "bad-command", "the words of a marker are no command that may stand there",
          "A marker holds a command that only prints: table, compare, list, configs or stack.",
          "<!-- vggstat: ignore[V210] an example -->\nVGG-16 has 183M parameters.\n", "<!-- vggstat: bench D "
          "-->\n<!-- /vggstat -->\n"),
    _rule("V911", "stale-block", "a marked block is not what its command prints",
          "`vggstat check --fix` brings it up to date.",
          "No block here.\n", "<!-- vggstat: list -->\nold\n<!-- /vggstat -->\n"),
    _rule("V912", "missing-end", "a marked block never ends",
          "Nothing is written into a document whose markers are not in order.",
          "No block here.\n", "<!-- vggstat: list -->\n"),
    _rule("V913", "missing-start", "a marked block ends without a beginning",
          "A marker was lost or turned around.", "No block here.\n", "<!-- /vggstat -->\n"),
    _rule("V914", "nested-block", "a marked block begins inside another",
          "Blocks do not nest.", "No block here.\n", "<!-- vggstat: list -->\n<!-- vggstat: list -->\n<!-- "
          "/vggstat -->\n"),
    _rule("V920", "unused-ignore", "an ignore comment that silences nothing",
          "What it was for has gone; it would hide the next mistake.",
          "<!-- vggstat: ignore[V210] an example -->\nVGG-16 has 183M parameters.\n",
          "<!-- vggstat: ignore[V210] an example -->\nVGG-16 has 138M parameters.\n", severity="warning"),
    _rule("V921", "bad-ignore", "an ignore comment with a code that does not exist",
          "Write V201, 201, or V2 for a family.",
          "<!-- vggstat: ignore[V210] an example -->\nVGG-16 has 183M parameters.\n",
          "<!-- vggstat: ignore[params] -->\nVGG-16 has 138M parameters.\n", severity="warning"),
)  # fmt: skip


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
