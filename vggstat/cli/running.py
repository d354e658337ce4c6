"""Options that say how a network is run, shared by the commands about memory."""

from __future__ import annotations

from typing import Annotated

import typer

from vggstat.cost.optimizer import find_optimizer
from vggstat.cost.workload import Workload, find_dtype
from vggstat.errors import UsageError

__all__ = ["AutocastOption", "ImplementationOption", "ModeOption", "OptimizerOption", "running"]

ModeOption = Annotated[
    str, typer.Option("--mode", metavar="inference|training", help="A forward pass, or a training step.")
]
OptimizerOption = Annotated[
    str | None,
    typer.Option(
        "--optimizer",
        metavar="NAME",
        help="In training: sgd, momentum (default), nesterov, adam, adamw; momentum+wd: with weight decay.",
    ),
]
ImplementationOption = Annotated[
    str | None,
    typer.Option(
        "--implementation",
        metavar="KIND",
        help="torch's foreach (default), fused or loop; they differ in the copies they make.",
    ),
]
AutocastOption = Annotated[
    str | None,
    typer.Option("--autocast", metavar="bf16", help="Conv and FC layers in bfloat16, parameters in float32."),
]


def running(
    workload: Workload,
    *,
    mode: str,
    optimizer: str | None = None,
    implementation: str | None = None,
    autocast: str | None = None,
) -> Workload:
    """The workload run in that mode. Raises UsageError where the options contradict each other."""
    if mode not in ("inference", "training"):
        raise UsageError(f"--mode takes inference or training, not {mode!r}")
    if mode == "inference" and (optimizer or implementation):
        given = "--optimizer" if optimizer else "--implementation"
        raise UsageError(f"{given} says how a network is trained: add --mode training")
    lowered = None
    if autocast is not None:
        lowered = find_dtype(autocast)
        if lowered.name != "bfloat16":
            raise UsageError(f"memory under autocast is known for bf16 only, not for {autocast!r}")
    return workload.replace(
        mode=mode,
        optimizer=find_optimizer(optimizer or "momentum", implementation or "foreach"),
        autocast=lowered,
    )
