"""Networks in ONNX files, read as the same graph of layers as specs and torch modules. onnx is imported lazily."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from vggstat.errors import InputError
from vggstat.shapes import Shape
from vggstat.sources.require import require_onnx

if TYPE_CHECKING:
    from vggstat.net.graph import Graph

__all__ = ["OnnxSource", "read_onnx"]


class OnnxSource:
    """A path to an ONNX file."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    @property
    def name(self) -> str:
        return self.path.stem

    def graph(self, image: Shape | None = None, others: Mapping[str, Shape] | None = None) -> Graph:
        """The graph on an image of that shape: the file's own where none is given, 224 a side where the file leaves it open.

        ``others`` are shapes of further inputs, by name, without the batch. What there is to say of how the file was read
        stands in the graph's notes. Raises InputError where the file cannot be followed, UsageError for a shape that it
        does not take, and MissingExtraError without onnx.
        """
        require_onnx(f"reading {self.path.name}")
        if not self.path.exists():
            raise InputError(f"{self.path}: there is no such file")
        if not self.path.is_file():
            raise InputError(f"{self.path}: this is not a file")
        from vggstat.sources.onnx_file.source import graph_of_file

        try:
            return graph_of_file(self.path, image, others or {})
        except OSError as error:
            raise InputError(f"{self.path}: it cannot be read ({error.strerror or error})") from None


def read_onnx(path: str, image: Shape | None = None, others: Mapping[str, Shape] | None = None) -> Graph:
    """The graph of an ONNX file: see ``OnnxSource.graph``."""
    return OnnxSource(path).graph(image, others)
