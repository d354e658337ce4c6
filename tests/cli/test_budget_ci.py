"""Budgets in others' CI: the action and the hook of pre-commit."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from typer.main import get_command

from tests.ci_runner import ROOT, Runner, loaded, needs_bash
from tests.networks import report_of
from tests.saved import saved_text
from vggstat.cli.main import build_app
from vggstat.cost.budget import parse_limits

ACTION = ROOT / ".github" / "actions" / "budget" / "action.yml"
LIMITS = "params=0,macs=1%,training-peak=50MB"
NET = "name: mine\ninput: [3, 8, 8]\nblocks: [[conv3-4]]\n"


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """The action in a repository that has a saved D as its baseline."""
    runner = Runner(tmp_path, ACTION, isolated="-P")
    runner.write("baseline.json", saved_text(report_of("D")))
    return runner


@needs_bash
def test_the_action_fails_where_a_network_has_grown(runner: Runner) -> None:
    """The page on stdout, the tables in the step's summary, the counts as outputs, exit code 1."""
    done = runner.run(source="E", limits=LIMITS)
    summary = runner.summary.read_text()

    assert done.returncode == 1, done.stderr
    assert "Failed: 3 of 3 quantities." in done.stdout
    assert summary.startswith("### vggstat compare\n")
    assert "| ✗   | params " in summary
    assert "| +   | block4_conv4 " in summary
    assert runner.outputs.read_text() == "quantities=3\nfailed=3\n"


@needs_bash
def test_the_action_passes_what_has_not(runner: Runner) -> None:
    done = runner.run(source="D", limits=LIMITS)

    assert done.returncode == 0, done.stderr
    assert runner.outputs.read_text() == "quantities=3\nfailed=0\n"
    assert "Passed: 3 quantities" in runner.summary.read_text()


@needs_bash
def test_a_typing_error_is_no_verdict(runner: Runner) -> None:
    """Exit code 2, and nothing in the summary: as of a baseline that is not there, and of limits that are left out."""
    for given in ({"limits": "parms=0"}, {"limits": ""}, {"limits": "params=0", "baseline": "gone.json"}):
        done = runner.run(source="D", **given)
        assert done.returncode == 2, done.stderr
        assert "vggstat: error:" in done.stderr
    assert not runner.summary.exists()


@needs_bash
def test_the_other_inputs_of_the_action(runner: Runner) -> None:
    """More options, and a baseline and a network of other names."""
    runner.write("a b/base.json", saved_text(report_of("D@batch=8,bf16")))

    done = runner.run(
        source="D", limits=LIMITS, baseline="a b/base.json", arguments="--batch 8\n--dtype bf16"
    )
    assert done.returncode == 0, done.stderr
    assert runner.run(source="D", limits=LIMITS, baseline="a b/base.json").returncode == 1


@needs_bash
def test_inputs_are_words_and_never_commands(runner: Runner) -> None:
    """Signs of the shell, spaces and dashes in names do nothing but name files, wherever they stand."""
    for name in ("$(touch pwned).yaml", "`touch pwned`.yaml", "a b;touch pwned.yaml", "--output=pwned.yaml"):
        runner.write(name, NET)
        done = runner.run(source=name, limits="params=0")
        assert done.returncode == 1, done.stderr  # it was read: the image is not the baseline's
        assert "input 224×224×3 in the baseline, 8×8×3 now" in " ".join(done.stdout.split())
    for given in (
        {"limits": "params=$(touch pwned)"},
        {"limits": LIMITS, "arguments": "$(touch pwned) ; touch pwned"},
        {"limits": LIMITS, "baseline": "$(touch pwned).json"},
        {"limits": "params=0 --output=pwned"},
    ):
        assert runner.run(source="D", **given).returncode == 2

    assert not (runner.work / "pwned").exists()
    assert not (runner.work / "pwned.yaml").exists()


@needs_bash
def test_a_folder_of_the_same_name_is_not_run(runner: Runner) -> None:
    """The program that is installed is what runs, not a package of the repository that is checked."""
    runner.write("vggstat/__init__.py", "raise SystemExit(77)\n")

    assert runner.run(source="D", limits=LIMITS).returncode == 0


def wheel(folder: Path) -> Path:
    """A package that holds nothing but its name, to be installed without a network."""
    path = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny.py", "")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        tag = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr("tiny-1.0.dist-info/WHEEL", tag)
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    return path


@needs_bash
def test_the_callers_python_lends_its_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is installed stands in an environment of its own, which finds what a network that is code imports."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    runner = Runner(tmp_path, ACTION, isolated="-P")
    runner.write("site.py", "raise SystemExit(77)\n")  # of the repository: not what is asked for the packages
    done = runner.step(0, {"python": sys.executable, "version": str(wheel(tmp_path))})
    assert done.returncode == 0, done.stderr
    python = runner.outputs.read_text().strip().removeprefix("python=")
    code = "import sys, tiny, pytest; print(tiny.__file__, sys.prefix, pytest.__file__, sep='\\n')"
    found = subprocess.run(
        [python, "-P", "-c", code], capture_output=True, text=True, check=True, cwd=runner.work,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )  # fmt: skip
    tiny, prefix, lent = found.stdout.splitlines()

    assert tiny.startswith(prefix)
    assert prefix.startswith(str(tmp_path))
    assert lent == pytest.__file__


def test_the_hook_of_pre_commit(runner: Runner) -> None:
    """It runs with the user's words alone, where a file of a network or a baseline has changed."""
    hook = next(hook for hook in loaded(ROOT / ".pre-commit-hooks.yaml") if hook["id"] == "vggstat-budget")
    program, verb, *words = hook["entry"].split()
    command = get_command(build_app(["compare"])).get_command(None, verb)  # type: ignore[attr-defined]

    assert (program, words, hook["language"], hook["pass_filenames"]) == ("vggstat", [], "python", False)
    assert "--fail-over" in {name for option in command.params for name in option.opts}
    # as the comment above it has it
    comment = (ROOT / ".pre-commit-hooks.yaml").read_text()
    args = comment.partition('args: [baseline.json, net.yaml, "--fail-over=')[2].partition('"')[0]
    assert parse_limits([args])
    runner.write("net.yaml", NET)
    for now, code in (("net.yaml", 1), ("D", 0)):
        done = subprocess.run(
            [runner.python, "-P", "-m", program, verb, "baseline.json", now, f"--fail-over={args}"],
            cwd=runner.work, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr


@pytest.mark.parametrize(
    ("path", "runs"),
    [("nets/mine.yaml", True), ("a.yml", True), ("model.py", True), ("baseline.json", True), ("net.onnx", True),
     ("README.md", False), ("python", False), ("a.pyc", False), ("data.jsonl", False)],
)  # fmt: skip
def test_which_files_make_the_hook_run(path: str, runs: bool) -> None:
    hook = next(hook for hook in loaded(ROOT / ".pre-commit-hooks.yaml") if hook["id"] == "vggstat-budget")

    assert bool(re.search(hook["files"], path)) == runs
