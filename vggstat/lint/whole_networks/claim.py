"""A number that is said of a network, with all that it is judged by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from vggstat.lint.errata import Erratum, errata_of
from vggstat.lint.figures import Figure, figures_of
from vggstat.lint.model import Cell
from vggstat.lint.network import OF_THE_PAPER
from vggstat.lint.numbers import Number
from vggstat.lint.policy import TRAINING, ConventionPolicy
from vggstat.lint.whole_networks.variants import Variant

MAX_LINE: Final = 2_000
"""Characters of a line in which words about its figures are looked for."""
_TRAINS: Final = re.compile(r"\btrain|backward|back-?prop|bwd|学習|训练|訓練|학습", re.IGNORECASE)
_MODEL_CARD: Final = re.compile(r"\W*#?\s?(?:activations|acts) ?\(M\)|\W*M[- ]?acts\b", re.IGNORECASE)
"""What model cards call the outputs of convolutions and matrix products."""
_LECTURE: Final = re.compile(r"CS231n|\blecture\b|erratum", re.IGNORECASE)
_IMAGES: Final = re.compile(
    r"batch[- ]?size(?:\s?(?:of|is|=|:))?\s?(?!1\b)\d|batch of (?!1\b|one)\w|per batch", re.IGNORECASE
)


@lru_cache(maxsize=256)
def _trains(words: str) -> bool:
    """Whether words speak of training; asked again for each figure that a claim of the same line may be."""
    return _TRAINS.search(words) is not None


class Around(NamedTuple):
    """What the words around a table or a sentence say about its figures."""

    words: str = ""
    """All of them."""
    several_images: bool = False
    lecture: bool = False
    """Whether they speak about the lecture, whose total may be quoted then."""

    @classmethod
    def of(cls, words: str) -> Around:
        """What these words say."""
        return cls(words, _IMAGES.search(words) is not None, _LECTURE.search(words) is not None)


class Claim(NamedTuple):
    """A cell's number, what it is said of, and what the words around and the settings say of it."""

    cell: Cell
    number: Number
    variant: Variant
    """The network that the row is about."""
    variants: Iterable[Variant]
    """All that it may be about."""
    policy: ConventionPolicy
    beside: frozenset[int]
    """The exact counts of the same row: one of them shows what the others are rounded from."""
    around: Around = Around()

    @property
    def name(self) -> str:
        """The network's."""
        return self.variant.network.name

    @property
    def line(self) -> str:
        """The line that it stands in."""
        return self.cell.flow.origins[0][0].text[:MAX_LINE]

    @property
    def label(self) -> str:
        """The words that say what it counts."""
        return f"{self.cell.label} {self.cell.unit} {self.cell.flow.text}"

    @property
    def scales(self) -> tuple[int, ...]:
        """What its unit may multiply by."""
        return self.policy.scales(self.number)

    @property
    def is_of_the_paper(self) -> bool:
        """Whether its network is built in one way, but for head and norm."""
        return self.name in OF_THE_PAPER

    def figures(self, variant: Variant | None = None) -> list[Figure]:
        """The figures that it may be of; those of training only where the words speak of it."""
        trains = _trains(self.label) or _trains(self.line)
        figures: Iterable[Figure] = figures_of((variant or self.variant).network, self.cell.quantity)
        if self.is_of_the_paper and self.cell.quantity == "values" and _MODEL_CARD.match(self.label):
            figures = (figure for figure in figures if figure.rule == "timm, values")
        return [figure for figure in figures if trains or figure.rule != TRAINING]

    def admits(self, figure: Figure) -> bool:
        """Whether it is right as this figure, in units that are known to be meant."""
        if figure.admits(self.number, self.scales):
            return True
        return figure.exact in self.beside and figure.admits(self.number)

    def is_bounded(self, figure: Figure) -> bool:
        """Whether it is a bound, and true of this figure."""
        sign = {"": 0, "more": 1, "less": -1}[self.cell.bound]
        return sign * figure.exact > sign * self.number.approximate

    @property
    def is_telling(self) -> bool:
        """Whether it has digits enough to tell one way to count from another: 16 G is anything near 15.5 G."""
        return len(self.number.digits) > 2

    def names_tool(self, figure: Figure) -> bool:
        """Whether the words around or in the line name the tool that counts so: ``thop`` of ``thop-old``."""
        tool = figure.rule.partition("-")[0]
        return any(tool in words.lower() for words in (self.label, self.around.words, self.line))

    def permits(self, figure: Figure) -> bool:
        """Whether the settings leave that way to count."""
        return self.policy.permits(self.cell.quantity, figure.rule)

    def like(self, figure: Figure) -> str:
        """What should stand in its place for the figure."""
        return figure.like(self.number, self.scales)

    @property
    def errata(self) -> list[Erratum]:
        """The known errors of its network that it prints."""
        quantity = "operations" if self.cell.quantity == "ops" else self.cell.quantity
        return errata_of(self.number, quantity, self.name)
