"""``check`` starts without torch, and imports only the readers that a document needs."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
from vggstat.lint.config import Settings
from vggstat.lint.engine import check_text
check_text("a.md", b"CONV3-64: [224x224x64] memory: 224*224*64=3.2M params: 0\\n", Settings())
print(*sorted(name for name in sys.modules))
"""


def modules(script: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_no_heavy_module_is_imported() -> None:
    """Neither torch nor numpy, dataclasses, tomllib or rich are needed to judge a document."""
    assert not modules(SCRIPT) & {"torch", "numpy", "matplotlib", "tomllib", "rich", "typer", "ast"}


def test_this_can_fail() -> None:
    """The list of modules does show an import."""
    assert "tomllib" in modules("import tomllib" + SCRIPT)


def test_only_needed_readers_are_imported() -> None:
    """A listing of the lecture needs no reader of notebooks, LaTeX or torch."""
    loaded = modules(SCRIPT)

    assert "vggstat.lint.readers.cs231n" in loaded
    assert not loaded & {
        f"vggstat.lint.readers.{name}"
        for name in ("latex", "torchinfo", "torchsummary", "print_model", "html")
    }
