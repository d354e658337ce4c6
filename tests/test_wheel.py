"""The wheel: it holds the specs, and reads them where nothing else of the project is."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the tree."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_every_spec(wheel: Path) -> None:
    """Each YAML file of the top-level folder, and of the families in it, is in the wheel, inside the package."""
    names = {
        name.removeprefix("vggstat/specs/")
        for name in zipfile.ZipFile(wheel).namelist()
        if name.startswith("vggstat/specs/")
    }

    assert names == {str(path.relative_to(ROOT / "specs")) for path in (ROOT / "specs").rglob("*.yaml")}


def test_a_spec_is_read_out_of_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """With nothing but the wheel's files and PyYAML on the path, VGG-16 is found and counted."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "yaml").symlink_to(Path(yaml.__file__).parent)
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path / 'site')!r}, {str(bare)!r}]\n"
        "import vggstat\n"
        f"assert vggstat.__file__.startswith({str(tmp_path)!r})\n"
        "report = vggstat.analyze('VGG-16')\n"
        "print(report.graph.spec.origin, report.total.params)\n"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    origin, params = result.stdout.split()

    assert Path(origin).is_relative_to(tmp_path / "site" / "vggstat" / "specs")
    assert params == "138357544"
