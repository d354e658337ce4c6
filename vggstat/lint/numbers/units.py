"""Units as documents write them: K, M, G with and without B, and their names in several languages."""

from __future__ import annotations

import re
from typing import Final, NamedTuple


class Unit(NamedTuple):
    """What a unit multiplies by: as it says, and as a power of 2 where people use it so."""

    name: str
    decimal: int
    binary: int = 0
    bytes: bool = False


def _units() -> dict[str, Unit]:
    units = {}
    for sign, power in (("k", 1), ("m", 2), ("g", 3), ("t", 4)):
        name = sign.upper()
        units[sign] = Unit(name, 1000**power, 1024**power)
        units[sign + "b"] = Unit(name + "B", 1000**power, 1024**power, bytes=True)
        units[sign + "bytes"] = units[sign + "byte"] = units[sign + "b"]
        units[sign + "ib"] = Unit(name + "iB", 1024**power, 0, bytes=True)
    units["b"] = Unit("B", 10**9)
    units["byte"] = units["bytes"] = Unit("bytes", 1, 0, bytes=True)
    words = {
        10**3: "thousand tausend mille mil тыс тысяч 千 천",
        10**4: "万 萬 만",
        10**6: "million millions mio mln mn millionen millones milhões milioni милл млн миллион миллиона "
        "миллионов triệu 百万 백만",
        10**8: "亿 億 억",
        10**9: "billion billions bn mrd milliarden milliards miliardi tỷ млрд миллиардов миллиарда 十亿 십억",
        10**7: "千万 천만",
    }
    for factor, names in words.items():
        for name in names.split():
            units[name] = Unit(name, factor)
    units["megabytes"] = units["megabyte"] = units["mb"]
    units["gigabytes"] = units["gigabyte"] = units["gb"]
    units["mebibytes"] = units["mib"]
    units["megas"], units["gigas"], units["kilo"] = units["m"], units["g"], units["k"]
    units["mega"], units["giga"], units["kilobyte"] = units["m"], units["g"], units["kb"]
    return units


UNITS: Final = _units()
NO_UNIT: Final = Unit("", 1)


def parse_unit(word: str) -> Unit:
    """The unit that a header's word names (``M``, ``MB``, ``GFLOPs``, ``Units.GIGABYTES``); none for an unknown one."""
    bare = word.strip().lower().removeprefix("units.")
    for name in (bare, bare.removesuffix("s"), re.sub(r"[- ]?(?:flop|mac|op|mult|param|add).*$", "", bare)):
        if name in UNITS:
            return UNITS[name]
    return NO_UNIT
