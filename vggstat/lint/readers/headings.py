"""Headings above a line, and the one network that they name: whose facts stand below."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from typing import Final, NamedTuple

from vggstat.lint.names import find_names
from vggstat.lint.text import Section

LOWEST: Final = 9
"""The level of a line that is nothing but a network's name."""
MAX_LINE: Final = 300
NEAR: Final = 30
"""Lines below such a line for which its name holds."""
_TITLE: Final = re.compile(
    r"(?P<marks>#{1,6})\s+(?P<text>\S.*)|<h(?P<tag>[1-6])[^>]*>(?P<inside>.+)|\\(?P<sub>(?:sub){0,2})section\*?\{(?P<tex>.+)"
)
_UNDER: Final = re.compile(r"={3,}|-{3,}|~{3,}")
_ANOTHER: Final = re.compile(
    r"\bours?\b|\bmy\b|depthwise|once-for-all|\bOFA\b|\bNAS\b|attention|replac|improv|beyond|instead|small(?:er)?\b|light|custom|modif|proposed|pruned|compressed|quanti[sz]ed|distill|comparison|\bvs\b|student|fine-?tun|transfer"
    r"|压缩|剪枝|微调|比较|对比",
    re.IGNORECASE,
)
"""Words of a heading below which the figures are not those of the network that a heading names."""


class _Heading(NamedTuple):
    """A heading: the index of its line, how deep it stands, and its words."""

    line: int
    level: int
    text: str


_CALLED: Final = re.compile(
    r"\W*(?:(?:model|network|net|architecture|backbone|name|模型|网络|モデル|모델)(?: name)?\W*[:=])?\W*",
    re.IGNORECASE,
)
"""What may stand before a name in a line that is nothing else."""


class Headings:
    """The headings of a section, found when they are first asked for."""

    def __init__(self, section: Section) -> None:
        self._section = section

    @cached_property
    def _paths(self) -> list[tuple[_Heading, ...]]:
        """Each heading, with those that it stands below before it."""
        paths: list[tuple[_Heading, ...]] = []
        for heading in _find(self._section):
            before = paths[-1] if paths else ()
            paths.append((*(above for above in before if above.level < heading.level), heading))
        return paths

    def above(self, index: int) -> list[str]:
        """The headings that a line stands below, the nearest first."""
        place = bisect_left(self._paths, index, key=lambda path: path[-1].line) - 1
        path = self._paths[place] if place >= 0 else ()
        return [h.text for h in reversed(path) if h.level < LOWEST or index - h.line <= NEAR]

    def owner(self, index: int) -> str:
        """The name of the one network that the headings above a line name; empty for none, or another's."""
        return named_by(self.above(index))


def _find(section: Section) -> Iterator[_Heading]:
    fenced = False
    marked = section.kind in ("markdown", "latex", "html", "text")
    for index, line in enumerate(section.lines):
        text = line.text.strip()
        fenced ^= text.startswith(("```", "~~~"))
        if not text or len(text) > MAX_LINE or fenced:
            continue
        title = _TITLE.match(text) if marked else None
        after = section.lines[index + 1].text.strip() if index + 1 < len(section.lines) else ""
        if title:
            level = len(title["marks"] or "") or int(title["tag"] or 0) or 1 + len(title["sub"] or "") // 3
            yield _Heading(index, level, title["text"] or title["inside"] or title["tex"])
        elif marked and _UNDER.fullmatch(after) and len(text) < 100 and text[0].isalnum():
            yield _Heading(index, 1 if after[0] == "=" else 2, text)
        elif len(text) < 40 and _is_name(text):
            yield _Heading(index, LOWEST, text)


def _is_name(text: str) -> bool:
    """Whether a line is a network's name and nothing else: ``VGG16``, ``Model: VGG16``."""
    names = list(find_names(text))
    if len(names) != 1:
        return False
    before, after = text[: names[0].start], text[names[0].end :]
    # "Vgg16Bn," is one of a list in code, and what follows is of the next
    return _CALLED.fullmatch(before) is not None and re.fullmatch(r"[^\w,;]*", after) is not None


def is_another(text: str) -> bool:
    """Whether a heading is about somebody's own network, or a comparison."""
    return _ANOTHER.search(text) is not None


def named_by(headings: list[str]) -> str:
    """The network that the nearest heading with a name in it names; empty where that is several, or none of ours."""
    for text in headings:
        if is_another(text):
            return ""
        names = list(find_names(text))
        if names:
            alone = len({(name.spec, name.norm) for name in names}) == 1 and names[0].spec
            return names[0].text if alone else ""
    return ""
