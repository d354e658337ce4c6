"""Kinds of checkpoints that people have: each is identified, whatever its names, and its parameters are its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.measure.layouts import LAYOUTS, layers_of, names_of, save
from vggstat.cost.identify import identify_weights, subject_of_file
from vggstat.sources.checkpoint import read_state_dict
from vggstat.sources.spec import load, names
from vggstat.sources.stored_layers import stored_layers

SPECS = tuple(load(name) for name in names())


@pytest.mark.parametrize("name", [*names_of(held_out=False), *names_of(held_out=True)])
def test_a_layout_is_identified(name: str, tmp_path: Path) -> None:
    """The network, whether it agrees, the parameters and the part of the file."""
    one = LAYOUTS[name]
    if one.suffix == ".h5":
        pytest.importorskip("h5py")
    state = read_state_dict(save(one.make(layers_of(one.network)), one.suffix, tmp_path))
    stored = stored_layers(state)
    found = identify_weights(stored, SPECS, subject_of_file(state, stored))

    assert (found.report.name if found.report and found.is_near else None) == one.spec
    assert (found.agrees, found.exact) == (one.agrees, False)
    assert found.subject.parameters == one.parameters
    assert found.subject.part == one.part
    assert bool(found.differences) is (one.spec is not None and not one.agrees)


def test_half_of_the_layouts_were_held_out() -> None:
    """At least thirty layouts, of which as many were run only at the end."""
    assert len(list(names_of(held_out=True))) >= len(LAYOUTS) // 2 - 1
    assert len(LAYOUTS) >= 50
