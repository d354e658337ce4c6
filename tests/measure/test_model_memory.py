"""Memory of models: both ways of holding maps, what fits, and what is said where a peak is not known."""

from __future__ import annotations

import json
import re

import pytest

from tests.cli.program import run
from tests.measure.traced import report_of, use_traces
from vggstat.cost.fit import fit, largest_batch
from vggstat.cost.footprint import footprints, measure
from vggstat.cost.workload import Workload
from vggstat.errors import UnknownMemoryError
from vggstat.render.styles.cs231n import params_words

TOKENS = "tokens"
"""Its blocks hold their input in a local variable while the layers behind the attention run."""


def test_both_peaks_are_told_and_the_larger_first() -> None:
    """The model's own code needs more than the readers of its maps."""
    graph = report_of(TOKENS).graph
    first, second = footprints(graph, Workload())

    assert (first.as_written, second.as_written) == (True, False)
    assert first.peak.bytes > second.peak.bytes
    assert first.peak.bytes == measure(graph, Workload(), as_written=True).peak.bytes
    assert second.peak.bytes == measure(graph, Workload()).peak.bytes


def test_fit_takes_the_larger() -> None:
    """The largest batch fits both ways, and the next one does not fit one of them: the one that is said to bind."""
    graph = report_of(TOKENS).graph
    memory = 40_000_000
    found = fit(graph, Workload(), memory, reserve_bytes=0)
    sizes = [footprint.peak.bytes for footprint in footprints(graph, Workload(batch=found.batch))]
    after = footprints(graph, Workload(batch=found.batch + 1))

    assert max(sizes) <= memory < after[0].peak.bytes
    assert found.next.as_written == after[0].as_written is True
    assert found.next.peak.bytes == after[0].peak.bytes
    assert found.batch < largest_batch(graph.replace(held_until=None), Workload(), memory)
    assert [remedy.change for remedy in found.remedies] == ["--dtype bf16"]  # no head, which is in its code


def test_the_page_shows_both(monkeypatch: pytest.MonkeyPatch) -> None:
    use_traces(monkeypatch)
    page = run(monkeypatch, "memory", f"styles:{TOKENS}").out
    data = json.loads(run(monkeypatch, "memory", f"styles:{TOKENS}", "--format", "json").out)
    first, second = footprints(report_of(TOKENS).graph, Workload())

    assert [peak["held"] for peak in data["peaks"]] == ["as written", "to last reader"]
    assert [peak["bytes"] for peak in data["peaks"]] == [first.peak.bytes, second.peak.bytes]
    assert data["peak"]["bytes"] == first.peak.bytes
    for words, peak in (("as written", first.peak), ("to last reader", second.peak)):
        assert re.search(rf"{words} +{peak.bytes:,} B at {re.escape(peak.node)}, forward", page)


def test_equal_peaks_are_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small ResNet is at its peak before its code holds anything."""
    use_traces(monkeypatch)
    page = run(monkeypatch, "memory", "styles:residual").out

    assert "as written" not in page
    words = "The peak is the same with each map there until the model's own code lets go of it."
    assert words in page.replace("\n ", " ")


def test_an_unknown_peak_shows_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parameters and maps are known, of what autograd keeps a part: conv's input, 3 x 32 x 32 values, and fc's, 16 x 32."""
    use_traces(monkeypatch)
    outcome = run(monkeypatch, "memory", "styles:recurrent", "--format", "json")
    data = json.loads(outcome.out)
    lstm = {"name": "lstm", "reason": "vggstat does not know what lstm needs while it runs"}

    assert outcome.code == 1
    assert (data["peak"]["bytes"], data["peak"]["status"]) == (None, "unknown")
    assert [{key: one[key] for key in lstm} for one in data["peak"]["layers"]] == [lstm]
    assert "styles.py:" in data["peak"]["layers"][0]["place"]
    known = {entry["name"]: entry for entry in data["known"]}
    assert known["parameters"]["bytes"] == 4 * report_of("recurrent").total.params
    assert known["outputs"]["status"] == "complete"
    assert (known["saved"]["bytes"], known["saved"]["status"]) == (None, "partial")
    assert known["saved"]["known"] == 4 * (3 * 32 * 32 + 32 * 16)


def test_no_batch_is_told_where_the_peak_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the layer, its place by the file's name, the reason, and what there is instead."""
    use_traces(monkeypatch)
    outcome = run(monkeypatch, "fit", "styles:recurrent", "--memory", "2GiB", "--input", "3x32x32")

    assert (outcome.out, outcome.code) == ("", 2)
    assert re.fullmatch(
        r"vggstat: error: the peak in inference of styles:recurrent is not known: lstm \(styles\.py:\d+\)\. vggstat "
        r"does not know what lstm needs while it runs\. What is known of its memory: vggstat memory styles:recurrent "
        r"--input 3x32x32\n",
        outcome.err,
    )
    with pytest.raises(UnknownMemoryError):
        fit(report_of("recurrent").graph, Workload(), 2**30, 0)


def test_unused_parameters_take_memory() -> None:
    """They are on the device like all others: 16 x 3 + 3 values."""
    footprint = measure(report_of("frozen").graph, Workload())
    (unused,) = (item for item in footprint.peak.items if item.node == "not used")

    assert unused.bytes == 4 * (16 * 3 + 3)


def test_the_listing_of_the_lecture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signals, volumes, shared weights and unused layers in the lecture's notation."""
    use_traces(monkeypatch)
    lines = {
        "sound": "CONV3-16: [16x96]  memory: 16*96=1536  params: (3*(8/2))*16 = 192",
        "video": "CONV3x3x3-6: [6x6x8x8]    memory: 6*6*8*8=2304    params: (3*3*3*4)*6 = 648",
        "tied": "CONV3-8: [32x32x8]  memory: 32*32*8=8192  params: 0, those of two",
        "frozen": "NOT USED:            memory: 0             params: 48",
        "recurrent": "LSTM:    [32x16]    memory: 32*16=512     params: 3,",
    }
    for style, line in lines.items():
        assert line in run(monkeypatch, "table", f"styles:{style}", "--style", "cs231n").out
    rows = {row.name: row for row in report_of("tied").rows}
    assert params_words(rows["two"], (8, 32, 32)) == "(3*3*8)*8 = 576"


def test_modules_as_torch_prints_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own class on top, what nothing uses at the end, and calls without a module of theirs by their operation."""
    use_traces(monkeypatch)
    page = run(monkeypatch, "table", "styles:frozen", "--style", "torch").out

    assert page.startswith("Frozen(\n  (trunk): Module(\n    (0): Conv2d(3, 8, kernel_size=(3, 3)")
    assert "\n  (aux): not used, 51 parameters\n)\n" in page
    assert "(lstm): lstm()" in run(monkeypatch, "table", "styles:recurrent", "--style", "torch").out
