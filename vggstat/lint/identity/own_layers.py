"""The rows before the head as layers of a spec, one after the other, each made to follow from the one before.

A slip in one row must not bend the layers after it: where the two sides of a shape, or a shape and the parameters
beside it, say different things, the one counts that follows from the map before. Pools that have no row, because
a function in ``forward`` does them, are put in where a map follows from half of the one before only.
"""

from __future__ import annotations

from vggstat.lint.identity.evidence import Evidence
from vggstat.lint.identity.observe import Obs
from vggstat.lint.identity.windows import KERNELS, MAX_STRIDE, find_kernel, find_step, is_count
from vggstat.lint.network import make_item
from vggstat.lint.slips import digit_slip
from vggstat.net.spec import Item
from vggstat.shapes import Shape


def own_items(evidence: Evidence, image: Shape) -> list[Item] | None:
    """Each conv, pool and norm row as a layer of its own; None where one says too little."""
    own = _Layers(image)
    for obs in evidence.observations:
        three = obs.dims.oriented(evidence.layout) if obs.dims else None
        known = True
        if obs.kind == "conv":
            known = own.conv(obs, three)
        elif obs.kind == "pool":
            known = own.pool(three)
        elif obs.kind == "avgpool":
            own.avgpool(three)
        elif obs.kind == "bn" and three:
            own.items.append(make_item("bn"))
        elif obs.kind in ("relu", "dropout"):
            own.passes(three)
        elif obs.kind in ("fc", "flatten", "gap"):
            break
        if not known:
            return None
    return own.items


class _Layers:
    """Layers so far, and the map that the last of them gives."""

    def __init__(self, image: Shape) -> None:
        self.items: list[Item] = []
        self.channels, self.height, self.width = image

    def conv(self, obs: Obs, three: Shape | None) -> bool:
        """Add a convolution; False where its row says no number of filters, or follows from nothing before it."""
        filters = self._counted_filters(obs) or (three[0] if three else obs.channels)
        if not filters:
            return False
        kernel = obs.kernel or find_kernel(obs.whole, self.channels, filters)
        if three and self.items and three[1] in (2 * self.height, 4 * self.height, 8 * self.height):
            return False  # something enlarges the map that has no row
        if three:
            three = self._squared(three, kernel)
            if not self._step_to(three, kernel) and find_step(self.height // 2, three[1], kernel):
                self._add_unseen_pool()
        padding, stride = (self._step_to(three, kernel) if three else None) or (None, 1)
        if obs.padding is not None and obs.kernel is not None:
            padding = obs.padding
        fields: dict[str, object] = {"filters": filters, "kernel": kernel, "stride": obs.stride or stride}
        if padding is not None:
            fields["padding"] = padding
        self.items.append(make_item("conv", **fields))
        self.channels = filters
        if three:
            _, self.height, self.width = three
        return True

    def pool(self, three: Shape | None) -> bool:
        """Add a max pool; False for a step that no pool makes."""
        if three and three[1] != three[2] and self.height == self.width:
            side = three[1] if self.height // 2 in (three[1], three[1] - 1) else three[2]
            three = (three[0], side, side)
        if three and three[1] and self.height // three[1] not in (1, 2, 3, 4):
            return False
        step = max(1, round(self.height / three[1])) if three and three[1] else 2
        self.items.append(make_item("maxpool", kernel=max(2, step), stride=step))
        self.height, self.width = three[1:] if three else (self.height // step, self.width // step)
        return True

    def avgpool(self, three: Shape | None) -> None:
        """Add an average pool to the map that its row shows; its window does not matter to anything after it."""
        if three and three[1] and three[1] == three[2]:
            self.items.append(make_item("adaptive-avgpool", output=three[1]))
            _, self.height, self.width = three

    def passes(self, three: Shape | None) -> None:
        """A row that passes its map on shows where a pool has no row."""
        if three == (self.channels, self.height // 2, self.width // 2):
            self._add_unseen_pool()

    def _step_to(self, three: Shape, kernel: int) -> tuple[int | None, int] | None:
        return find_step(self.height, three[1], kernel, 2 if self.items else MAX_STRIDE)

    def _add_unseen_pool(self) -> None:
        """A pool that halves the map. An adaptive one: no listing lacks it where it has no row."""
        if self.items and self.height == self.width and self.height > 1:
            self.items.append(make_item("adaptive-avgpool", output=self.height // 2))
            self.height, self.width = self.height // 2, self.width // 2

    def _squared(self, three: Shape, kernel: int) -> Shape:
        """The shape as printed; after a square map with the side that follows from it for both."""
        channels, height, width = three
        if height == width or self.height != self.width:
            return three
        side = height if self._step_to(three, kernel) else width
        return channels, side, side

    def _counted_filters(self, obs: Obs) -> int | None:
        """The number of filters that the parameters tell, where name and shape say another that is one slip of the hand
        away: one of the two is wrong, and the parameters have more digits."""
        shown = [count for count in (obs.channels, *(obs.dims.without_batch if obs.dims else ())) if count]
        kernels = (obs.kernel,) if obs.kernel else KERNELS
        if obs.whole is None or any(
            is_count(obs.whole, kernel, self.channels, count) for kernel in kernels for count in shown
        ):
            return None
        for kernel in kernels:
            filters, rest = divmod(obs.whole, kernel * kernel * self.channels + 1)
            if filters and not rest and any(digit_slip(str(count), str(filters)) for count in shown):
                return filters
        return None
