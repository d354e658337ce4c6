"""The conventions of the report page, in words for somebody who has never heard of them."""

from __future__ import annotations

from vggstat.cost.accounting import ACCOUNTINGS
from vggstat.cost.counting import COUNTING_RULES
from vggstat.cost.report import Report
from vggstat.render.captions import head_note
from vggstat.render.report_page.markup import escaped

__all__ = ["accounting_definitions", "conventions", "rule_definitions"]

TERMS = (
    (
        "MACs and FLOPs",
        "A multiply-accumulate (MAC) is one multiplication and the addition that follows it. Papers and tools call "
        "either MACs or twice as many operations “FLOPs”, often without saying which. Here MACs are the "
        "multiply-accumulates of conv and FC layers and of matrix products (no biases, nothing else), and FLOPs are 2 per "
        "MAC.",
    ),
    (
        "Parameters",
        "What is learned. With biases: the weights and biases of conv and FC layers, and the scales and shifts of "
        "batch norms. Without biases: the weights alone, as the CS231n lecture and some tables count. Parameters do "
        "not depend on the batch.",
    ),
    (
        "MB and MiB",
        "MB is 10^6 bytes and MiB 2^20 (1,048,576) bytes, 4.9 % more. Many tools print MiB and call it MB.",
    ),
    (
        "Batch",
        "How many images are run at once. Operations, values and activation memory grow with it; parameters do not.",
    ),
    (
        "Receptive field",
        "The side of the square of image pixels that one value of a map depends on. FC layers see all of the image.",
    ),
    (
        "Output values",
        "The numbers in a layer's output map, height × width × channels, times the batch. ReLU and dropout write "
        "over their input, so they are no rows.",
    ),
)


def conventions(networks: tuple[tuple[str, Report], ...]) -> str:
    """The definitions that everything on the page uses, as a list."""
    terms = [*TERMS]
    terms += [
        (f"{name}: how the maps reach the FC layers", head_note(report.graph))
        for name, report in networks
        if report.graph.head is not None
    ]
    items = "\n".join(f"<dt>{escaped(term)}</dt><dd>{escaped(text)}</dd>" for term, text in terms)
    return f"<dl>\n{items}\n</dl>"


def accounting_definitions() -> tuple[tuple[str, str], ...]:
    """Each memory accounting with its definition and source."""
    return tuple((entry.name, f"{entry.definition} ({entry.reference})") for entry in ACCOUNTINGS)


def rule_definitions() -> tuple[tuple[str, str], ...]:
    """Each rule for counting operations with its unit, definition and source."""
    return tuple((rule.name, f"{rule.unit}: {rule.definition} ({rule.reference})") for rule in COUNTING_RULES)
