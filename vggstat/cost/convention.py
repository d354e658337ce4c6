"""The conventions that a view shows figures under, as one value."""

from __future__ import annotations

from vggstat.cost.accounting import Accounting, find_accounting
from vggstat.cost.counting import COUNTING_RULES, CountingRule
from vggstat.records import Record

__all__ = ["Convention"]


class Convention(Record):
    """How operations and memory are counted. Bytes are always shown in MB and MiB, both named."""

    ops: CountingRule = COUNTING_RULES[0]
    memory: Accounting = find_accounting("outputs")
