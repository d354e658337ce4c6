"""Numbers and products where they stand in a document: ``units`` reads digits and signs, and says what they admit.

number    a printed number: how it is found, and what it admits
products  3*3*256*256 and sums of such, by a bounded parser
parts     a claim around its equals signs
write     an exact value in the form of a printed one
"""

from vggstat.lint.numbers.number import Number
from vggstat.lint.numbers.parts import Part, claim_parts, clean
from vggstat.lint.numbers.products import Expression
from vggstat.lint.numbers.write import format_like

__all__ = [
    "Expression",
    "Number",
    "Part",
    "claim_parts",
    "clean",
    "format_like",
]
