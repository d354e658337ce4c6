"""Whose a number in a sentence is: the network named before it, beside it, or above it."""

from __future__ import annotations

import re
from typing import Final

from vggstat.lint.names import Name
from vggstat.lint.readers.ties import is_placed, is_tied

_HAS: Final = re.compile(
    r"\b(?:has|have|had|contains?|uses?|needs?|comprises?) (?!\d+[.)]\s)[^.;]{0,30}$|有[^。]{0,10}$",
    re.IGNORECASE,
)
_JOINED: Final = re.compile(r"\w\s?\+\s?$")
_JOINS: Final = re.compile(r"\s?\+\s?(?!BN|batch)[A-Za-z]")
_WITHIN: Final = re.compile(r"\s?(?:with|using|on|based on|on top of|over)(?: an?| the)?\s$", re.IGNORECASE)


def _is_compound(text: str, before: list[Name]) -> bool:
    """Whether the last name is a part of somebody's network: ``ELA + VGG16``, ``Faster R-CNN with a VGG16``."""
    name = before[-1]
    if _JOINED.search(text, max(name.start - 8, 0), name.start) or _JOINS.match(text, name.end):
        return True
    if len(before) < 2 or before[-2].spec:
        return False
    between = text[before[-2].end : name.start]
    in_brackets = between.strip() == "(" and text[name.end : name.end + 1] == ")"
    return in_brackets or _WITHIN.fullmatch(between) is not None


_BINDS_AFTER: Final = re.compile(
    r"^(?!.*(?:third|half|quarter|fraction|times|than|compared|%| vs|out of|whole))"
    r".*(?:(?:\b(?:for|in|of|by|on|from|für|von|pour|de|du|para|em|do|для|у|в)|的|は|の|に)\s?(?:the |a |an |our )?|[(（]\s?)$",
    re.IGNORECASE,
)
"""What leads from a number to the network after it: ``138M parameters for VGG-16``."""
_OWN: Final = re.compile(r"\W{0,6}(?P<own>[^\W\d][\w./-]{0,40})[\W_]{0,3}[:=][\s*`~<>$]{0,6}\d")
_OF_THE_NETWORK: Final = re.compile(
    r"param|total|flop|mac|weight|size|model|network|memory|count|ops|adds|complexity|disk|file|layers|depth|parám|parâm"
    r"|параметр|参数|參數|模型|权重|计算量|計算量|パラメータ|モデル|파라미터|모델|연산",
    re.IGNORECASE,
)
"""What may stand before a colon and be said of the network named before; any other word names an owner of its own:
``body_0: 208719616 FLOPs``, ``student: 5M parameters``."""


def find_tie(text: str, names: list[Name], first: int, start: int, end: int) -> bool:
    """Whether the sentence ties a claim to the network that is named before it, or above the line. ``first``: where the
    sentence begins; ``start`` and ``end``: the claim."""
    after = _REST.match(text, end)
    before = [name for name in names if first <= name.start and name.end <= start]
    name = (before[-1].start - first, before[-1].end - first) if before else None
    behind = next((name for name in names if start < name.start), None)
    if name is None and behind is not None and is_placed(text[behind.end :]):
        return False
    if name is None and behind is not None:
        return True  # "138M parameters for VGG-16": what binds it there has been asked for
    if name is None and _OTHERS.search(text, 0, first):
        return False  # "Our own model has 3.2M parameters. It needs 0.5 GMACs."
    return is_tied(text[first:start], name, after[0] if after else "")


_OTHERS: Final = re.compile(
    r"\b(?:ours?|own|my|we|their|proposed|student|another)\b|我们|本文", re.IGNORECASE
)
_REST: Final = re.compile(r"[^.!?;。；]*(?:[.,](?=\d)[^.!?;。；]*)*[.!?;。；]?")
"""What is left of a sentence."""


def find_owner(text: str, names: list[Name], near: list[Name], heading: list[Name], start: int) -> str | None:
    """The words that name the network of a claim; None where none or several do."""
    before = [name for name in names if name.end <= start]
    if names and not before and _HAS.search(text[max(start - 60, 0) : start]):
        return None  # somebody else has it: "our student has 1.2M parameters, VGG-16 138M"
    if names:
        if before and _is_compound(text, before):
            return None
        if before and (
            len({n.spec or n.text for n in names}) == 1
            or not re.search(r"respectively|分别|それぞれ|각각", text)
        ):
            name = before[-1]
            # a name that is another's begins before it: "AutoSlim-ResNet-50"
            begun = "" if name.spec else re.split(r"[^\w.+-]", text[: name.start])[-1]
            return text[name.start - len(begun) : name.end]
        first = names[0]
        alone = len({n.spec or n.text for n in names}) == 1
        return first.text if alone and _BINDS_AFTER.search(text[start : first.start]) else None
    own = _OWN.match(text)
    if own and not _OF_THE_NETWORK.search(own["own"]):
        return None
    for group in (near, heading):
        if group:
            return group[-1].text if len({n.spec or n.text for n in group}) == 1 else None
    return None
