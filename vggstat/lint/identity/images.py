"""The image of a listing that has no row for it: from the first maps, and from its size in bytes."""

from __future__ import annotations

from math import prod
from typing import Final

from vggstat.lint.conventions import FLOAT32
from vggstat.lint.identity.evidence import Evidence
from vggstat.lint.identity.observe import is_torch_summary
from vggstat.lint.identity.windows import MAX_STRIDE, find_kernel, find_step
from vggstat.lint.numbers import Number
from vggstat.shapes import Shape

USUAL_SIDES: Final = frozenset({28, 227, 299, 300, 331})
"""Sides of images in use that are no multiple of 32."""


def squared_image(evidence: Evidence, image: Shape) -> Shape:
    """The image; where it was taken from a first map with a slip in one side, with the side that the next map follows
    from for both."""
    maps = [
        (three, obs)
        for obs in evidence.observations
        if obs.kind in ("conv", "pool") and obs.dims and (three := obs.dims.oriented(evidence.layout))
    ]
    if len(maps) < 2 or "input" in evidence.kinds or image[1] == image[2] or maps[0][0][1:] != image[1:]:
        return image
    channels, after, obs = maps[0][0][0], maps[1][0], maps[1][1]
    if after[1] != after[2]:
        return image
    kernel = obs.kernel or (2 if obs.kind == "pool" else find_kernel(obs.whole, channels, after[0]))
    side = next((side for side in image[1:] if find_step(side, after[1], kernel)), image[1])
    return image[0], side, side


def image_of_bytes(evidence: Evidence, image: Shape) -> Shape | None:
    """The image whose size in bytes is stated, where no row shows it and the first convolution strides or is not
    padded: one that a window, stride and padding in use take to the first map. None where nothing asks for it."""
    first = next((obs for obs in evidence.observations if obs.kind == "conv"), None)
    three = first.dims.oriented(evidence.layout) if first and first.dims else None
    number = _stated_bytes(evidence)
    if first is None or three is None or number is None or "input" in evidence.kinds or first.in_dims:
        return None
    scales = evidence.table.scales_of_size(
        number, mebi=is_torch_summary(evidence.table, evidence.observations)
    )

    def admits(size: Shape) -> bool:
        return number.admits_in(FLOAT32 * evidence.batch * prod(size), scales)

    if admits(image):
        return None
    kernel = first.kernel or find_kernel(first.whole, image[0], three[0])
    sizes = [
        (image[0], *((side - 1) * stride + kernel - 2 * padding + rest for side in three[1:]))
        for stride in range(1, MAX_STRIDE + 1)
        for padding in range(kernel // 2 + 1)
        for rest in range(stride)
    ]
    return min(filter(admits, sizes), key=_oddity, default=None)


def _oddity(image: Shape) -> tuple[bool, bool, bool]:
    """Images in use first."""
    return image[1] % 32 > 0, image[1] not in USUAL_SIDES, image[1] % 2 > 0


def _stated_bytes(evidence: Evidence) -> Number | None:
    """What the listing says that the image takes."""
    cell = next((cell for cell in evidence.table.totals if cell.quantity == "input_bytes"), None)
    return cell.number if cell else None
