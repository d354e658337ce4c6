"""Two sequences side by side: the band finds what the whole table would."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from vggstat.net.alignment import CELLS, align

PRICES = {"r": 55, "c": 100, "C": 100, "d": 100}
"""A follower is cheaper than a layer of its own."""

SEQUENCES = st.lists(st.sampled_from(sorted(PRICES)), max_size=14)


def change(one: str, other: str) -> int:
    """Nothing where equal, less than leaving out and putting in within a kind, more than that else."""
    return 0 if one == other else 95 if one.lower() == other.lower() else 500


def price(item: str) -> int:
    return PRICES[item]


def reference(left: Sequence[str], right: Sequence[str]) -> tuple[int, list[tuple[int | None, int | None]]]:
    """The edit distance by its definition, over all pairs of positions, and its way."""

    @cache
    def rest(i: int, j: int) -> tuple[int, tuple[tuple[int | None, int | None], ...]]:
        ways = []
        if i < len(left) and j < len(right):
            cost, way = rest(i + 1, j + 1)
            ways.append((cost + change(left[i], right[j]), ((i, j), *way)))
        if i < len(left):
            cost, way = rest(i + 1, j)
            ways.append((cost + price(left[i]), ((i, None), *way)))
        if j < len(right):
            cost, way = rest(i, j + 1)
            ways.append((cost + price(right[j]), ((None, j), *way)))
        return min(ways, key=lambda found: found[0], default=(0, ()))

    cost, way = rest(0, 0)
    return cost, list(way)


@given(SEQUENCES, SEQUENCES)
def test_the_way_is_that_of_the_whole_table(left: list[str], right: list[str]) -> None:
    """The same price and the same pairs, of equally cheap ways too."""
    found = align(left, right, change, price, price)

    assert (found.cost, found.pairs) == reference(left, right)


def test_few_pairs_are_looked_at_where_sequences_hardly_differ() -> None:
    """One layer put in among 3,000: a way off the diagonal by one, so a band of three places beside each."""
    left = ["c", "r", "d"] * 1_000
    right = [*left[:1_500], "C", *left[1_500:]]
    looks = 0

    def counted(one: str, other: str) -> int:
        nonlocal looks
        looks += 1
        return change(one, other)

    found = align(left, right, counted, price, price)

    assert found.cost == 100
    assert looks < 30 * len(left)  # 9,000,000 in the whole table


def test_sequences_that_hardly_agree_take_no_more_than_their_share() -> None:
    """Every one of 5,000 layers is another: 25 million pairs are not looked at, and each has its counterpart."""
    looks = 0

    def counted(one: str, other: str) -> int:
        nonlocal looks
        looks += 1
        return change(one, other)

    found = align(["c"] * 5_000, ["C"] * 5_000, counted, price, price)

    assert found.pairs == [(at, at) for at in range(5_000)]
    assert looks < 3 * CELLS
