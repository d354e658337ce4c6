"""What one network has otherwise than another, and the edges among it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from vggstat.net.known import KnownLayer
from vggstat.records import Record

__all__ = ["Difference", "other_edges"]


class Difference(Record):
    """One thing that the found network has otherwise than the specified one."""

    kind: Literal["missing", "extra", "changed", "order", "branches"]
    layer: str
    """The specified layer, or the one after which something was found."""
    text: str
    setting: str = ""
    """Which setting, of a changed layer."""
    stated: Any = None
    computed: Any = None


def other_edges(
    wanted: Sequence[KnownLayer], found: Sequence[KnownLayer], pairs: Sequence[tuple[int | None, int | None]]
) -> tuple[Difference, ...]:
    """The first layer of both that takes other maps than specified, if there is one; nothing where edges are not known.

    ``pairs`` are the positions of layers that stand side by side, None where one side has nothing there.
    """
    if any(layer.reads is None for layer in (*wanted, *found)):
        return ()
    broken = _no_chain(found)
    if broken is not None and _no_chain(wanted) is None:
        where = f" in {broken.own_name}" if broken.own_name else ""
        again = len(broken.reads or ()) > 1 and set(broken.reads or ()) == {found.index(broken) - 1}
        what = (
            "takes the value before it more than once" if again else "does not take the one value before it"
        )
        text = f"it is no chain of layers: {broken.kind}{where} {what}"
        return (Difference(kind="branches", layer="", text=text),)
    ours = {i: j for i, j in pairs if i is not None and j is not None}
    theirs = {j: i for i, j in ours.items()}
    before, there = _nearest(wanted, ours), _nearest(found, theirs)
    for i, j in ours.items():
        taken = {-1 if other < 0 else theirs[other] for other in there[j]}
        if taken != before[i]:
            text = f"takes {_names(wanted, taken)} where {_names(wanted, before[i])} is specified"
            return (Difference(kind="branches", layer=wanted[i].name, text=text),)
    return ()


def _no_chain(layers: Sequence[KnownLayer]) -> KnownLayer | None:
    """The first layer that takes something else than the one map before it; None in a chain."""
    return next((layer for at, layer in enumerate(layers) if layer.reads != (at - 1,)), None)


def _nearest(layers: Sequence[KnownLayer], matched: Mapping[int, int]) -> list[frozenset[int]]:
    """For each layer the matched ones whose maps reach it, past those without a partner; −1 is the image."""
    found: list[frozenset[int]] = []
    for layer in layers:
        near: set[int] = set()
        for other in layer.reads or ():
            near |= {other} if other < 0 or other in matched else found[other]
        found.append(frozenset(near))
    return found


def _names(layers: Sequence[KnownLayer], positions: Iterable[int]) -> str:
    return " and ".join("the image" if at < 0 else layers[at].name for at in sorted(positions)) or "nothing"
