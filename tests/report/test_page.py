"""The report page as text: what it carries, and that it stands alone."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.program import run
from tests.draw.pictures import TINY, report_from
from tests.networks import PAPER, SHIPPED, report_of
from tests.pace import seconds
from tests.plot.results import FILE
from vggstat.cost.accounting import ACCOUNTINGS
from vggstat.cost.bench import Warned
from vggstat.cost.bench_json import results_text
from vggstat.cost.report import Report, analyze
from vggstat.render.report_page import ReportContent, report_page
from vggstat.render.report_page.figures import AS_GIVEN, BATCHES, network
from vggstat.render.report_page.markup import embedded, escaped

HOSTILE = "</script><script>alert(\"1\")</script><img src=x onerror='alert(2)'>&amp;"


def page_of(*reports: Report) -> str:
    return report_page(ReportContent(reports=reports))


@pytest.mark.parametrize("name", [*SHIPPED, "D@head=gap,batch=3", "D@bf16", "AlexNet@128"])
def test_memory_is_carried_for_every_batch(name: str) -> None:
    """Every total in the page is the accounting's own figure for that batch."""
    report = report_of(name)
    carried = network(name, report, BATCHES).sizes[AS_GIVEN]["memory"]

    for batch in BATCHES:
        load = report.workload.replace(batch=batch)
        expected = {entry.name: entry.total_bytes(report.graph, load) for entry in ACCOUNTINGS}

        assert carried[str(batch)] == expected


def test_a_size_that_cannot_be_run_has_a_reason() -> None:
    """A network for small images with FC layers as convolutions, whose window is larger than the maps."""
    text = TINY.replace("[3, 32, 32]", "[3, 500, 500]") + "head: conv\n"
    sizes = network("tiny", report_from(text), (1,)).sizes

    assert "reason" in sizes["224"]
    assert "rows" in sizes["512"]


def test_an_own_size_is_carried_once() -> None:
    """D's own 224×224 is the size 224."""
    assert network("D", report_of("D"), (1,)).sizes["224"] == AS_GIVEN


def test_the_page_asks_for_nothing() -> None:
    """No address of anything to load, and a policy that would forbid it."""
    page = page_of(report_of("D"))
    addresses = re.findall(r"""(?:src|href|action)\s*=\s*["']?([^"'\s>]+)""", page)

    assert all(address.startswith("#") or address == "data:," for address in addresses)
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    assert "default-src 'none'" in page


def test_hostile_words_stay_text() -> None:
    """A title and a source that try to be HTML are only ever words, in the markup and in the data."""
    text = TINY + f"title: {json.dumps(HOSTILE)}\nsource: {json.dumps(HOSTILE)}\n"
    text += (
        f"published:\n  - {{params: 1M, source: {json.dumps(HOSTILE)}, convention: {json.dumps(HOSTILE)}}}\n"
    )
    page = page_of(report_from(text))

    assert page.count("<script") == 2
    assert page.count("</script>") == 2
    assert "<img" not in page
    assert escaped(HOSTILE) in page


def test_data_cannot_leave_its_script_element() -> None:
    """No bracket stands in the JSON, and it reads back as it was."""
    data = {"name": "</script><!--\u2028", "n": 2**70}
    text = embedded(data)

    assert "<" not in text
    assert ">" not in text
    assert json.loads(text) == data


def test_six_networks_in_two_seconds_and_six_megabytes() -> None:
    """The page of the paper's six configurations, from specs to text, in processor time."""
    pages: list[str] = []

    assert seconds(lambda: pages.append(page_of(*(report_of(name) for name in PAPER))), limit=2.0) < 2.0
    assert len(pages[0].encode()) < 6_000_000


def test_the_command_writes_the_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With measurements and a verification, each in its section; the same twice."""
    bench, checks = tmp_path / "b.json", tmp_path / "v.json"
    bench.write_text(results_text(FILE), encoding="utf-8")
    check = {
        "source": "fvcore",
        "quantity": "operations",
        "layer": None,
        "stated": 15470289408,
        "computed": 15470289408,
        "convention": "fvcore",
        "verdict": "agrees",
        "note": "",
    }
    checks.write_text(
        json.dumps({"schema": 1, "specs": [{"spec": "D", "checks": [check]}]}), encoding="utf-8"
    )
    paths = [tmp_path / "one.html", tmp_path / "two.html"]
    for path in paths:
        outcome = run(
            monkeypatch, "report", "D", "--bench", str(bench), "--verification", str(checks), "-o", str(path)
        )

        assert (outcome.out, outcome.err, outcome.code) == ("", "", 0)
    text = paths[0].read_text(encoding="utf-8")

    assert 'id="bench"' in text
    assert "2,000" in text
    assert 'id="verification"' in text
    assert "15,470,289,408" in text
    assert text == paths[1].read_text(encoding="utf-8")


def test_doubtful_measurements_are_called_so() -> None:
    """In the row of the result, and with the reason under the table; no other row has it."""
    first, second = FILE.results
    doubtful = second.replace(warnings=(Warned("shared", "other programs took <85> % of the CPU"),))
    file = FILE.replace(results=(first, doubtful))
    page = report_page(ReportContent(reports=(report_of("D"),), bench=file))
    sound = report_page(ReportContent(reports=(report_of("D"),), bench=FILE))

    assert page.count("<td>shared</td>") == 1
    assert "Doubtful: D · batch 8 · bfloat16 · inference · eager: other programs took &lt;85&gt; %" in page
    assert "Doubtful: " not in sound


REFUSED = {
    "no file": ("report", "D"),
    "a folder": ("report", "D", "-o", "."),
    "unwritable": ("report", "D", "-o", "/nowhere/r.html"),
    "unknown network": ("report", "Q", "-o", "r.html"),
    "missing measurements": ("report", "D", "-o", "r.html", "--bench", "none.json"),
    "missing verification": ("report", "D", "-o", "r.html", "--verification", "none.json"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_wrong_use_is_refused(case: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Exit code 2, one message, no file."""
    monkeypatch.chdir(tmp_path)
    outcome = run(monkeypatch, *REFUSED[case])

    assert outcome.code == 2
    assert outcome.err.startswith("vggstat: error: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"specs": 1}',
        '{"specs": [{"spec": "D", "checks": [1]}]}',
        '{"specs": [{"spec": "D", "checks": [{"verdict": "perhaps"}]}]}',
        '{"specs": [{"spec": "E", "checks": []}]}',
        "[" * 100_000,
    ],
)
def test_a_file_that_is_no_verification_of_it_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Broken, foreign, or about another network: exit code 2 and a message that names the file."""
    path = tmp_path / "v.json"
    path.write_text(text, encoding="utf-8")
    outcome = run(monkeypatch, "report", "D", "--verification", str(path), "-o", str(tmp_path / "r.html"))

    assert outcome.code == 2
    assert "v.json" in outcome.err


def test_measurements_of_another_network_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A bench file of D does not go into a page about E."""
    path = tmp_path / "b.json"
    path.write_text(results_text(FILE), encoding="utf-8")
    outcome = run(monkeypatch, "report", "E", "--bench", str(path), "-o", str(tmp_path / "r.html"))

    assert outcome.code == 2
    assert "does not fit E" in outcome.err


def test_without_its_script_the_page_has_the_figures_as_given() -> None:
    """The cells hold the default convention's text, here of a batch of 3."""
    report = report_of("D@batch=3")
    page = page_of(report)

    assert f">{analyze(report.graph, report.workload).total.macs:,}<" in page
    assert '<option value="3" selected>' in page
