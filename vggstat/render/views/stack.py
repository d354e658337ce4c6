"""Two stacks of convolutions side by side."""

from __future__ import annotations

from typing import Any

from vggstat.cost.stack import Stack
from vggstat.render.page import Column, Page, Table, Text, row
from vggstat.render.report_data import SCHEMA
from vggstat.units import grouped, percent, ratio

__all__ = ["stack_page"]


def stack_page(stack: Stack, other: Stack | None, side: int | None) -> Page:
    """The page of ``vggstat stack``: one stack, or two with the second over the first."""
    stacks = (stack,) if other is None else (stack, other)
    columns = [Column(key="quantity")]
    columns += [
        Column(key=f"stack_{n}", header=entry.text, align="right") for n, entry in enumerate(stacks, start=1)
    ]
    if other is not None:
        columns.append(Column(key="ratio", header="ratio", align="right"))
    lines: list[list[Any]] = [
        ["receptive field, pixels", *(f"{s.receptive_field}×{s.receptive_field}" for s in stacks)],
        ["layers, each with a ReLU", *(s.nonlinearities for s in stacks)],
        ["weights, in C² (C channels in and out)", *(f"{s.squares}C²" for s in stacks)],
        [f"weights at C = {grouped(stack.channels)}", *(s.weights for s in stacks)],
        ["parameters, with biases", *(s.params for s in stacks)],
        ["MACs per pixel of the map", *(s.macs_per_pixel for s in stacks)],
    ]
    if side is not None:
        lines.append([f"MACs on a {side}×{side} map", *(s.macs(side) for s in stacks)])
    if other is not None:
        for line in lines:
            first, last = line[1:3]
            line.append(ratio(last, first) if isinstance(first, int) else "")
        lines[2][-1] = ratio(other.squares, stack.squares)
    parts: list[Any] = [
        Table(columns=tuple(columns), rows=tuple(row(*line) for line in lines), name="stack", main=True)
    ]
    if other is not None:
        parts.append(Text(lines=(_sentence(stack, other),)))
    return Page(
        title=" against ".join(entry.text for entry in stacks),
        aside=f"{grouped(stack.channels)} channels in and out, stride 1, padding same",
        parts=tuple(parts),
        notes=(
            "Weights without biases; a MAC is one multiply-accumulate, one per weight and pixel. The argument: "
            "Simonyan & Zisserman 2014, section 2.3.",
        ),
        data=lambda: {"schema": SCHEMA, "stacks": [_stack_data(entry, side) for entry in stacks]},
    )


def _sentence(stack: Stack, other: Stack) -> str:
    if stack.receptive_field != other.receptive_field:
        return (
            f"They do not see the same: {stack.receptive_field}×{stack.receptive_field} pixels against "
            f"{other.receptive_field}×{other.receptive_field}."
        )
    seen = f"Both see {stack.receptive_field}×{stack.receptive_field} pixels"
    if stack.squares == other.squares:
        return f"{seen} at the same weights."
    more, fewer = (other, stack) if other.squares > stack.squares else (stack, other)
    extra = percent(more.squares - fewer.squares, fewer.squares, 0)
    return f"{seen}; {more.text} takes {extra} more weights and MACs than {fewer.text}."


def _stack_data(stack: Stack, side: int | None) -> dict[str, Any]:
    return {
        "kernels": list(stack.kernels),
        "channels": stack.channels,
        "receptive_field": stack.receptive_field,
        "nonlinearities": stack.nonlinearities,
        "weights_per_channel_squared": stack.squares,
        "weights": stack.weights,
        "params": stack.params,
        "macs_per_pixel": stack.macs_per_pixel,
        "macs": None if side is None else stack.macs(side),
    }
