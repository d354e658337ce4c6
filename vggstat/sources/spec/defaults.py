"""What a spec's ``defaults`` mean for each of its layers and residuals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vggstat.net.ops.base import CONVOLUTIONS, Kind
from vggstat.net.spec import Item, Step, Unit
from vggstat.sources.spec.reader import Defaults

__all__ = ["defaults_of", "usual_sum", "with_defaults", "with_defaults_each"]


def with_defaults_each(items: tuple[Item, ...], defaults: Defaults) -> tuple[Item, ...]:
    """The layers, each with what the defaults say of its kind."""
    return tuple(_item(item, defaults) for item in items) if defaults else items


def with_defaults(steps: tuple[Step, ...], defaults: Defaults) -> tuple[Step, ...]:
    """The steps of a list, each with what the defaults say of it."""
    return tuple(_step(step, defaults) for step in steps)


def _step(step: Step, defaults: Defaults) -> Step:
    if isinstance(step, Item):
        return _item(step, defaults) if defaults else step
    if not isinstance(step, Unit):
        return step
    branches = tuple(with_defaults(branch, defaults) for branch in step.branches)
    if step.form != "residual":
        return step.replace(
            branches=branches, activation=step.activation or "none", in_place=step.in_place is not False
        )
    usual = usual_sum(defaults)
    return step.replace(
        branches=tuple(map(_without_last_activation, branches)),
        activation=step.activation or usual["activation"],
        in_place=usual["in_place"] if step.in_place is None else step.in_place,
    )


def usual_sum(defaults: Defaults) -> Mapping[str, Any]:
    """What follows the sum of a residual that does not say, and whether it may be written in place."""
    said = defaults.get("residual", {})
    return {
        "activation": said.get("activation", defaults.get("conv", {}).get("activation", "relu")),
        "in_place": said.get("in_place", True),
    }


def _without_last_activation(branch: tuple[Step, ...]) -> tuple[Step, ...]:
    """A list whose last convolution has no activation unless it says so itself: that follows the sum."""
    for at in range(len(branch) - 1, -1, -1):
        step = branch[at]
        if isinstance(step, Item) and step.kind.layer.row_kind in CONVOLUTIONS:
            bare = step.replace(defaults={**step.defaults, "activation": "none"})
            return (*branch[:at], bare, *branch[at + 1 :])
    return branch


def _item(item: Item, defaults: Defaults) -> Item:
    return item if item.plain else item.replace(defaults=defaults_of(item.kind, defaults))


def defaults_of(kind: Kind, defaults: Defaults) -> Mapping[str, Any]:
    """What the defaults say of a kind: its own before those of the kind that it is a case of."""
    own = defaults.get(kind.name, {})
    if not kind.defaults_of:
        return own
    shared = defaults.get(kind.defaults_of, {})
    return {**{name: value for name, value in shared.items() if name in kind.fields}, **own}
