"""What Deeplearning4j's ``summary()`` prints: ``block1_conv1 (ConvolutionLayer)  3,64  1,792  W:{64,3,3,3}, b:{1,64}``."""

from __future__ import annotations

import re
from typing import Final

from vggstat.lint.model import RowKind
from vggstat.lint.readers.engine import Layout
from vggstat.lint.readers.totals import TOTAL, read_total

_KINDS: Final[dict[str, RowKind]] = {
    "inputvertex": "input", "convolutionlayer": "conv", "convolution2d": "conv", "subsamplinglayer": "pool",
    "globalpoolinglayer": "gap", "denselayer": "fc", "outputlayer": "fc", "batchnormalization": "bn",
    "localresponsenormalization": "lrn", "activationlayer": "relu", "dropoutlayer": "dropout",
    "preprocessorvertex": "flatten", "zeropaddinglayer": "zeropad",
}  # fmt: skip
HEADER: Final = re.compile(r"(?:Vertex|Layer)Name \((?:Vertex|Layer)Type\)\s+nIn,nOut")
read: Final = Layout(
    name="dl4j",
    header=HEADER,
    proof=HEADER,
    row=re.compile(
        r"(?<![\w.-])(?P<name>[\w.-]{1,60}) \((?:Frozen )?(?P<type>[A-Za-z]\w{2,40})\) +"
        r"(?:-,-|(?P<in_channels>\d{1,7}),(?P<channels>\d{1,7})) +"
        r"(?:-|(?P<params>\d[\d,. ']{0,16}\d|\d)) +(?=-|[A-Z]\w*:\{)"
    ),
    fields=(
        re.compile(r"\bb:\{1, ?(?P<channels_2>\d{1,7})\}"),
        re.compile(
            r"W:\{(?P<channels_2>\d+), ?(?P<in_channels_2>\d+), ?(?P<kernel>\d+), ?(?P<kernel_2>\d+)\}"
        ),
        re.compile(r"W:\{(?P<in_channels_2>\d+), ?(?P<channels_2>\d+)\}"),
    ),
    labels={
        "in_channels": "nIn",
        "channels": "nOut",
        "params": "TotalParams",
        **dict.fromkeys(("in_channels_2", "channels_2", "kernel", "kernel_2"), "ParamsShape"),
    },
    kind=lambda word: _KINDS.get(word.lower()),
    least=3,
    total=TOTAL,
    make_totals=read_total,
    has_totals=True,
).read
