"""Whatever a network is read from: a spec, a torch model, an ONNX file. Each gives a graph, and says what can be changed.

find_source("D"), find_source("nets/mine.yaml"), find_source("-")       a spec
find_source("package.module:factory(width=2)"), find_source("net.py:make")    a torch model; this runs its code
find_source("net.onnx")                                                 an ONNX file
"""

from __future__ import annotations

import re
from typing import Final

from vggstat.errors import UsageError
from vggstat.net.graph import Graph
from vggstat.net.spec import Spec
from vggstat.records import Record
from vggstat.sources.spec.access import access
from vggstat.sources.wanted import Source, Wanted

__all__ = ["MODEL", "SpecSource", "find_source", "is_model"]

MODEL: Final = re.compile(r"(?:[^:]+\.py|[^\W\d][\w.]*):[^\W\d][\w.]*(?:\(.*)?", re.DOTALL)
"""``package.module:factory`` or ``file.py:factory``, with arguments in brackets or without."""


class SpecSource(Record):
    """A spec: its head and the number of its classes can be changed."""

    spec: Spec

    @property
    def name(self) -> str:
        return self.spec.name

    def graph(self, wanted: Wanted) -> Graph:
        """Raises UsageError for inputs by name: a spec has one image."""
        from vggstat.sources.spec.build import build_graph

        if wanted.inputs:
            raise UsageError(
                f"{self.spec.name} is a spec and takes one image: give --input a size, as in --input 224 or 3x224x224"
            )
        image = None
        if wanted.image is not None:
            channels, height, width = wanted.image
            image = (channels or self.spec.input[0], height, width)
        return build_graph(self.spec, image=image, head=wanted.head, classes=wanted.classes)


def is_model(argument: str) -> bool:
    """Whether an argument names a torch model, by its form."""
    return re.fullmatch(MODEL, argument) is not None


def find_source(argument: str) -> Source:
    """What an argument names. A torch model's code runs here, unless it stands in a file of somebody's, where none may.

    Raises UsageError, InputError, SpecError or MissingExtraError.
    """
    if is_model(argument):
        if not access().code:
            raise UsageError(f"{argument}: no code is run for what stands in a file: name a spec")
        from vggstat.sources.require import require_torch

        require_torch(f"reading {argument}")
        from vggstat.sources.torch_module.source import read_model

        return read_model(argument)
    if argument.lower().endswith(".onnx"):
        from vggstat.sources.onnx_file import read_onnx

        access().check(argument)
        return read_onnx(argument)
    _refuse_other_files(argument)
    from vggstat.sources.spec.loading import load

    return SpecSource(spec=load(argument))


OTHERS: Final = {
    ".json": "a saved report, which `vggstat compare` takes",
    **dict.fromkeys(
        (".pth", ".pt", ".ckpt", ".bin", ".safetensors", ".h5", ".hdf5"),
        "a file of weights, which shows no layers: `vggstat identify FILE` names what they are of, and `vggstat verify SPEC "
        "--against FILE` compares them with a network",
    ),
    ".py": "a file of code: name the factory in it, as in net.py:make",
}
"""What files that are no networks look like, by their endings."""


def _refuse_other_files(argument: str) -> None:
    """Raises UsageError for a file whose ending says that it is something else."""
    ending = next((ending for ending in OTHERS if argument.lower().endswith(ending)), None)
    if ending is not None:
        raise UsageError(f"{argument} is {OTHERS[ending]}")
