"""Numbers and products as documents write them, and the exact values that they may stand for.

units     what K, M, GB, million, 万 multiply by
number    a printed number and what it admits
parse     digits, separators and units to a number
products  3*3*256*256 and sums of such, by a bounded parser
parts     a claim around its equals signs
write     an exact value in the form of a printed one
"""

from vggstat.lint.numbers.number import ZEROS_MAY_HIDE, Number, Reading
from vggstat.lint.numbers.parts import Part, claim_parts, clean
from vggstat.lint.numbers.products import Expression
from vggstat.lint.numbers.units import UNITS, Unit, parse_unit
from vggstat.lint.numbers.write import format_like

__all__ = [
    "UNITS",
    "ZEROS_MAY_HIDE",
    "Expression",
    "Number",
    "Part",
    "Reading",
    "Unit",
    "claim_parts",
    "clean",
    "format_like",
    "parse_unit",
]
