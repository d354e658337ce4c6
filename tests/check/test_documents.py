"""Documents of many kinds with their findings; the folder's ``expected.json`` holds what was reviewed by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .support import check

FOLDER = Path(__file__).parent / "documents"
EXPECTED = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))


def test_there_are_sixty_documents_and_each_is_expected() -> None:
    """Every document of the folder has its expected findings, and there are at least sixty."""
    names = {path.name for path in FOLDER.iterdir()} - {"expected.json"}

    assert names == set(EXPECTED)
    assert len(names) >= 60


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_findings_of_a_document(name: str) -> None:
    """A document's tables are recognised, and exactly its wrong figures are found, at their places."""
    result = check((FOLDER / name).read_bytes(), name)

    found = [[f.place.line, f.place.column, f.code, f.text, f.expected] for f in result.findings]
    assert found == EXPECTED[name]["findings"]
    assert [[j.table.dialect, j.spec] for j in result.judgements] == EXPECTED[name]["tables"]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_finding_points_at_its_text(name: str) -> None:
    """The place of each finding holds just the text that the finding shows."""
    result = check((FOLDER / name).read_bytes(), name)

    for finding in result.findings:
        place = finding.place
        assert result.lines[place.line - 1][place.column - 1 : place.end_column - 1] == finding.text
