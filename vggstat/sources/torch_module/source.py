"""A torch model as a source: traced on images that it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import Parameter, signature
from itertools import chain
from typing import Final

from torch import nn

from vggstat.errors import UsageError
from vggstat.net.graph import Graph
from vggstat.records import Record
from vggstat.shapes import Shape, describe
from vggstat.sources.formats import formats_note
from vggstat.sources.require import version_of
from vggstat.sources.torch_module.factory import load_model
from vggstat.sources.torch_module.tensors import formats
from vggstat.sources.torch_module.trace import TraceError, input_channels, is_on_meta, required_inputs, trace
from vggstat.sources.torch_module.values import needs_values
from vggstat.sources.wanted import Wanted

__all__ = ["TorchSource", "read_model"]

SIDES = (224, 32, 227, 256, 64, 96, 128, 160, 192, 299, 320, 384, 448, 512, 28)
"""Sides of images that a model is tried on where none is asked for, the likeliest first."""

SIGNALS: Final = "channels x length", "1000"
VOLUMES: Final = "channels x depth x height x width", "16x112x112"
"""The axes of what convolutions over other than images take, and usual sides."""


class TorchSource(Record):
    """A model, and what it is called."""

    model: nn.Module
    name: str
    note: str = ""
    """What there is to say of how it was made."""
    again: Callable[[], nn.Module] | None = None
    """Makes it once more, with real weights; None where nobody knows how."""

    @property
    def is_on_meta(self) -> bool:
        """Whether it has shapes and no memory."""
        return is_on_meta(self.model)

    def graph(self, wanted: Wanted) -> Graph:
        """The graph of what it runs on the inputs wanted; on the first of the usual images that it takes, if none are.

        Its forward pass runs several times, on batches of several images without values (``BATCH`` of them, and others to
        tell what is of one image), so that a model which prints its shapes prints those, to stderr.

        Raises UsageError where it does not run on them, with the line of its code, or for what only a spec can change.
        """
        if wanted.head is not None or wanted.classes is not None:
            raise UsageError(
                f"{self.name} is a model, whose head and classes are in its code: --head and --classes are for specs"
            )
        try:
            graph, remark = self._trace(wanted)
        except TraceError as reason:
            hint = "" if wanted.inputs else self._hint
            raise UsageError(f"{self.name} cannot be traced: {reason}{hint}") from None
        title = type(self.model).__name__
        source = f"torch model, traced by torch {version_of('torch')}"
        spec = graph.spec.replace(
            name=self.name, title=title, source=source, origin=self.name, texts=(_structure(graph),)
        )
        stored = formats_note("The model's parameters", formats(self.model.parameters()))
        notes = (self.note, remark, stored, *graph.notes)
        return graph.replace(spec=spec, notes=tuple(filter(None, notes)))

    def _trace(self, wanted: Wanted) -> tuple[Graph, str]:
        """The graph, and what to say of the inputs that were chosen."""
        if wanted.inputs:
            return self._trace_named(wanted), ""
        reason: TraceError | None = None
        asked = self._likely if wanted.image is None else self._of_size(*wanted.image)
        for image in asked:
            try:
                graph = trace(self.model, image)
            except TraceError as error:
                # Which got furthest is about the model; the others may be about an image that it is not for.
                reason = error if reason is None or error.reached > reason.reached else reason
                continue
            return graph, "" if reason is None or wanted.image else self._remark(image)
        assert reason is not None
        raise reason

    def argument_names(self, wanted: Wanted) -> tuple[str, ...]:
        """The names by which its forward pass is given its inputs; none where it is given one, as its first argument."""
        names = tuple(wanted.inputs)
        return () if len(names) == 1 and names[0] not in required_inputs(self.model) else names

    def with_values(self) -> nn.Module:
        """The model with values in all but its parameters: itself if it has them, else made once more. Raises UsageError."""
        return self.again() if self.again is not None and needs_values(self.model) else self.model

    def _remark(self, image: Shape) -> str:
        usual = describe(next(iter(self._likely)))
        return f"Traced on an input of {describe(image)}: it does not run on {usual}."

    def _trace_named(self, wanted: Wanted) -> Graph:
        (_, image), *others = wanted.inputs.items()
        first = next(iter(self.argument_names(wanted)), "")
        known = signature(self.model.forward).parameters
        named = any(one.kind is not Parameter.POSITIONAL_ONLY for one in known.values())
        unnamed = any(one.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD) for one in known.values())
        strange = [name for name in wanted.inputs if name not in known]
        if strange and named and not unnamed:
            raise TraceError(f"its forward takes no {strange[0]}; it takes {', '.join(known)}")
        return trace(self.model, image, dict(others), first=first)

    @property
    def _hint(self) -> str:
        """What to give in place of an image, where its first convolution takes none."""
        if input_channels(self.model) is not None:
            return ""
        name = next(iter(required_inputs(self.model)), "x")
        for module in self.model.modules():
            if isinstance(module, nn.Conv1d | nn.Conv3d):
                axes, sides = VOLUMES if isinstance(module, nn.Conv3d) else SIGNALS
                return (
                    f"; its first convolution is a {type(module).__name__}, which takes no image: give the shape of its input "
                    f"by name ({axes}), as in --input {name}={module.in_channels}x{sides}"
                )
        return ""

    @property
    def _channels(self) -> tuple[int, ...]:
        """What its first convolution takes, as the code lists them, and colours, where that one may not run first."""
        first = input_channels(self.model) or 3
        return (first,) if first in (1, 3) else (first, 3)

    def _of_size(self, channels: int | None, height: int, width: int) -> Iterator[Shape]:
        return ((own, height, width) for own in ((channels,) if channels else self._channels))

    @property
    def _likely(self) -> Iterator[Shape]:
        """Images, then vectors as the first FC layer takes them."""
        images = ((channels, side, side) for side in SIDES for channels in self._channels)
        layers = (module for module in self.model.modules() if isinstance(module, nn.Linear))
        return chain(images, ((layer.in_features,) for layer in list(layers)[:1]))


def read_model(reference: str) -> TorchSource:
    """The model that ``package.module:factory`` or ``file.py:factory`` names. This runs its code. Raises UsageError."""
    loaded = load_model(reference)
    note = f"{loaded.note[:1].upper()}{loaded.note[1:]}." if loaded.note else ""
    return TorchSource(model=loaded.model, name=reference, note=note, again=loaded.again)


def _structure(graph: Graph) -> bytes:
    """What tells one model's structure from another's."""
    return repr([(node.layer, node.inputs, node.shape, node.tensors) for node in graph.nodes]).encode()
