"""The map of the house: which room may import which, and what start-up must not load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "vggstat"

ROOMS = (
    "errors", "files", "fields", "records", "shapes", "units", "version", "net", "sources", "cost", "lint", "measure", "render",
    "api", "cli",
)  # fmt: skip
"""Ground floor first: a room imports only from itself and from rooms before it; from the package's own file none does."""

STRANGERS = {("measure", "render"), ("measure", "lint")}
"""Rooms that do not know those before them."""

TORCH = {"measure", "sources.torch_module", "sources.checkpoint"}

LIBRARIES = {
    "torch": TORCH,
    "fvcore": {"measure"},
    "torchinfo": {"measure"},
    "thop": {"measure"},
    "ptflops": {"measure"},
    "numpy": {*TORCH, "sources.export", "sources.onnx_file"},
    "onnx": {"sources.export", "sources.onnx_file"},
    "pynvml": {"measure"},
    "h5py": {"sources.checkpoint"},
    "rich": {"render"},
    "typer": {"cli"},
    "vl_convert": {"render"},
    "yaml": {"sources.spec"},
    "msgspec": {"cost"},
}
"""Where a library may be imported: rooms, or folders of them."""

HEAVY = (
    "torch",
    "numpy",
    "onnx",
    "msgspec",
    "fvcore",
    "matplotlib",
    "altair",
    "vl_convert",
    "pandas",
    "pydantic",
)


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    """The dotted folder of a file, or its own name where it lies in none."""
    parts = path.relative_to(PACKAGE).parts
    return ".".join(parts[:-1]) if len(parts) > 1 else parts[0].removesuffix(".py")


def imports_of(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported anywhere in a file, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from names if node.module == "vggstat" else [node.module, *names]


def breaches(room: str, source: str) -> list[str]:
    """What a file of ``room`` (``cost``, ``sources.spec``) imports against the map."""
    found = []
    floor = room.split(".")[0]
    for name in imports_of(ast.parse(source)):
        parts = name.split(".")
        homes = LIBRARIES.get(parts[0])
        if homes is not None and not any(f"{room}.".startswith(f"{home}.") for home in homes):
            found.append(name)
        if parts[0] != "vggstat" or floor not in ROOMS:
            continue
        if len(parts) == 1 or parts[1] not in ROOMS:
            found.append(name)
        else:
            above = ROOMS.index(parts[1]) > ROOMS.index(floor)
            if above or (floor, parts[1]) in STRANGERS or (parts[1], floor) in STRANGERS:
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
        ("cost", "def f():\n    from vggstat.render import page"),
        ("net", "from vggstat import cost"),
        ("net.ops", "from vggstat.sources.spec import load"),
        ("render", "from vggstat.measure.module import build"),
        ("measure.bench", "import vggstat.render.page"),
        ("measure", "from vggstat.lint import judge"),
        ("sources.spec", "import typer"),
        ("sources.spec", "import torch"),
        ("sources", "import torch"),
        ("sources.spec", "import onnx"),
        ("sources.export", "import torch"),
        ("sources.torch_module", "import yaml"),
        ("sources.torch_module", "import onnx"),
        ("sources", "import onnx"),
        ("sources.onnx_file", "import torch"),
        ("net.ops", "from yaml import load"),
        ("lint", "import rich.table"),
        ("render", "from vggstat import __version__"),
        ("render", "import vggstat"),
    ],
)
def test_the_map_catches_a_breach(room: str, source: str) -> None:
    """The test above can fail: it sees imports of either form, inside functions too."""
    assert breaches(room, source)


def circle_of(imports: dict[str, set[str]]) -> list[str]:
    """Modules that import one another in a ring; none where there is an order in which all can be read."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_module_needs_itself() -> None:
    """Imports inside functions and for types alone count too: a record in the wrong file shows as a circle."""
    names = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in modules()}
    found = {
        name: {
            other.removesuffix(".__init__")
            for imported in imports_of(ast.parse(path.read_text()))
            for other in (imported, f"{imported}.__init__")
            if other in names and imported not in (name, name.removesuffix(".__init__"))
        }
        for name, path in names.items()
        if not name.endswith("__init__")
    }

    assert circle_of(found) == []
    assert sum(map(len, found.values())) > 1_000  # they were read at all


def test_a_circle_would_be_seen() -> None:
    """The test above can fail."""
    assert set(circle_of({"a": {"b"}, "b": {"c"}, "c": {"a"}})) == {"a", "b", "c"}


READERS_OF_FACTS = (
    "cost/budget.py",
    "cost/compare.py",
    "cost/snapshot.py",
    "lint/explain.py",
    "render/report_data.py",
    "render/report_page/*.py",
    "render/views/budget.py",
    "render/views/compare.py",
    "render/views/explain.py",
)
OWN_FIGURES = {
    "total",
    "operations",
    "memory_bytes",
    "memory_if_run",
    "param_bytes",
    "file_bytes",
    "training_flops",
    "backward_flops",
    "weight_layers",
}


def own_figures(source: str) -> set[str]:
    """Figures of the whole network that a module takes from a report itself."""
    return {
        node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)
    } & OWN_FIGURES


def test_figures_of_the_whole_come_from_the_list_of_facts() -> None:
    """explain, JSON, comparisons and the report page say the same number for the same thing, since they read it."""
    paths = [path for pattern in READERS_OF_FACTS for path in PACKAGE.glob(pattern)]

    assert len(paths) > len(READERS_OF_FACTS)
    assert {path.name: own_figures(path.read_text()) for path in paths if own_figures(path.read_text())} == {}
    assert own_figures("report.total.macs") == {"total"}


def test_every_room_is_on_the_map() -> None:
    """A new folder or file of the package has to be given its place."""
    known = {*ROOMS, "__init__", "__main__"}

    assert {room_of(path).split(".")[0] for path in modules()} <= known


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
        ["export", "D"],
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
