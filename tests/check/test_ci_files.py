"""What others' CI uses: the action, the hooks of pre-commit, and the project's own workflow."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from tests.ci_runner import ROOT, Runner, loaded, needs_bash
from vggstat.cli.main import build_app
from vggstat.render.findings import FORMATS

ACTION = ROOT / ".github" / "actions" / "check" / "action.yml"
ACTIONS = sorted((ROOT / ".github" / "actions").glob("*/action.yml"))
OURS = [*ACTIONS, *sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
WRONG = "VGG-16 has 183M parameters.\n"
RIGHT = "VGG-16 has 138M parameters.\n"


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def scripts(node: Any) -> list[str]:
    """Every ``run`` in a workflow or an action."""
    if isinstance(node, dict):
        own = [node["run"]] if isinstance(node.get("run"), str) else []
        return own + [script for value in node.values() for script in scripts(value)]
    return [script for item in node for script in scripts(item)] if isinstance(node, list) else []


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_no_expression_stands_in_a_script(path: Path) -> None:
    """What a caller writes reaches a script as a variable only, so that it is never run."""
    assert scripts(loaded(path))
    assert [script for script in scripts(loaded(path)) if "${{" in script] == []


OUTPUTS = {
    "check": {"errors", "warnings", "tables", "claims"},
    "budget": {"quantities", "failed"},
}
"""What the step that runs vggstat writes, by the action's folder."""


@pytest.mark.parametrize("path", ACTIONS, ids=name_of)
def test_every_output_and_input_of_an_action_is_used(path: Path) -> None:
    """Outputs are those that the command writes, and every input reaches a step."""
    action, text = loaded(path), path.read_text(encoding="utf-8")
    step = action["runs"]["steps"][-1]["id"]

    assert {name: item["value"] for name, item in action["outputs"].items()} == {
        name: f"${{{{ steps.{step}.outputs.{name} }}}}" for name in OUTPUTS[path.parent.name]
    }
    assert set(re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", text)) == set(action["inputs"])
    assert all(step["shell"] == "bash" for step in action["runs"]["steps"])


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path, ACTION, isolated="-I")


@needs_bash
def test_the_action_annotates_and_sums_up(runner: Runner) -> None:
    """Annotations on stdout, every finding in the step's summary, the counts as outputs, exit code 1."""
    for number in range(12):
        runner.write(f"docs/{number:02}.md", WRONG)
    done = runner.run(paths="docs")

    assert done.returncode == 1, done.stderr
    assert done.stdout.count("::error file=docs/") == 12
    assert dict(line.split("=") for line in runner.outputs.read_text().splitlines())["errors"] == "12"
    summary = runner.summary.read_text()
    assert summary.count("| docs/") == 12
    assert "| docs/00.md:1:12 | V210 error | VGG-16 has 138,357,544" in summary


@needs_bash
def test_the_action_passes_right_documents(runner: Runner) -> None:
    """Exit code 0, and a summary of one line."""
    runner.write("a.md", RIGHT)
    done = runner.run()

    assert done.returncode == 0, done.stderr
    assert runner.summary.read_text().count("\n") == 3


@needs_bash
def test_inputs_are_words_and_never_commands(runner: Runner) -> None:
    """Signs of the shell, spaces, patterns and dashes in names of files do nothing but name files."""
    names = [
        "$(touch pwned).md",
        "`touch pwned`.md",
        "a b.md",
        "--output=pwned.md",
        "x;touch pwned.md",
        "'\".md",
    ]
    for name in names:
        runner.write(name, WRONG)
    done = runner.run(paths="\n".join(names))

    assert done.returncode == 1, done.stderr
    assert done.stdout.count("::error") == len(names)
    assert not any("pwned" in path.name and path.name not in names for path in runner.work.iterdir())
    assert runner.run(arguments="$(touch pwned) ; touch pwned").returncode == 2
    assert not (runner.work / "pwned").exists()


@needs_bash
def test_the_other_inputs_of_the_action(runner: Runner) -> None:
    """Arguments reach the program, SARIF is written beside the annotations, too few tables are a failure."""
    runner.write("a.md", WRONG)
    runner.write("b/c d.md", RIGHT)

    assert (
        runner.run(paths="a.md b/*.md", arguments="--exit-zero --ignore V210", sarif="out.sarif").returncode
        == 0
    )
    log = json.loads((runner.work / "out.sarif").read_text(encoding="utf-8"))
    assert log["runs"][0]["results"] == []
    assert runner.outputs.read_text().count("files=2\n") == 1
    assert runner.run(paths="b", require_tables="2").returncode == 1
    assert runner.run(paths="nowhere", sarif="out.sarif").returncode == 2


@needs_bash
def test_a_folder_of_the_same_name_is_not_run(runner: Runner) -> None:
    """The program that is installed is what runs, not a package of the repository that is checked."""
    runner.write("vggstat/__init__.py", "raise SystemExit(77)\n")
    runner.write("a.md", RIGHT)

    assert runner.run(paths="a.md").returncode == 0


HOOKS = [
    hook for hook in loaded(ROOT / ".pre-commit-hooks.yaml") if hook["entry"].startswith("vggstat check")
]


def test_the_hooks_of_pre_commit() -> None:
    """Both hooks name a command with options that exist, and kinds of files that pre-commit knows."""
    hooks = {hook["id"]: hook for hook in HOOKS}
    command = get_command(build_app(["check"])).get_command(None, "check")  # type: ignore[attr-defined]
    options = {name for option in command.params for name in option.opts}

    assert set(hooks) == {"vggstat-check", "vggstat-fix"}
    for hook in hooks.values():
        program, verb, *words = hook["entry"].split()
        assert (program, verb, hook["language"]) == ("vggstat", "check", "python")
        assert set(words) <= options
        assert hook["args"] == ["--"]
        assert set(hook["types_or"]) <= {
            "markdown", "plain-text", "rst", "html", "tex", "csv", "tsv", "jupyter", "python"
        }  # fmt: skip


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_takes_every_name_for_a_file(hook: dict[str, Any], runner: Runner) -> None:
    """pre-commit puts the names after the arguments: files that are called as options are read, and nothing else is."""
    names = ["--fix.md", "--fix", "-oREADME.md", "--output=pwned.md", "-h", "--", "README.md"]
    stale = "<!-- vggstat: stack 3x3 3x3 -->\n<!-- /vggstat -->\n"
    for name in names:
        runner.write(name, stale)
    _, *words = hook["entry"].split()
    done = subprocess.run(
        [runner.python, "-I", "-m", "vggstat", *words, *hook["args"], *names],
        cwd=runner.work, capture_output=True, text=True, check=False,
    )  # fmt: skip

    fixes = hook["id"] == "vggstat-fix"
    assert done.returncode == (0 if fixes else 1), done.stderr
    assert f"{len(names)} files" in done.stdout or done.stdout.count("V911") == len(names)
    assert {(runner.work / name).read_text() == stale for name in names} == {not fixes}
    assert {path.name for path in runner.work.iterdir()} == set(names)


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_actions_of_others_are_named_by_their_commit(path: Path) -> None:
    """A tag or a branch can be moved; the release that the commit is of stands beside it."""
    used = re.findall(r"^\s*-? *uses: *(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)

    assert used or path in ACTIONS
    assert [
        line for line in used if not re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)
    ] == []


def test_the_formats_that_ci_uses_exist() -> None:
    """The action asks for formats by name."""
    asked = set(re.findall(r"--format (\w+)", ACTION.read_text(encoding="utf-8")))

    assert asked == {"github", "sarif"}
    assert asked <= set(FORMATS)
