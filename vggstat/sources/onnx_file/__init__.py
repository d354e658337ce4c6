"""Networks in ONNX files, read as the same graph of layers as specs and torch modules. onnx is imported lazily."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vggstat.errors import InputError, UsageError
from vggstat.records import Record
from vggstat.sources.require import require_onnx

if TYPE_CHECKING:
    from vggstat.net.graph import Graph
    from vggstat.sources.wanted import Wanted

__all__ = ["OnnxSource", "read_onnx"]


class OnnxSource(Record):
    """A path to an ONNX file."""

    path: str

    @property
    def name(self) -> str:
        return self.path

    def graph(self, wanted: Wanted) -> Graph:
        """The graph on the inputs wanted: the file's own shapes where none are, 224 a side where the file leaves an image open.

        Nothing but the file itself is opened: no external data. Raises InputError where the file cannot be followed, and
        UsageError for a shape that it does not take, or for what only a spec can change.
        """
        if wanted.head is not None or wanted.classes is not None:
            raise UsageError(
                f"{self.path} is a model, whose head and classes stand in it: --head and --classes are for specs"
            )
        from vggstat.sources.onnx_file.source import graph_of_file

        try:
            return graph_of_file(Path(self.path), wanted)
        except OSError as error:
            raise InputError(f"{self.path}: it cannot be read ({error.strerror or error})") from None


def read_onnx(path: str) -> OnnxSource:
    """The model in a file. Raises InputError where there is none, and MissingExtraError without onnx."""
    require_onnx(f"reading {path}")
    file = Path(path)
    if not file.exists():
        raise InputError(f"{path}: there is no such file")
    if not file.is_file():
        raise InputError(f"{path}: this is not a file")
    return OnnxSource(path=path)
