"""A printed number: it stands for every exact value that rounds or truncates to it at its printed precision.

What a comma, a point or a space means is often not decidable from one number, so a ``Number`` has several readings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from vggstat.units.reading import NO_UNIT, ZEROS_IN_TABLES, ZEROS_MAY_HIDE, Reading, Unit


class Number(NamedTuple):
    """A printed number: where it stands in its claim, how its digits may be read, and its unit."""

    start: int
    end: int
    text: str
    readings: tuple[Reading, ...]
    unit: Unit
    well_grouped: bool = True
    """False where a separator stands in an odd place: ``14,7456``."""
    hedge: bool = False

    @property
    def _is_rounded(self) -> bool:
        """Whether its last digits may be places only: three zeros, or two after six digits as ``%g`` prints."""
        mantissa = self.readings[0].mantissa
        return mantissa % 1000 == 0 or (mantissa >= 10**6 and mantissa % 100 == 0)

    @property
    def zeros(self) -> bool:
        """Whether trailing zeros may be placeholders: before a unit, or three and more of them."""
        return self.unit is not NO_UNIT or self._is_rounded or self.hedge

    def admits(self, exact: int, scale: int | None = None, hide: int = ZEROS_IN_TABLES) -> bool:
        """Whether ``exact`` may stand behind it, with the unit as it says or as ``scale``. ``hide``: how much
        trailing zeros may hide at most."""
        factor = self.unit.decimal if scale is None else scale
        zeros = 0 if not self.zeros else ZEROS_MAY_HIDE if self.hedge else hide
        for reading in self.readings:  # noqa: SIM110 - a generator would take half as long again, and this is asked most
            if reading.admits(exact, factor, zeros):
                return True
        return False

    @property
    def scales(self) -> tuple[int, int]:
        """What its unit may multiply by: as it says, and as a power of 2 where people use it so."""
        return self.unit.decimal, self.unit.binary or self.unit.decimal

    def admits_in(self, exact: int, scales: Iterable[int] = ()) -> bool:
        """Whether ``exact`` may stand behind it with one of these scales; by default with either of its own."""
        return any(self.admits(exact, scale) for scale in scales or self.scales)

    @property
    def is_exact(self) -> bool:
        """Whether it is a whole number to its last digit."""
        return self.unit.decimal == 1 and any(not reading.decimals for reading in self.readings)

    @property
    def whole(self) -> int | None:
        """The integer that it is, where it is one."""
        if self.unit.decimal != 1:
            return None
        return next((reading.mantissa for reading in self.readings if not reading.decimals), None)

    @property
    def approximate(self) -> float:
        """A value near it, for finding out what is meant."""
        reading = self.readings[0]
        return float(reading.mantissa * self.unit.decimal) / float(10**reading.decimals)

    @property
    def digits(self) -> str:
        return re.sub(r"\D", "", self.text)

    @property
    def is_indian(self) -> bool:
        """Whether it is grouped as in India: 13,83,57,544."""
        return re.fullmatch(r"~?\d{1,2}(?:,\d\d)+,\d{3}", self.text.strip()) is not None
