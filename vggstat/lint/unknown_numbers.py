"""What is wrong with numbers that nobody has judged, whatever they are of: by arithmetic alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from vggstat.lint.column_slips import find_column_slips
from vggstat.lint.equations import find_wrong_equations
from vggstat.lint.judge import Judgement
from vggstat.lint.model import Finding
from vggstat.lint.near_results import find_near_results
from vggstat.lint.near_sizes import find_near_sizes
from vggstat.lint.pages import Page
from vggstat.lint.reductions import find_wrong_reductions
from vggstat.lint.text import Section
from vggstat.lint.unread import Stretches

__all__ = ["find_unknown"]

_FINDERS: Final = (
    find_wrong_equations,
    find_wrong_reductions,
    find_column_slips,
    find_near_sizes,
    find_near_results,
)
"""The surest first: of a number one thing is said."""


def find_unknown(sections: Sequence[Section], judgements: Sequence[Judgement]) -> Iterator[Finding]:
    """What is found in sections that speak of networks; nothing of a number that a reader's judgement has a verdict on."""
    pages = [Page(section) for section in sections]
    last = max((line.origins[-1][0].number for page in pages for line in page.lines), default=0)
    judged = [place for judgement in judgements for place, *_ in judgement.passes if place.line <= last]
    judged += [finding.place for judgement in judgements for finding in judgement.findings]
    stretches = Stretches(place[:3] for place in judged)
    for find in _FINDERS:
        found = list(find(pages, stretches))
        if found:
            judged += [finding.place for finding in found]
            stretches = Stretches(place[:3] for place in judged)
        yield from found
