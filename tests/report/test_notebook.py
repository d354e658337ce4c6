"""Display in notebooks: our records as tables, by formatters that know them by name."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.networks import report_of
from tests.plot.results import FILE
from vggstat import compare
from vggstat.render.notebook import CLASSES, html_of, register, text_of

RECORDS = {
    "Report": report_of("D"),
    "Comparison": compare("D", "E"),
    "BenchResult": FILE.results[0],
    "BenchFile": FILE,
}


class Formatter:
    """What IPython's formatters do with a function for a class that may not be imported yet."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Callable[..., Any]] = {}

    def for_type_by_name(self, module: str, name: str, function: Callable[..., Any]) -> None:
        self.known[module, name] = function


class Shell:
    """A shell as far as formatters are concerned."""

    def __init__(self) -> None:
        self.display_formatter = self
        self.formatters = {"text/html": Formatter(), "text/plain": Formatter()}


def test_outside_of_a_notebook_nothing_happens() -> None:
    """No shell, no formatters."""
    assert register() is False


def test_every_class_has_both_forms() -> None:
    """HTML for notebooks, text for IPython's terminal, under the names that the classes really have."""
    shell = Shell()

    assert register(shell) is True
    for formatter in shell.formatters.values():
        assert tuple(formatter.known) == CLASSES
    for name, record in RECORDS.items():
        assert (type(record).__module__, name) in CLASSES


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_is_a_table(name: str) -> None:
    """Well-formed HTML with at least one table, and the same figures as text."""
    html = html_of(RECORDS[name])
    root = ElementTree.fromstring(html)

    assert root.find(".//table") is not None
    assert len(text_of(RECORDS[name]).splitlines()) > 3


def test_the_figures_are_there() -> None:
    """VGG-16's parameters, in the page of the command `table`."""
    assert "138,357,544" in html_of(RECORDS["Report"])
    assert "138,357,544" in text_of(RECORDS["Report"])


def test_importing_registers_in_a_shell_and_loads_nothing_else() -> None:
    """``import vggstat`` where IPython runs: formatters are there, records and tables are not loaded."""
    code = """
import sys, types
known = []
class Formatter:
    def for_type_by_name(self, module, name, function):
        known.append(name)
shell = types.SimpleNamespace()
shell.display_formatter = types.SimpleNamespace(formatters={"text/html": Formatter(), "text/plain": Formatter()})
sys.modules["IPython"] = types.SimpleNamespace(get_ipython=lambda: shell)
import vggstat
print(sorted(set(known)), [name for name in sys.modules if name.startswith("vggstat.cost")])
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout == "['BenchFile', 'BenchResult', 'Comparison', 'Report'] []\n"
