"""`vggstat compare BASELINE NOW --fail-over LIMITS`, and saved reports among its networks."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.branching import Builder
from tests.cli.program import Outcome, run
from tests.saved import saved
from vggstat.cost.budget import check_budget, parse_limits
from vggstat.cost.compare import compare_snapshots
from vggstat.cost.report import analyze
from vggstat.cost.snapshot import snapshot_of
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.other import Other
from vggstat.render import render
from vggstat.render.page import Target
from vggstat.render.views.budget import budget_page

Golden = Callable[[str, str], None]
SMALL = "name: small\ninput: [3, 8, 8]\nblocks: [[{layers}]]\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a saved D, in which no CI names its files."""
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        monkeypatch.delenv(name, raising=False)
    saved = run(monkeypatch, "table", "D", "--format", "json", "-o", "baseline.json")
    assert (saved.out, saved.err, saved.code) == ("", "", 0)
    return tmp_path


CASES = {
    "budget-d-e.txt": "compare baseline.json E --fail-over params=0,macs=1%,training-peak=5%",
    "budget-d-e-80.txt": "compare baseline.json E --fail-over params=0,macs=1%,training-peak=5% --width 80",
    "budget-d-e.md": "compare baseline.json E --fail-over params=0,macs=1%,training-peak=5% --format markdown",
    "budget-d-e.json": "compare baseline.json E --fail-over params=0,macs=1%,training-peak=5% --format json",
    "budget-d-resnet-50.txt": "compare D@head=gap ResNet-50 --fail-over saved=10MB,inference-peak=0,params=3%",
    "budget-workload.txt": "compare baseline.json D --batch 8 --dtype bf16 --fail-over params=0",
}


@pytest.mark.parametrize(("name", "command"), CASES.items(), ids=list(CASES))
def test_what_is_printed(name: str, command: str, monkeypatch: pytest.MonkeyPatch, golden: Golden) -> None:
    outcome = run(monkeypatch, *command.split())

    assert (outcome.err, outcome.code) == ("", 1)
    golden(name, outcome.out)


def budget(monkeypatch: pytest.MonkeyPatch, now: str, limits: str, *options: str) -> Outcome:
    return run(monkeypatch, "compare", "baseline.json", now, "--fail-over", limits, *options)


def test_within_its_limits_it_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """D against D; and E, which takes 26.9 % more MACs, where 27 % are allowed."""
    same = budget(monkeypatch, "D", "params=0,macs=0")
    larger = budget(monkeypatch, "E", "macs=27%")

    assert (same.code, larger.code) == (0, 0)
    assert "Passed: 2 quantities within their limits." in same.out
    assert "The layers are the same, on the same maps." in same.out
    assert "Passed: 1 quantity within its limit." in larger.out
    assert "3 layers differ" in larger.out


def test_the_border_is_decided_in_integers(monkeypatch: pytest.MonkeyPatch) -> None:
    """E has 5,309,696 parameters more than D."""
    assert budget(monkeypatch, "E", "params=5309696").code == 0
    assert budget(monkeypatch, "E", "params=5309695").code == 1
    assert "params: 1 over the limit." in budget(monkeypatch, "E", "params=5309695").out


def test_what_is_not_known_is_told_with_the_layers_to_blame() -> None:
    """Three of them by name: five operations that no rule knows in the baseline, and none now."""
    old, new = Builder((4, 8, 8)), Builder((4, 8, 8))
    for _ in range(5):
        old.put(Other(operation="roll", makes=(4, 8, 8)), old.last)
    new.put(Conv(filters=4), 0)
    networks = (saved(analyze(old.graph()), "base.json"), snapshot_of(analyze(new.graph())))
    budget = check_budget(compare_snapshots(networks), parse_limits(["macs=5%,params=1k"]))
    text = " ".join(render(budget_page(budget, ("base.json", "net")), "text", Target(width=200)).split())

    assert "? macs – 9,216 – – +5% – NOT KNOWN" in text  # 36 x 64 x 4
    assert "✓ params 0 148 +148 – +1k 1,000 within" in text
    assert (
        "macs: not known of the baseline; the work of other1, other2, other3 and 2 more layers is not counted."
        in text
    )


def test_the_exit_code_of_differences_holds_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert budget(monkeypatch, "E", "params=10%").code == 0
    assert budget(monkeypatch, "E", "params=10%", "--exit-code").code == 1
    assert budget(monkeypatch, "D", "params=0", "--exit-code").code == 0


