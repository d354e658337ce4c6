"""What Caffe logs when it sets up a network: ``Setting up conv1_1`` and ``Top shape: 10 64 224 224 (32112640)``."""

from __future__ import annotations

import re
from typing import Final

from vggstat.lint.readers.engine import Layout, named_as_first
from vggstat.lint.readers.layer_words import find_kind

read: Final = Layout(
    name="caffe-log",
    row=re.compile(
        r"Setting up (?!(?:loss|accuracy|label|silence|prob)\b)(?P<name>[\w./-]{1,60}) *$", re.I | re.M
    ),
    fields=(re.compile(r"Top shape: (?P<shape>\d{1,6}(?: \d{1,7}){1,3}) \((?P<values>\d{1,12})\)"),),
    labels={"shape": "Top shape", "values": "Top shape"},
    kind=find_kind,
    line=re.compile(r"Setting up |Top shape: \d"),
    again=named_as_first,
    gap=40,
    least_layers=3,
    has_totals=True,
    sparse=True,
).read
