"""``vggstat plot``: what it writes where, and how it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.program import run
from tests.plot.results import FILE
from vggstat.cost.bench_json import results_text


def test_a_file_is_drawn_in_the_format_of_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An .svg holds SVG, and nothing is printed."""
    pytest.importorskip("vl_convert")
    outcome = run(monkeypatch, "plot", "D", "params", "-o", str(tmp_path / "p.svg"))

    assert (outcome.out, outcome.err, outcome.code) == ("", "", 0)
    assert (tmp_path / "p.svg").read_text(encoding="utf-8").startswith("<svg")


def test_vega_and_csv_need_no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The data behind the picture comes from the base install."""
    monkeypatch.setattr("vggstat.render.plot.draw.find_spec", lambda _: None)
    view = json.loads(run(monkeypatch, "plot", "D", "params", "--format", "vega").out)
    csv = run(monkeypatch, "plot", "D", "params", "--format", "csv").out

    assert view["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
    assert ",102764544," in csv


def test_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without vl-convert a picture ends in exit code 2 and the command that installs it."""
    monkeypatch.setattr("vggstat.render.plot.draw.find_spec", lambda _: None)
    outcome = run(monkeypatch, "plot", "D", "params", "-o", str(tmp_path / "p.svg"))

    assert outcome.code == 2
    assert "pip install 'vggstat[plot]'" in outcome.err


def test_without_a_network_the_landscape_shows_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bubbles of every shipped network that has a published accuracy."""
    text = run(monkeypatch, "plot", "landscape").out

    assert "AlexNet paper" in text
    assert "torchvision" in text


def test_measurements_are_plotted_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With a bench file, bench needs no network, and a roofline shows what was reached."""
    path = tmp_path / "b.json"
    path.write_text(results_text(FILE), encoding="utf-8")
    bench = run(monkeypatch, "plot", "bench", "--bench", str(path))
    roof = run(monkeypatch, "plot", "D@bf16,batch=8", "roofline", "--bench", str(path), "--width", "160")

    assert "2,000" in bench.out
    assert "reached" in roof.out


REFUSED = {
    "unknown kind": (("plot", "D", "pie"), "unknown plot 'pie'"),
    "no network": (("plot", "memory"), "give a network before the kind"),
    "unknown network": (("plot", "Q", "memory"), "Q"),
    "one network to compare": (("plot", "D", "compare"), "two networks"),
    "unknown extension": (("plot", "D", "memory", "-o", "x.gif"), "it should end in .svg, .png, .pdf"),
    "no extension": (("plot", "D", "memory", "-o", "x"), "it should end in"),
    "unwritable place": (("plot", "D", "memory", "-o", "/nowhere/x.csv"), "cannot write /nowhere/x.csv"),
    "a picture on the screen": (("plot", "D", "memory", "--format", "png"), "-o plot.png"),
    "unknown format": (("plot", "D", "memory", "--format", "bmp"), "no format 'bmp'"),
    "unknown theme": (("plot", "D", "memory", "--theme", "pink", "-o", "x.svg"), "light or dark"),
    "unknown mode": (("plot", "D", "memory", "--mode", "dreaming"), "inference or training"),
    "unknown rule": (("plot", "D", "operations", "--ops", "guess"), "unknown operation count"),
    "an option of another kind": (("plot", "D", "params", "--ops", "fvcore"), "--ops changes nothing"),
    "no device": (("plot", "D", "roofline"), "--device h200"),
    "unknown device": (("plot", "D", "roofline", "--device", "abacus"), "abacus"),
    "two under a roof": (("plot", "D", "E", "roofline", "--device", "h200"), "one network"),
    "no measurements": (("plot", "D", "bench"), "--bench FILE"),
    "missing measurements": (
        ("plot", "D", "bench", "--bench", "/nowhere.json"),
        "/nowhere.json: no such file",
    ),
    "landscape against nothing": (("plot", "D", "landscape", "--against", "luck"), "operations or depth"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_wrong_use_is_refused_in_words(case: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Exit code 2, a message that says what to do, and no file."""
    monkeypatch.chdir(tmp_path)
    arguments, message = REFUSED[case]
    outcome = run(monkeypatch, *arguments)

    assert outcome.code == 2
    assert message in outcome.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spec": "E"}, "does not fit D: its measurements are of E"),
        ({"digest": "0" * 64}, "another version of D"),
    ],
    ids=["another network", "an edited spec"],
)
def test_measurements_of_another_network_are_refused(
    change: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A bench file of another spec, or of the spec before it was edited, is not shown as this one's."""
    path = tmp_path / "b.json"
    file = FILE.replace(results=tuple(result.replace(**change) for result in FILE.results))
    path.write_text(results_text(file), encoding="utf-8")
    outcome = run(monkeypatch, "plot", "D", "bench", "--bench", str(path))

    assert outcome.code == 2
    assert message in outcome.err
