"""Running the steps of our GitHub actions as GitHub does."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

__all__ = ["ROOT", "Runner", "loaded", "needs_bash"]

ROOT = Path(__file__).parents[1]
BASH = shutil.which("bash")

needs_bash = pytest.mark.skipif(BASH is None, reason="no bash")


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


class Runner:
    """Runs a step of an action as GitHub does: its script in bash -eo pipefail, inputs as variables."""

    def __init__(self, folder: Path, action: Path, isolated: str) -> None:
        """``isolated`` is the option that keeps Python from the caller's folder."""
        self.folder, self.action = folder, loaded(action)
        self.summary, self.outputs = folder / "summary", folder / "outputs"
        # -I would hide the checkout that is tested, and -P the folder of the caller's: here it is named
        python = folder / "python"
        python.write_text(
            f'#!/bin/sh\n[ "$1" = {isolated} ] || exit 99\nshift\nPYTHONPATH={ROOT} PYTHONSAFEPATH=1 exec {sys.executable} "$@"\n'
        )
        python.chmod(python.stat().st_mode | stat.S_IXUSR)
        self.python = str(python)
        self.work = folder / "work"
        self.work.mkdir()

    def run(self, **given: str) -> subprocess.CompletedProcess[str]:
        """The last step, which runs vggstat, with these inputs."""
        return self.step(-1, given)

    def step(self, number: int, given: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """The step of this number."""
        inputs = {name: item.get("default", "") for name, item in self.action["inputs"].items()} | {
            name.replace("_", "-"): value for name, value in given.items()
        }
        step = self.action["runs"]["steps"][number]
        variables = {
            name: re.sub(
                r"\$\{\{ (inputs|steps\.install\.outputs)\.([\w-]+) \}\}",
                lambda match: inputs[match[2]] if match[1] == "inputs" else self.python,
                text,
            )
            for name, text in step["env"].items()
        }
        assert BASH is not None
        return subprocess.run(
            [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.work,
            env={
                **os.environ,
                **variables,
                "GITHUB_STEP_SUMMARY": str(self.summary),
                "GITHUB_OUTPUT": str(self.outputs),
                "RUNNER_TEMP": str(self.folder),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def write(self, name: str, text: str) -> None:
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
