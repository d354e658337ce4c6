"""The map of the house: which room may import which, and what start-up must not load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "vggstat"

ROOMS = (
    "errors", "files", "fields", "records", "shapes", "units", "layers", "spec", "graph", "cost", "claims", "present", "live",
    "api", "cli",
)  # fmt: skip
"""Ground floor first: a room imports only from itself and from rooms before it."""

STRANGERS = {("live", "present"), ("present", "live")}
"""Rooms that do not know each other."""

LIBRARIES = {
    "torch": {"live"},
    "fvcore": {"live"},
    "torchinfo": {"live"},
    "thop": {"live"},
    "ptflops": {"live"},
    "numpy": {"live"},
    "pynvml": {"live"},
    "h5py": {"live"},
    "rich": {"present"},
    "typer": {"cli"},
    "vl_convert": {"present"},
    "yaml": {"spec"},
    "msgspec": {"cost"},
}
"""Where a library may be imported."""

HEAVY = ("torch", "numpy", "msgspec", "fvcore", "matplotlib", "altair", "vl_convert", "pandas", "pydantic")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports_of(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported anywhere in a file, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def breaches(room: str, source: str) -> list[str]:
    """What a file of ``room`` imports against the map."""
    found = []
    for name in imports_of(ast.parse(source)):
        parts = name.split(".")
        if parts[0] in LIBRARIES and room not in LIBRARIES[parts[0]]:
            found.append(name)
        if parts[0] != "vggstat" or len(parts) < 2 or parts[1] not in ROOMS or room not in ROOMS:
            continue
        above = ROOMS.index(parts[1]) > ROOMS.index(room)
        if above or (room, parts[1]) in STRANGERS:
            found.append(name)
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_room_may(path: Path) -> None:
    """No file imports a room above its own, a stranger, or a library of another room."""
    assert breaches(room_of(path), path.read_text()) == []


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("cost", "import torch"),
        ("cost", "def f():\n    from vggstat.present import page"),
        ("graph", "from vggstat import cost"),
        ("present", "from vggstat.live.module import build"),
        ("live", "import vggstat.present.page"),
        ("spec", "import typer"),
        ("layers", "from yaml import load"),
        ("claims", "import rich.table"),
    ],
)
def test_the_map_catches_a_breach(room: str, source: str) -> None:
    """The test above can fail: it sees imports of either form, inside functions too."""
    assert breaches(room, source)


def test_every_room_is_on_the_map() -> None:
    """A new folder or file of the package has to be given its place."""
    known = {*ROOMS, "__init__", "__main__"}

    assert {room_of(path) for path in modules()} <= known


def loaded_after(code: str) -> set[str]:
    """The heavy libraries that are loaded after ``code`` ran in a fresh interpreter."""
    report = f"\nimport sys\nprint('LOADED', *[name for name in {(*HEAVY, 'rich')!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code + report], capture_output=True, text=True, check=True)
    return set(result.stdout.rsplit("LOADED", 1)[1].split())


RUN = """
import sys
from vggstat.cli.main import main
try:
    main({arguments!r})
except SystemExit as stop:
    assert not stop.code, stop.code
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["table", "D"],
        ["table", "D", "--format", "json"],
        ["compare", "D", "E"],
        ["list"],
        ["explain", "96MB", "D"],
        ["memory", "D"],
        ["roofline", "D", "--device", "h200"],
        ["draw", "D"],
        ["--help"],
    ],
)
def test_start_up_loads_nothing_heavy(arguments: list[str]) -> None:
    """Piped, no command of the core loads torch, numpy, a plotting library, pydantic, or rich."""
    assert loaded_after(RUN.format(arguments=arguments)) == set()


@pytest.mark.parametrize("library", ["numpy", "rich"])
def test_a_heavy_start_would_be_seen(library: str) -> None:
    """The test above can fail: a library that is imported shows."""
    pytest.importorskip(library)

    assert library in loaded_after(RUN.format(arguments=["list"]) + f"\nimport {library}")


def test_the_public_names() -> None:
    """``__all__`` of the package is sorted, and every name in it exists."""
    import vggstat

    assert list(vggstat.__all__) == sorted(vggstat.__all__)
    for name in vggstat.__all__:
        assert getattr(vggstat, name) is not None
