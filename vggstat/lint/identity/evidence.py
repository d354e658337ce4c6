"""What the rows say together of image, batch, norm and head, before any network is tried."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from vggstat.lint.identity.observe import Obs, find_layout, printed_counts
from vggstat.lint.identity.windows import KERNELS, is_count
from vggstat.lint.model import ClaimTable
from vggstat.lint.network import Network
from vggstat.lint.numbers import Number
from vggstat.shapes import Shape

USUAL_PLANES: Final = (1, 3, 4)
"""Grey, colour, and colour with a fourth channel."""
MAX_PLANES: Final = 15
"""Channels that an image may have."""
MAX_POOLS: Final = 12
"""Pools that halve a map; after more there is nothing left of it."""


class _Map(NamedTuple):
    """A row's map, and how many pools it stands behind."""

    obs: Obs
    depth: int
    channels: int
    height: int
    width: int
    entering: bool = False
    """Whether it is the image, as the first convolution's row has it."""


class Evidence:
    """What the rows say of image, batch, norm and head, before any network is tried."""

    def __init__(self, table: ClaimTable, observations: Sequence[Obs]) -> None:
        self.table = table
        self.observations = observations
        self.layout = find_layout(observations)
        self.batch = self._batch()
        self.images = self._images()
        self.image = self.images[0] if self.images else None
        kinds = Counter(obs.kind for obs in observations)
        self.norm = kinds["bn"] >= max(1, kinds["conv"] // 2)
        self.kinds = set(kinds)
        self.fc = [obs for obs in observations if obs.kind == "fc"]
        self.foreign = sum(bool(obs.kind == "other" and (obs.whole or 0) > 0) for obs in observations)
        self.pooled = any(self._is_global(obs) for obs in observations)

    @property
    def totals(self) -> list[Number]:
        """The printed totals of parameters."""
        cells = (cell for cell in self.table.totals if cell.quantity == "params")
        return [number for cell in cells for number in cell.numbers]

    @property
    def adds_up(self) -> bool:
        """Whether the rows, as printed, come to an exact total: then they are of layers of another make (groups)."""
        printed = printed_counts(self.observations)
        return bool(printed) and sum(printed) in (number.whole for number in self.totals)

    def has_total_of(self, network: Network) -> bool:
        """Whether an exact total of the document is that of the network: with biases, without, or with running
        statistics."""
        params, weights = network.report.total.params, network.report.total.weights
        counts = (params, weights, params + sum(target.buffers for target in network.targets))
        return any(number.whole in counts for number in self.totals)

    def _batch(self) -> int:
        """The number of images that most shapes are of."""
        shown = [obs.dims for obs in self.observations if obs.dims]
        votes = Counter(dims.batch for dims in shown if dims.batch)
        if votes.total() < sum(dims.open_batch for dims in shown):
            return 1  # one number among rows of -1 is a slip in its row
        if not votes:
            votes = Counter(
                obs.memory_product[0] for obs in self.observations if len(obs.memory_product) == 4
            )
        return votes.most_common(1)[0][0] or 1 if votes else 1

    def _is_global(self, obs: Obs) -> bool:
        """Whether the row takes one value of each map."""
        if obs.kind == "gap":
            return True
        size = next((cell.flow.text for cell in obs.row.cells if cell.quantity == "size"), "")
        if obs.kind == "avgpool" and size and set(re.findall(r"\d+", size)) == {"1"}:
            return True
        if obs.kind != "avgpool" or obs.dims is None:
            return False
        three = obs.dims.oriented(self.layout)
        return len(obs.dims.without_batch) == 1 or (three is not None and three[1:] == (1, 1))

    def _images(self) -> list[Shape]:
        """Images that rows agree with, most of them first. Where a pool is missing they name several."""
        maps, votes = self._maps(), self._image_votes()
        if not votes:
            return self._image_of_head()

        def support(size: tuple[int, int]) -> int:
            return sum((size[0] >> m.depth, size[1] >> m.depth) == (m.height, m.width) for m in maps)

        candidates = sorted((size for size, _ in votes.most_common(6)), key=support, reverse=True)
        first = next(((m.height, m.width) for m in maps if not m.depth), candidates[0])
        if support(candidates[0]) * 2 < len(maps):
            candidates.insert(0, first)
        planes = self._image_channels(self._stated_planes(maps))
        return [(planes, *size) for size in dict.fromkeys((candidates[0], first, *candidates[1:3]))]

    def _maps(self) -> list[_Map]:
        """The maps of the rows before the head, each with the number of pools before it."""
        maps: list[_Map] = []
        depth = 0
        for obs in self.observations:
            three = obs.dims.oriented(self.layout) if obs.dims else None
            depth += obs.kind == "pool"
            before = obs.in_dims.oriented(self.layout) if obs.in_dims and obs.kind == "conv" else None
            if before and not maps:
                maps.append(_Map(obs, 0, *before, entering=True))
            if three and (obs.kind == "input" or (obs.kind in ("conv", "pool") and depth < MAX_POOLS)):
                maps.append(_Map(obs, 0 if obs.kind == "input" else depth, *three))
            if obs.kind in ("fc", "flatten", "gap") and maps:
                break
        return maps

    def _image_votes(self) -> Counter[tuple[int, int]]:
        """Height and width of the image that each map names, taken back through the pools before it."""
        votes: Counter[tuple[int, int]] = Counter()
        for obs, depth, _, height, width, _ in self._maps():
            votes[height << depth, width << depth] += 1
            product = obs.memory_product
            if obs.kind != "input" and not depth and len(product) == 3 and len(set(product)) < 3:
                side = Counter(product).most_common(1)[0][0]
                votes[side, side] += 1
        return votes

    def _image_of_head(self) -> list[Shape]:
        """The square image whose last map the first FC layer takes, for a listing without shapes."""
        first = next((obs for obs in self.observations if obs.kind == "fc"), None)
        convs = [obs for obs in self.observations if obs.kind == "conv" and obs.channels]
        if first is None or not first.in_channels or not convs or any((obs.stride or 1) > 1 for obs in convs):
            return []
        pools = sum(obs.kind == "pool" for obs in self.observations)
        if self.table.gaps and not pools:
            return []  # the pools are left out, so that nothing leads from the map back to the image
        area, rest = divmod(first.in_channels, convs[-1].channels or 1)
        side = round(area**0.5)
        if rest or side * side != area or not 0 < side <= 64 or pools > 8:
            return []
        if any(obs.kind == "avgpool" for obs in self.observations):
            return []
        return [(self._image_channels(self._stated_planes([])), side << pools, side << pools)]

    def _stated_planes(self, maps: Sequence[_Map]) -> int:
        """The channels of the image that its row says, or the arguments of the first convolution; 0 for none."""
        stated = next((m.channels for m in maps if m.obs.kind == "input" or m.entering), 0)
        first = next((obs for obs in self.observations if obs.kind == "conv"), None)
        inputs = first.in_channels if first else None
        return stated or (inputs if inputs in USUAL_PLANES else 0) or 0

    def _image_channels(self, stated: int) -> int:
        """Those that the first convolution's parameters say, of 3, 1 and what the image's own row says. More where
        the listing begins in the middle of a network."""
        first = next((obs for obs in self.observations if obs.kind == "conv"), None)
        three = first.dims.oriented(self.layout) if first and first.dims else None
        filters = (first.channels or (three[0] if three else 0)) if first else 0
        usual = stated if 0 < stated <= MAX_PLANES else 3
        if first is None or not first.whole or not filters:
            return usual
        kernels = (first.kernel,) if first.kernel else KERNELS
        for channels in dict.fromkeys((stated or 3, 3, 1, 4)):
            if any(is_count(first.whole, kernel, channels, filters) for kernel in kernels):
                return channels
        for kernel in () if stated else kernels[:2]:
            inputs, rest = divmod(first.whole, kernel * kernel * filters)
            if inputs > MAX_PLANES and inputs % 8 == 0 and rest in (0, filters):
                return inputs
        return usual