def test_the_command_that_renews_the_baseline_does(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    """It is printed as it can be typed, with the options that were given."""
    (here / "my net.yaml").write_text(SMALL.format(layers="conv3-4"))
    options = ("--batch", "4", "--dtype", "bf16", "--input", "16x20")
    failed = budget(monkeypatch, "./my net.yaml", "params=0", *options)
    line = next(line for line in failed.out.splitlines() if "save a new baseline" in line)
    rest = failed.out.split(line)[1].split("\n\n")[0]  # it is wrapped at words
    words = shlex.split(" ".join((line + rest).split()).partition("save a new baseline: vggstat ")[2])

    assert failed.code == 1
    assert run(monkeypatch, *words).code == 0
    assert budget(monkeypatch, "./my net.yaml", "params=0,training-peak=0", *options).code == 0


def test_what_the_baseline_was_run_with_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """As options, which make it pass."""
    run(
        monkeypatch,
        "table",
        "D@batch=8,bf16,256",
        "--classes",
        "10",
        "--format",
        "json",
        "-o",
        "baseline.json",
    )
    failed = budget(monkeypatch, "D", "params=0")
    text = " ".join(failed.out.split())
    options = text.partition("To run it as the baseline was: ")[2].partition(" If that")[0].split()

    assert options == ["--input", "3x256x256", "--batch", "8", "--dtype", "bf16", "--classes", "10"]
    assert budget(monkeypatch, "D", "params=0", *options).code == 0


def test_long_lists_of_layers_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten layers, how many more with their sums, and the sums of all, which are the differences of the totals."""
    args = ("compare", "ResNet-34", "ResNet-50", "--fail-over", "params=0,macs=0")
    text = run(monkeypatch, *args).out
    data = json.loads(run(monkeypatch, *args, "--format", "json").out)
    names = [(layer["now"] or layer["baseline"])["name"] for layer in data["layers"]]
    shown = [line.split()[1] for line in text.splitlines() if line.startswith((" + ", " ~ ", " - "))]

    assert shown == names[:10]
    assert f"and {len(names) - 10} more" in text
    assert "All of them: vggstat compare ResNet-34 ResNet-50 --only-differences" in " ".join(text.split())
    for number, figure in enumerate(("params", "macs")):
        assert (
            sum(layer["difference"][figure] for layer in data["layers"]) == data["budget"][number]["growth"]
        )


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("baseline.json E D --fail-over params=0", "compares two: .*; 3 were given"),
        ("baseline.json --fail-over params=0", "compare needs two networks or more"),
        ("baseline.json E --fail-over params=0 --only-differences", "--only-differences changes nothing"),
        ("baseline.json E --fail-over macz=1%", "no quantity 'macz': did you mean macs"),
        ("baseline.json E --fail-over 5%", "expected quantity=limit"),
        ("missing.json E --fail-over params=0", "missing.json: no such file"),
        ("missing.json E", "missing.json: no such file"),
        ("baseline.json@256 E", "stays as it was saved"),
        ("baseline.json baseline.json --batch 2", "--batch and the like change nothing"),
        ("E broken.json", "broken.json holds no saved report"),
        ("- - --fail-over params=0", "can be read only once"),
    ],
)
def test_wrong_use_is_refused_in_words(
    command: str, message: str, monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    (here / "broken.json").write_text("{}")
    outcome = run(monkeypatch, "compare", *command.split())

    assert (outcome.out, outcome.code) == ("", 2)
    assert re.search(message, outcome.err), outcome.err
    assert not outcome.err.count("Traceback")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("params", -7),
        ("flops", -7),
        ("weights", -7),
        ("kernel", -3),
        ("stride", [1, -1]),
        ("receptive_field", -3),
    ],
)
def test_a_saved_row_has_no_negative_counts(
    name: str, value: int | list[int], monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    report = json.loads((here / "baseline.json").read_text())
    report["rows"][2][name] = value
    (here / "baseline.json").write_text(json.dumps(report))
    outcome = run(monkeypatch, "compare", "baseline.json", "D")

    assert (outcome.out, outcome.code) == ("", 2)
    assert f"rows[2].{name}" in outcome.err or "rows[].{name}" in outcome.err


# saved reports in a plain comparison --------------------------------------------------------------------------


def test_saved_reports_stand_among_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same lines as without a file, and a note that says whose figures they are."""
    saved = run(monkeypatch, "compare", "A", "baseline.json", "E", "baseline.json").out
    plain = run(monkeypatch, "compare", "A", "D", "E", "D").out

    def layers(text: str) -> list[list[str]]:
        return [line.split() for line in text.splitlines() if re.match(r" [=+~-] ", line)]

    assert layers(saved) == layers(plain)
    assert "As saved in baseline.json" in saved
    assert "As saved" not in plain


def test_two_files_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, "table", "E", "--format", "json", "-o", "now.json")
    outcome = run(monkeypatch, "compare", "baseline.json", "now.json", "--exit-code", "--format", "json")
    data = json.loads(outcome.out)

    assert outcome.code == 1
    assert [spec["saved_in"] for spec in data["specs"]] == ["baseline.json", "now.json"]
    assert [total["difference"] for total in data["totals"] if total["name"] == "params"] == [5_309_696]
    assert run(monkeypatch, "compare", "baseline.json", "D", "--exit-code").code == 0
    failed = run(monkeypatch, "compare", "baseline.json", "now.json", "--fail-over", "params=0")
    assert "save a new baseline: cp now.json baseline.json" in failed.out


