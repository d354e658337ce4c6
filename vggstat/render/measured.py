"""Measured figures as text: no more digits than the measurement is sure of."""

from __future__ import annotations

from math import ceil, floor, log10
from typing import Final

__all__ = ["Measured", "clock_unit", "digits_for", "rate", "seconds", "share", "significant"]

UNITS: Final = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
MOST_DIGITS: Final = 4


class Measured(float):
    """A measured number with the half width of its interval, as a share of it; plain to everything that sums."""

    half_width: float

    def __new__(cls, value: float, half_width: float = 0.0) -> Measured:
        made = super().__new__(cls, value)
        made.half_width = half_width
        return made


def digits_for(half_width: float) -> int:
    """Significant digits that an interval of that half width leaves: 4 at 0.1 %, 3 at 5 %, 2 at 20 %."""
    if half_width <= 0:
        return MOST_DIGITS
    return max(2, min(MOST_DIGITS, ceil(-log10(half_width)) + 1))


def significant(value: float, digits: int = 3) -> str:
    """The number with at least so many significant digits, grouped: ``0.356``, ``17.2``, ``2,039``, never ``1e+03``."""
    if value == 0:
        return "0"
    decimals = digits - 1 - floor(log10(abs(value)))
    if round(abs(value), decimals) >= 10 ** (digits - decimals):
        decimals -= 1  # 9.996 with three digits is 10.0
    # Digits before the point are all printed: zeros in their place would look as exact.
    return f"{value:,.{max(0, decimals)}f}".replace("-", "−")


def clock_unit(value: float) -> tuple[float, str]:
    """The unit in which a time is at least one: ``(1e-3, "ms")``."""
    return next((unit for unit in UNITS if value >= unit[0]), UNITS[-1])


def seconds(value: float) -> str:
    """A time in its unit: ``318.4 µs``, ``24.16 ms``; of a ``Measured`` the digits that it is sure of."""
    scale, unit = clock_unit(value)
    digits = digits_for(getattr(value, "half_width", 0.0))
    return f"{significant(value / scale, digits)} {unit}"


def rate(value: float) -> str:
    """A rate in TFLOP/s, GB/s or the like with three digits."""
    return significant(value, 3)


def share(value: float) -> str:
    """A share as ``41 %``; below one percent with a decimal."""
    return f"{100 * value:.1f} %" if value < 0.01 else f"{100 * value:,.0f} %"
