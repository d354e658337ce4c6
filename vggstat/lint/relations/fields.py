"""The receptive field of a layer follows from its window and from the layer before."""

from __future__ import annotations

import re

from vggstat.lint.identity.observe import observe
from vggstat.lint.model import ClaimTable
from vggstat.lint.numbers import Number, claim_parts
from vggstat.lint.relations.link import Link


def receptive_fields(table: ClaimTable) -> list[Link]:
    """The receptive fields of a chain, each from the one before, up to the first window that is not said."""
    links: list[Link] = []
    field = step = 1
    for obs in observe(table):
        cell = next((cell for cell in obs.row.cells if cell.quantity == "receptive_field"), None)
        if obs.kind in ("conv", "pool", "avgpool"):
            if obs.kernel is None:
                return links
            before, field = field, field + (obs.kernel - 1) * step
            words = f"{before} + ({obs.kernel} - 1) x {step} = {field}"
            step *= obs.stride or (1 if obs.kind == "conv" else obs.kernel)
        elif obs.kind == "gap":
            return links  # it sees all of the map, or as much as its author says
        else:
            words = str(field)
        match = re.match(r"\d+", cell.claim.text) if cell is not None else None
        if cell is None or match is None:
            continue
        number = next(part for part in claim_parts(match[0], "") if isinstance(part, Number))
        message = f"{obs.row.name}: the receptive field is {words}"
        links.append(Link(cell, number, number.whole == field, "V103", message, str(field)))
    return links
