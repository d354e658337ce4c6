"""The dialects of documents: one file each, and one line here.

A reader is a module with ``read(section) -> Iterator[ClaimTable]``. It is imported only when its ``cue`` is found
in the text, so that a document pays for what it contains. The order is that of reading: a line that one reader
has taken is not offered to the next, so the specific ones stand first and prose stands last.

What a tool prints is an ``engine.Layout``: a record of patterns whose groups are named by what they claim. Such a
dialect is a file of patterns, ``read = Layout(...).read``, and needs code only where patterns cannot say it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from typing import Final, NamedTuple, cast

from vggstat.lint.model import ClaimTable
from vggstat.lint.text import Section

Read = Callable[[Section], Iterator[ClaimTable]]


class Dialect(NamedTuple):
    """A dialect: its module's name, what its text must contain, and the kinds of section it is looked for in.

    ``cue`` is a regular expression, tried without regard to case on what nobody has read of the section; keep it linear (no
    nested repeats). No ``kinds`` means any.
    """

    name: str
    cue: str
    kinds: tuple[str, ...] = ()

    def may_read(self, section: Section) -> bool:
        """Whether it is worth importing the reader for this section."""
        if self.kinds and section.kind not in self.kinds:
            return False
        return _compiled(self.cue).search(section.left) is not None


DIALECTS: Final[tuple[Dialect, ...]] = (
    Dialect("torchinfo", r"layer ?\(type"),
    Dialect("torchsummary", r"conv2d-\d|linear-\d|dense-\d"),
    Dialect("dl4j", r"nIn,nOut"),
    Dialect("caffe-log", r"top shape: \d"),
    Dialect("keras", r"layer \(type|total params:|\((?:conv2d|dense|flatten|maxpooling2d)\)"),
    Dialect(
        "commented-code",
        r"(?:conv|pool)[^#\n/]{0,160}(?:#|//).{0,20}\d[x, ]{1,3}\d",
        ("code", "markdown", "text"),
    ),
    Dialect(
        "lightning",
        r"^ *\d[\d.,]*(?: [kmbt])? +(?:trainable|total) params$",
        ("text", "markdown", "output", "code"),
    ),
    Dialect("bare-totals", r"total\s{1,3}param", ("text", "markdown", "code", "output")),
    Dialect("cs231n", r"(?:memory|weights|param\w{0,20})\s*:"),
    Dialect("print-model", r"\w\)\s?: ?[a-z]\w+\(", ("text", "markdown", "output", "latex")),
    Dialect("html", r"<t[rdh][\s>]"),
    Dialect("matlab", r"\d +['\"][\w./-]+['\"] +[a-z]", ("text", "markdown", "output", "code")),
    Dialect("darknet", r"^ *\d+ +(?:conv|max) ", ("text", "markdown", "output", "code")),
    Dialect("prototxt", r"num_output", ("text", "markdown", "output", "code")),
    Dialect("markdown", r"\|", ("text", "markdown", "output", "code")),
    Dialect("latex", r"\\begin ?\{(?:tab|array|long|nice)", ("latex", "markdown", "text", "output")),
    Dialect("delimited", r"[,;\t]|\S  +\S", ("csv", "tsv", "text", "markdown", "output")),
    Dialect(
        "metadata",
        r"(?:param(?:s|eters|_count)|flops|macs|_ops)[\"']?\s?[:=]\s?[\"']?\d",
        ("code", "text", "markdown", "output"),
    ),
    Dialect("configurations", r"conv\d-\d|a-lrn", ("text", "markdown", "latex", "output")),
    Dialect("layer-list", r"^[^\w\n]*conv\d-\d{2,4}\W*$", ("text", "markdown", "output")),
    Dialect(
        "stacked",
        r"^[^\w\n]*(?:layer|model|network|name|层|网|模型|レイヤ|層|モデル|레이어|모델)",
        ("text", "markdown"),
    ),
    Dialect(
        "breakdown",
        r"conv|\bfc|fully|dense|linear|卷积|全连接|畳み込み|全結合|합성곱",
        ("text", "markdown", "output", "code", "latex"),
    ),
    Dialect("listing", r"conv|卷积|畳み込み|합성곱", ("text", "markdown", "output")),
    Dialect(
        "facts",
        r"^[^\w\n]{0,20}(?:total |model |number of |mult)?\w{0,20}\W?"
        r"(?:params|parameters?|flops|macs?|adds|size|weights?|checkpoint|complexity|layers)\b"
        r"|参数|计算量|模型大小|パラメータ|計算量|파라미터|연산량",
        ("text", "markdown", "latex", "output"),
    ),
    Dialect("prose", r"\d", ("text", "markdown", "latex", "code", "output")),
    Dialect(
        "exact", r"\d{7}|\d[,.' ]\d{3}[,.' ]\d{3}", ("text", "markdown", "latex", "code", "output", "html")
    ),
)


@cache
def _compiled(cue: str) -> re.Pattern[str]:
    return re.compile(cue, re.IGNORECASE | re.MULTILINE)


@cache
def find_reader(name: str) -> Read:
    """The ``read`` function of a dialect, imported now."""
    return cast(Read, import_module(f"vggstat.lint.readers.{name.replace('-', '_')}").read)
