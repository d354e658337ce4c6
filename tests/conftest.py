"""What all tests share: golden files, and the option that renews them."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable

import pytest
from hypothesis import settings

# Each worker has a core to itself: threads of torch's own would wait for one another, on cores that others use.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# In CI the same examples every time: a change is told from chance. Elsewhere new ones are tried.
settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")

Golden = Callable[[str, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds ``--overwrite``."""
    parser.addoption("--overwrite", action="store_true", help="write golden files anew instead of comparing")


def pytest_collection_finish() -> None:
    """Thousands of collected tests stay to the end: the collector need not go through them again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """``golden(name, text)`` compares a text with ``golden/name`` beside the test, or writes it anew."""
    folder = request.path.parent / "golden"

    def compare(name: str, text: str) -> None:
        path = folder / name
        if request.config.getoption("--overwrite"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        assert path.exists(), f"{path} is missing: run pytest with --overwrite, and read what it wrote"
        expected = path.read_bytes().decode()

        assert text == expected

    return compare
