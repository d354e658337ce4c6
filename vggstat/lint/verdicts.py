"""The account of one table: what was found right, wrong, or left unchecked, and why."""

from __future__ import annotations

from vggstat.lint.model import Cell, Finding, Severity
from vggstat.lint.numbers import Part
from vggstat.lint.place import Place
from vggstat.lint.text import Flow


class Verdicts:
    """Verdicts as they come in. Each claim is entered once, as right, wrong or unchecked."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.right = 0
        self.wrong = 0
        self.unchecked: list[tuple[Place, str]] = []
        self.passes: list[tuple[Place, str, str]] = []
        self.conventions: dict[str, str] = {}
        self.batch = 1
        """The number of images that memory and operations are for, as the columns show."""
        self.binary: set[int] = set()
        """Counts that are printed in units of 1024 without a word."""
        self.decimal: set[int] = set()
        """Counts that are printed in units of 1000, and would be others in those of 1024."""

    @property
    def claims(self) -> int:
        return self.right + self.wrong + len(self.unchecked)

    def passed(self, cell: Cell, under: str = "") -> None:
        """A claim that is right under the table's convention."""
        self.right += 1
        self.passes.append((cell.flow.place(), cell.flow.text, under))

    def skip(self, cell: Cell, reason: str) -> None:
        """A claim that nothing here can judge."""
        self.unchecked.append((cell.flow.place(), reason))

    def retract(self, cell: Cell) -> bool:
        """Take a claim back that was skipped; False where it has another verdict already."""
        place = cell.flow.place()
        left = [entry for entry in self.unchecked if entry[0] != place]
        found = len(left) < len(self.unchecked)
        self.unchecked = left
        return found

    def withdraw(self, cell: Cell) -> bool:
        """Take back what was found wrong with a claim; False where nothing was."""
        place = cell.claim.place()
        left = [finding for finding in self.findings if finding.place != place]
        found = len(left) < len(self.findings)
        self.findings = left
        self.wrong -= found
        return found

    def wrong_part(
        self,
        code: str,
        cell: Cell,
        part: Part,
        message: str,
        *,
        severity: Severity = "error",
        expected: str = "",
        quantity: str = "",
        layer: str = "",
        derivation: str = "",
        notes: tuple[str, ...] = (),
        claim: bool = True,
    ) -> None:
        """A number or a product of a cell that is wrong. ``quantity``: the cell's own where it is empty."""
        self.fail(
            code,
            cell.claim,
            message,
            severity=severity,
            span=(part.start, part.end),
            expected=expected,
            quantity=quantity or cell.quantity,
            layer=layer,
            derivation=derivation,
            notes=notes,
            claim=claim,
        )

    def fail(
        self,
        code: str,
        flow: Flow,
        message: str,
        *,
        severity: Severity = "error",
        span: tuple[int, int] | None = None,
        expected: str = "",
        quantity: str = "",
        layer: str = "",
        derivation: str = "",
        notes: tuple[str, ...] = (),
        claim: bool = True,
    ) -> None:
        """Something wrong. ``span`` is the part of ``flow`` that is; ``claim``: a number rather than structure."""
        start, end = span or (0, len(flow))
        self.wrong += claim
        self.findings.append(
            Finding(
                code=code,
                severity=severity,
                place=flow.place(start, end),
                text=flow.text[start:end],
                message=message,
                expected=expected,
                quantity=quantity,
                layer=layer,
                derivation=derivation,
                notes=tuple(note for note in notes if note),
            )
        )


def counted(number: int, noun: str) -> str:
    """``1 row``, ``22 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
