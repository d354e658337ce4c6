"""Rows of a network that nobody knows: which one is wrong, where they do not add up to their exact total.

The total says by how much the rows are off. A row is to blame if its parameters, changed by just that much, are
what its shape and the row before it give, and as they stand they are not; and if it is the only such row.
"""

from __future__ import annotations

from math import prod

from vggstat.lint.identity.agreement import Identity
from vggstat.lint.identity.observe import Obs
from vggstat.lint.identity.windows import KERNELS, is_count
from vggstat.lint.names import find_names
from vggstat.lint.network import build, load_spec
from vggstat.lint.numbers import format_like
from vggstat.lint.slips import digit_slip
from vggstat.lint.verdicts import Verdicts


def blame_row(identity: Identity, off: int, verdicts: Verdicts) -> bool:
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
