"""What may follow a convolution or an FC layer as one of its fields: a norm, an activation."""

from __future__ import annotations

from typing import Final

from vggstat.fields import choice
from vggstat.net.ops.base import Follower, Layer

__all__ = ["ACTIVATIONS", "NORMS", "activation_after", "after_convolution", "norm_after"]

ACTIVATIONS: Final = (
    "relu",
    "relu6",
    "leaky-relu",
    "elu",
    "sigmoid",
    "tanh",
    "silu",
    "gelu",
    "hard-swish",
    "hard-sigmoid",
)
"""The words of the language, each the name of a kind of its own."""


def after_convolution(activation: str) -> tuple[Follower, ...]:
    """What may follow a convolution: a norm, none unless written, then an activation with this default."""
    return (
        Follower(
            choice(*NORMS, default="none", doc="normalization after the convolution").named("norm"),
            norm_after,
        ),
        Follower(
            choice(*ACTIVATIONS, "none", default=activation, doc="non-linearity after it").named(
                "activation"
            ),
            activation_after,
        ),
    )


def activation_after(word: str) -> Layer | None:
    """The layer that a conv's or FC layer's field ``activation`` names, with the kind's own settings."""
    # Imported when asked for: the kinds import this module, and a network uses one or two of ten.
    from vggstat.net.ops import find_kind

    kind = None if word == "none" else find_kind(word)
    return kind.layer() if kind else None


NORMS: Final = ("none", "batch", "group", "layer")


def norm_after(word: str) -> Layer | None:
    """The layer that a field ``norm`` names, with the kind's own settings."""
    from vggstat.net.ops import find_kind

    kind = None if word == "none" else find_kind("bn" if word == "batch" else f"{word}-norm")
    return kind.layer() if kind else None
