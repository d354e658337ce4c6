"""What an optimizer keeps, and what it allocates while it steps (torch.optim, torch 2.13).

``foreach`` updates all parameters at once and so makes a copy of all where it needs one; ``loop`` goes from
parameter to parameter; ``fused`` is one kernel that needs no copies. Adam's ``step`` counters (4 bytes a
tensor) are not counted: they lie in the host's memory but for ``fused``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, get_args

from vggstat.errors import UsageError
from vggstat.records import Record

__all__ = ["IMPLEMENTATIONS", "OPTIMIZERS", "Copy", "Implementation", "Optimizer", "find_optimizer"]

Implementation = Literal["foreach", "fused", "loop"]

IMPLEMENTATIONS: Final[tuple[Implementation, ...]] = get_args(Implementation)


class Copy(NamedTuple):
    """Temporaries of a parameter's size: which parameter (its number), and how many of them."""

    parameter: int
    copies: int


class Optimizer(Record):
    """An update rule in one of torch's implementations."""

    name: str
    title: str
    states: tuple[str, ...] = ()
    """The tensors that it keeps for each parameter, each of the parameter's size."""
    foreach_copies: int = 0
    """Copies of all parameters that ``foreach`` holds at once."""
    loop_copies: int = 0
    """Copies of one parameter that ``loop`` holds at once."""
    loop_leftovers: int = 0
    """Copies of the parameter before it that ``loop`` still holds, in a variable that is not yet set anew."""
    implementation: Implementation = "foreach"

    @property
    def copies_kept(self) -> int:
        """Tensors of a parameter's size while training steps: itself, its gradient and each state."""
        return 2 + len(self.states)

    def temporaries(self, elements: Sequence[int]) -> tuple[Copy, ...]:
        """What is allocated when most is, for parameters of so many ``elements`` in the model's order."""
        if self.implementation == "foreach" and self.foreach_copies:
            return tuple(Copy(number, self.foreach_copies) for number in range(len(elements)))
        if self.implementation == "loop" and self.loop_copies and elements:
            before = (0, *elements)
            number = max(
                range(len(elements)),
                key=lambda i: self.loop_copies * elements[i] + self.loop_leftovers * before[i],
            )
            left = (Copy(number - 1, self.loop_leftovers),) if number and self.loop_leftovers else ()
            return (*left, Copy(number, self.loop_copies))
        return ()


MOMENTUM: Final = ("momentum buffer",)
MOMENTS: Final = ("first moment", "second moment")

OPTIMIZERS: Final = (
    Optimizer(name="sgd", title="SGD"),
    Optimizer(name="sgd+wd", title="SGD with weight decay", foreach_copies=1, loop_copies=1),
    Optimizer(name="momentum", title="SGD with momentum", states=MOMENTUM),
    Optimizer(
        name="momentum+wd",
        title="SGD with momentum and weight decay",
        states=MOMENTUM,
        foreach_copies=1,  # the gradients with the decay added
        loop_copies=1,
    ),
    # foreach adds the momentum to the gradients in place, loop does not.
    Optimizer(name="nesterov", title="SGD with Nesterov momentum", states=MOMENTUM, loop_copies=1),
    Optimizer(
        name="nesterov+wd",
        title="SGD with Nesterov momentum and weight decay",
        states=MOMENTUM,
        foreach_copies=1,
        loop_copies=2,
    ),
    # The copies are of the root of the second moment; loop divides it into another one.
    Optimizer(name="adam", title="Adam", states=MOMENTS, foreach_copies=1, loop_copies=2, loop_leftovers=1),
    # foreach drops the decayed gradients before it takes the root.
    Optimizer(
        name="adam+wd",
        title="Adam with weight decay",
        states=MOMENTS,
        foreach_copies=1,
        loop_copies=3,
        loop_leftovers=1,
    ),
    # Its decay scales the parameters in place.
    Optimizer(name="adamw", title="AdamW", states=MOMENTS, foreach_copies=1, loop_copies=2, loop_leftovers=1),
)
"""Every update rule, with torch's default implementation on a GPU."""


def find_optimizer(name: str, implementation: str = "foreach") -> Optimizer:
    """The optimizer of that name in that implementation. Raises UsageError with the known ones."""
    if implementation not in IMPLEMENTATIONS:
        known = ", ".join(IMPLEMENTATIONS)
        raise UsageError(f"unknown optimizer implementation {implementation!r}: expected one of {known}")
    for optimizer in OPTIMIZERS:
        if optimizer.name == name.lower():
            return optimizer.replace(implementation=implementation)
    known = ", ".join(optimizer.name for optimizer in OPTIMIZERS)
    raise UsageError(f"unknown optimizer {name!r}: expected one of {known} (+wd: with weight decay)")
