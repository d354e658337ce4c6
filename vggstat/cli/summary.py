"""What a run leaves for the one who reads a pull request: GitHub's step summary, and the outputs of a step."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from vggstat.cli.files import append_file
from vggstat.cli.streams import say

__all__ = ["write_summary"]


def write_summary(summary: Callable[[], str], outputs: Mapping[str, int]) -> None:
    """Add Markdown to the step summary, and numbers to the step's outputs, where GitHub names their files."""
    texts, numbers = os.environ.get("GITHUB_STEP_SUMMARY"), os.environ.get("GITHUB_OUTPUT")
    try:
        if texts:
            append_file(texts, summary())
        if numbers:
            append_file(numbers, "".join(f"{name}={count}\n" for name, count in outputs.items()))
    except OSError as error:
        say(f"vggstat: the step summary cannot be written: {error.strerror or error}")
