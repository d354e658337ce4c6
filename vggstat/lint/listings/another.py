"""A listing that is consistent, and of another network than the one that it names."""

from __future__ import annotations

from typing import Final

from vggstat.lint.identity.agreement import Identity
from vggstat.lint.model import ClaimTable
from vggstat.lint.names import find_names
from vggstat.lint.network import Network, Target, build, load_spec
from vggstat.lint.slips import digit_slip
from vggstat.lint.verdicts import Verdicts

STEP: Final = 8
"""What widths of layers are multiples of."""


def judge_another(table: ClaimTable, identity: Identity, verdicts: Verdicts) -> None:
    """One warning where the named network's layers are all there, but for widths that look like slips: FC 4094.

    A head of somebody's own is no slip, nor are widths that somebody has chosen.
    """
    named = [name.spec for name in find_names(f"{table.title}\n{table.context}") if name.spec]
    name = identity.name or identity.nearest
    if identity.network is None or name not in named:
        return
    spec = load_spec(name)
    meant = build(spec, spec.input, spec.head)
    pairs = list(zip(_weighted(identity.network), _weighted(meant), strict=False)) if meant else []
    if meant is None or len(_weighted(identity.network)) != len(_weighted(meant)):
        return
    others = [(own, right) for own, right in pairs if own.shape[0] != right.shape[0]]
    if not others or not all(_is_slip(own.shape[0], right.shape[0]) for own, right in others[:-1] or others):
        return
    own, right = others[0]
    rows = {t: identity.observations[o].row for o, t in identity.pairs if o is not None and t is not None}
    row = rows.get(identity.network.targets.index(own))
    if row is None:
        return
    more = f", and {len(others) - 1} more like it" if len(others) > 1 else ""
    verdicts.fail(
        "V705",
        row.flow,
        f"this is not {spec.title}: {right.name} has {right.shape[0]:,} outputs there, and {own.shape[0]:,} here{more}",
        severity="warning",
        layer=right.name,
        claim=False,
    )


def _weighted(network: Network) -> list[Target]:
    return [target for target in network.targets if target.kind in ("conv", "fc")]


def _is_slip(own: int, right: int) -> bool:
    return own % STEP != 0 and bool(digit_slip(str(own), str(right)))
