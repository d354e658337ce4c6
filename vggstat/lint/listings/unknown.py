"""A listing of a network that is not known: its products, and whether its totals are the sums of its rows."""

from __future__ import annotations

from vggstat.lint.arithmetic import judge_arithmetic
from vggstat.lint.contradictions import enter_other_mega
from vggstat.lint.conventions import FLOAT32
from vggstat.lint.identity.agreement import Identity
from vggstat.lint.identity.observe import printed_counts
from vggstat.lint.listings.chain import blame_row
from vggstat.lint.listings.trainable import judge_parts
from vggstat.lint.listings.whole import PARTS
from vggstat.lint.model import Cell, ClaimTable
from vggstat.lint.numbers import format_like
from vggstat.lint.slips import digit_slip
from vggstat.lint.verdicts import Verdicts

UNKNOWN = "the network is not known"


def judge_unknown(table: ClaimTable, identity: Identity, verdicts: Verdicts) -> None:
    """Judge what holds of any network."""
    rows = {id(obs.row): obs.row for obs in identity.observations}
    for row in rows.values():
        for cell in row.cells:
            if not judge_arithmetic(cell, verdicts):
                verdicts.skip(cell, UNKNOWN)
    counts = _counts(table, identity)
    total = next((cell.whole for cell in reversed(table.totals) if cell.quantity == "params"), None)
    for cell in table.totals:
        if cell.quantity in PARTS:
            continue
        if cell.quantity == "params" and counts and total is not None:
            _judge_sum(cell, total, sum(counts), identity, verdicts)
        elif cell.quantity == "param_bytes" and total is not None:
            _judge_size(cell, total, table, verdicts)
        else:
            verdicts.skip(cell, UNKNOWN)
    ends = [sum(counts[start:]) for start in range(len(counts))]
    judge_parts({cell.quantity: cell for cell in table.totals}, None, ends, verdicts)


def _counts(table: ClaimTable, identity: Identity) -> list[int]:
    """The parameters of all rows; empty where one is not printed, or no whole number."""
    bare = any(obs.params is None and obs.kind in ("conv", "fc", "bn") for obs in identity.observations)
    return [] if bare or table.gaps else printed_counts(identity.observations)


def _judge_sum(cell: Cell, total: int, exact: int, identity: Identity, verdicts: Verdicts) -> None:
    if exact == total:
        verdicts.passed(cell, "sum of the rows")
    elif blame_row(identity, total - exact, verdicts):
        verdicts.passed(cell, "sum of the rows as they should be")
    elif (number := cell.number) is not None and not digit_slip(number.digits, str(exact)):
        verdicts.skip(cell, f"the rows that were read add up to {exact:,}: some may have been left out")
    elif number is not None:
        verdicts.wrong_part(
            "V501",
            cell,
            number,
            f"the rows add up to {exact:,}, not to {number.text}",
            expected=format_like(number, exact),
            notes=(
                digit_slip(number.digits, str(exact)),
                "either this total or one of the rows is wrong",
            ),
        )


def _judge_size(cell: Cell, params: int, table: ClaimTable, verdicts: Verdicts) -> None:
    number = cell.number
    if number is None or table.family not in ("keras", "torchsummary", "torchinfo"):
        verdicts.skip(cell, UNKNOWN)
        return
    scale = (
        1 if number.unit.name == "B" else table.scales_of_size(number)[0]
    )  # of a size: bytes, not billions
    if any(number.admits(width * params, scale) for width in (FLOAT32, 2, 8)):
        verdicts.passed(cell, "bytes of the parameters")
    elif not enter_other_mega(table.policy, cell, number, FLOAT32 * params, verdicts):
        right = format_like(number, FLOAT32 * params, scale)
        message = f"{params:,} parameters in float32 are {right}"
        verdicts.wrong_part("V211", cell, number, message, expected=right)
