"""A listing of a network that is not known: its products, whether its totals are the sums of its rows, and the one row
that keeps them from it."""

from __future__ import annotations

from math import prod
from typing import Final

from vggstat.lint.arithmetic import judge_arithmetic
from vggstat.lint.contradictions import enter_other_mega
from vggstat.lint.conventions import FLOAT32, PARAM_WIDTHS
from vggstat.lint.identity.agreement import Identity
from vggstat.lint.identity.observe import Obs, printed_counts
from vggstat.lint.identity.windows import KERNELS, is_count
from vggstat.lint.listings.trainable import judge_parts
from vggstat.lint.listings.whole import PARTS, SIZES, printed_sizes
from vggstat.lint.model import Cell, ClaimTable
from vggstat.lint.names import find_names
from vggstat.lint.network import build, load_spec
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
        if cell.quantity in PARTS or (cell.quantity == "params" and not table.rows):
            continue  # judged below, or by whoever knows the network that the text names
        if cell.quantity == "params" and counts and total is not None:
            _judge_sum(cell, total, sum(counts), identity, verdicts)
        elif cell.quantity == "param_bytes" and total is not None:
            _judge_size(cell, total, table, verdicts)
        elif cell.quantity == "total_bytes":
            _judge_all_bytes(cell, table, verdicts)
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
    elif _blame_row(identity, total - exact, verdicts):
        verdicts.passed(cell, "sum of the rows as they should be")
    elif (number := cell.number) is not None and _is_stale(total, exact, identity):
        message = f"the rows add up to {exact:,}, not to {number.text}: one of them, or the total, is from before a change"
        verdicts.wrong_part("V501", cell, number, message, severity="warning")
    elif number is not None and not (
        digit_slip(number.digits, str(exact)) and len(number.digits.rstrip("0")) >= TELLING
    ):
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


TELLING: Final = 3
"""Digits without the zeros at its end that a total has to have for a slip of it to be more than chance."""
NEAR: Final = 0.02
"""How far off a total is that was right before a row was changed; where rows are left out it is off by more."""
LEAST_ROWS: Final = 4


def _is_stale(total: int, exact: int, identity: Identity) -> bool:
    """Whether a total of rows that all print a count is nearly their sum, and no slip of it."""
    counted = [obs for obs in identity.observations if obs.whole]
    near = abs(total - exact) < NEAR * max(exact, 1)
    return near and len(counted) >= LEAST_ROWS and not digit_slip(str(total), str(exact))


def _judge_size(cell: Cell, params: int, table: ClaimTable, verdicts: Verdicts) -> None:
    number = cell.number
    if number is None or table.family not in ("keras", "torchsummary", "torchinfo"):
        verdicts.skip(cell, UNKNOWN)
        return
    # of a size: bytes, not billions
    scales = (1,) if number.unit.name == "B" else table.scales_of_size(number)
    if table.family == "torchinfo":
        scales = (
            *scales,
            *number.scales,
        )  # torch-summary, which it was before, has MB of 2^20 bytes in the same form
    scale = scales[0]
    if any(number.admits(width * params, each) for width in PARAM_WIDTHS for each in scales):
        verdicts.passed(cell, "bytes of the parameters")
    elif not enter_other_mega(table.policy, cell, number, FLOAT32 * params, verdicts):
        right = format_like(number, FLOAT32 * params, scale)
        message = f"{params:,} parameters in float32 are {right}"
        verdicts.wrong_part("V211", cell, number, message, expected=right)


def _judge_all_bytes(cell: Cell, table: ClaimTable, verdicts: Verdicts) -> None:
    """All memory against the three sizes that are printed above it."""
    number, parts = cell.number, printed_sizes(table)
    if (
        number is None
        or len({part.readings[0].decimals for part in (number, *parts)}) != 1
        or len(parts) < len(SIZES)
    ):
        verdicts.skip(cell, UNKNOWN)
        return
    exact = sum(part.readings[0].mantissa for part in parts)
    if abs(number.readings[0].mantissa - exact) <= len(parts) / 2:
        verdicts.passed(cell, "sum of the sizes above it")
        return
    right = f"{exact / 10 ** number.readings[0].decimals:.{number.readings[0].decimals}f}"
    message = f"{' + '.join(part.text for part in parts)} = {right}, not {number.text}"
    verdicts.wrong_part(
        "V503", cell, number, message, expected=right, notes=(digit_slip(number.digits, str(exact)),)
    )


# The total says by how much the rows are off. A row is to blame if its parameters, changed by just that much, are what its
# shape and the row before it give, and as they stand they are not; and if it is the only such row.


def _blame_row(identity: Identity, off: int, verdicts: Verdicts) -> bool:
    """Enter the finding on the one row that explains why the rows add up to ``off`` too little."""
    found = []
    before: tuple[int, ...] = ()
    for obs in identity.observations:
        if (
            obs.whole is not None
            and obs.whole + off >= 0
            and _fits(obs, before, obs.whole + off, identity)
            and not _fits(obs, before, obs.whole, identity)
        ):
            found.append(obs)
        if obs.dims:
            before = obs.dims.without_batch
    if len(found) != 1:
        return False
    obs = found[0]
    cell = next(
        (cell for cell in obs.row.cells if cell.quantity in ("params", "weights", "trainable_params")), None
    )
    if cell is None or obs.params is None or obs.whole is None:
        return False
    right = obs.whole + off
    verdicts.retract(cell)
    verdicts.fail(
        "V201",
        cell.flow,
        f"{obs.row.name} has {right:,} parameters by its shapes and by the total, not {cell.flow.text.strip()}",
        span=(obs.params.start, obs.params.end) if obs.params.end <= len(cell.flow) else None,
        expected=format_like(obs.params, right),
        quantity="params",
        layer=obs.row.name,
        notes=(digit_slip(obs.params.digits, str(right)),),
    )
    return True


def _fits(obs: Obs, before: tuple[int, ...], count: int, identity: Identity) -> bool:
    """Whether a layer of this kind, after a map of shape ``before``, can have so many parameters."""
    shape = obs.dims.without_batch if obs.dims else ()
    if obs.kind in ("relu", "dropout", "flatten", "pool", "softmax", "input", "zeropad", "gap", "avgpool"):
        return count == 0
    if obs.kind == "fc" and shape and before:
        inputs = prod(before) if len(before) == 3 else before[-1]
        return is_count(count, 1, inputs, shape[-1])
    if obs.kind == "network":
        return count in _whole_networks(obs)
    if len(shape) != 3 or len(before) != 3:
        return False
    axis = 2 if identity.layout == "hwc" else 0
    filters, inputs = shape[axis], before[axis]
    if obs.kind == "bn":
        return count in (2 * filters, 4 * filters)
    if obs.kind == "conv":
        return any(is_count(count, kernel, inputs, filters) for kernel in KERNELS)
    return False


def _whole_networks(obs: Obs) -> tuple[int, ...]:
    """The parameters of the shipped network that a row of a larger model names, with and without its FC layers."""
    found = [name.spec for name in find_names(f"{obs.row.name} {obs.row.type}") if name.spec]
    if not found:
        return ()
    spec = load_spec(found[-1])
    made = (build(spec, spec.input, "none"), build(spec, spec.input, spec.head))
    return tuple(network.report.total.params for network in made if network is not None)