def test_a_pipe_may_be_saved_and_read(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    """A named pipe whose name ends in .json is read as a file is."""
    import threading

    text = (here / "baseline.json").read_bytes()
    os.mkfifo(here / "pipe.json")
    writer = threading.Thread(target=(here / "pipe.json").write_bytes, args=(text,))
    writer.start()
    outcome = run(monkeypatch, "compare", "pipe.json", "D", "--fail-over", "params=0")
    writer.join()

    assert (outcome.err, outcome.code) == ("", 0)


def test_a_document_reads_files_of_its_tree_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    """A marked block may compare with a saved report below it; it leaves no summary, and reads none from elsewhere."""
    summary, outputs, docs = here / "summary", here / "outputs", here / "docs"
    docs.mkdir()
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_OUTPUT", str(outputs))
    (docs / "baseline.json").write_bytes((here / "baseline.json").read_bytes())
    block = "<!-- vggstat: compare {} D --fail-over params=0 -->\n<!-- /vggstat -->\n"
    (docs / "a.md").write_text(block.format("baseline.json"))
    (docs / "b.md").write_text(block.format("../baseline.json"))
    monkeypatch.chdir(docs)
    run(monkeypatch, "check", "a.md", "b.md", "--fix")

    assert "Passed: 1 quantity" in (docs / "a.md").read_text()
    assert "Passed" not in (docs / "b.md").read_text()
    assert "vggstat compare" not in summary.read_text()
    assert "failed=" not in outputs.read_text()


# the summary of a pull request --------------------------------------------------------------------------------


def test_the_step_summary_is_the_page_in_markdown(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    """Added to what other steps wrote, whatever is printed; and the counts are the step's outputs."""
    summary, outputs = here / "summary", here / "outputs"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_OUTPUT", str(outputs))
    failed = budget(monkeypatch, "E", "params=0,macs=50%", "--format", "json")
    page = budget(monkeypatch, "E", "params=0,macs=50%", "--format", "markdown").out

    assert failed.code == 1
    assert json.loads(failed.out)["passed"] is False
    assert summary.read_text() == "before\n" + 2 * f"### vggstat compare\n\n{page}\n"
    assert outputs.read_text() == 2 * "quantities=2\nfailed=1\n"


def test_a_summary_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    """And changes nothing about the verdict."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(here / "missing" / "summary"))
    outcome = budget(monkeypatch, "D", "params=0")

    assert outcome.code == 0
    assert "the step summary cannot be written" in outcome.err


def test_without_limits_there_is_no_summary(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(here / "summary"))
    run(monkeypatch, "compare", "baseline.json", "E")

    assert not (here / "summary").exists()


@pytest.mark.parametrize("width", [60, 80, 110, 160])
def test_every_verdict_fits_the_page(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However narrow: quantity, both figures, limit and verdict stay, and no line is longer than the page."""
    text = budget(monkeypatch, "E", "params=0,macs=1%,training-peak=5%", "--width", str(width)).out
    in_one = [line for line in text.splitlines() if "138,357,544" in line and "OVER" in line]

    assert bool(in_one) == (width >= 80)
    assert max(map(len, text.splitlines())) <= width
    for words in ("138,357,544", "143,667,240", "+1%", "OVER", "within"):
        assert words in text
