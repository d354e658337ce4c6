"""MATLAB's layer arrays: ``2   'conv1_1'   Convolution   64 3x3x3 convolutions with stride [1  1] and padding [1  1  1  1]``."""

from __future__ import annotations

import re
from typing import Final

from vggstat.lint.readers.engine import Layout, begins_with_input
from vggstat.lint.readers.layer_words import attributes, find_kind

read: Final = Layout(
    name="matlab",
    row=re.compile(
        r"^[ %#*|>-]*\d{1,4} +['\"](?P<name>[\w./-]{0,60})['\"] +(?P<type>[A-Z][A-Za-z0-9 ()-]{2,40}?) {2,}(?P<words>\S.{0,300})$",
        re.MULTILINE,
    ),
    fields=(
        re.compile(r"(?P<shape>\d{1,4}x\d{1,4}x\d{1,4}) images"),
        re.compile(r"stride \[(?P<stride>\d{1,2}) +(?P=stride)\]"),
        re.compile(r"padding \[(?P<padding>\d{1,2})(?: +(?P=padding)){0,3}\]"),
        re.compile(r"  (?P<channels>\d{1,6}) fully connected"),
    ),
    labels={"shape": "images", "channels": "name"},
    kind=find_kind,
    words=attributes,
    again=begins_with_input,
    least_layers=3,
).read
