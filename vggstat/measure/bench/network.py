"""vggstat's own module of a graph, as what is benchmarked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch.nn import functional

from vggstat.cost.report import Report
from vggstat.measure.bench.benchmarked import Checked
from vggstat.measure.bench.counted import check_counted, check_groups
from vggstat.measure.bench.groups import GroupRows
from vggstat.measure.bench.passes import SEED, Inputs, Loss, TimedPass, laid_out, targets_of
from vggstat.measure.module import as_torch_dtype, build_module, fill

__all__ = ["NETWORK", "BuiltNetwork"]


class BuiltNetwork:
    """The module that a report's graph means, its groups of layers as rows."""

    channels_last: Final = True
    refused: Final[Mapping[str, str]] = {}

    def open(self, report: Report, device: torch.device, *, channels_last: bool) -> TimedPass:
        dtype = as_torch_dtype(report.workload.dtype)
        model = build_module(report.graph, device=device, dtype=dtype)
        fill(model, seed=SEED)
        layout = torch.channels_last if channels_last else torch.contiguous_format
        # ``to`` changes only tensors of four axes, and copies only those that are laid out otherwise.
        model.to(memory_format=layout)  # type: ignore[call-overload]
        generator = torch.Generator(device=device).manual_seed(SEED)
        shape = (report.workload.batch, *report.graph.image)
        images = torch.empty(shape, device=device, dtype=dtype).uniform_(-1, 1, generator=generator)
        return TimedPass(
            report,
            device,
            model,
            Inputs((laid_out(images, channels_last=channels_last),)),
            loss=Loss(functional.cross_entropy),
            targets=targets_of(report, device, generator),
        )

    def check(self, timed: TimedPass) -> Checked:
        return Checked(check_counted(timed))

    def check_output(self, timed: TimedPass) -> Checked:
        return Checked((check_groups(timed),))

    def rows(self, timed: TimedPass) -> GroupRows:
        return GroupRows(timed)

    def place_of(self, error: BaseException) -> str:
        """Nothing: its lines are vggstat's own."""
        return ""


NETWORK: Final = BuiltNetwork()
"""It holds nothing of its own."""
