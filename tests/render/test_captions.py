"""The words around tables."""

from __future__ import annotations

from tests.networks import report_of
from vggstat.cost.counting import COUNTING_RULES
from vggstat.render.captions import MACS_NOTE, workloads_words
from vggstat.render.draw.frame import DEFINITIONS


def test_what_a_mac_is_stands_in_one_place() -> None:
    """Tables, drawings and plots say it in the words of the rule that counts it."""
    assert COUNTING_RULES[0].definition in MACS_NOTE
    assert DEFINITIONS.endswith(MACS_NOTE)


def test_workloads_of_several_networks() -> None:
    """What is run is said once where it is the same, else for each group that shares it."""
    names = ("D", "E", "AlexNet")
    reports = [report_of(name) for name in names]

    assert workloads_words(reports[:2], names[:2]) == ["224×224 RGB image · batch 1 · float32"]
    assert workloads_words(reports, names) == [
        "D, E: 224×224 RGB image · batch 1 · float32",
        "AlexNet: 227×227 RGB image · batch 1 · float32",
    ]
