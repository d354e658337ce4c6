"""Fully connected layer."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.fields import boolean, choice, integer, number
from vggstat.net.ops.base import Autocast, Follower, Kind, Layer, Param, Saved, TorchModule, Windows
from vggstat.net.ops.dropout import Dropout
from vggstat.net.ops.following import ACTIVATIONS, NORMS, activation_after, norm_after
from vggstat.net.work import Work
from vggstat.shapes import Shape, features, values

__all__ = ["KIND", "Linear"]


@final
class Linear(Layer):
    """A fully connected layer: every output sees every input."""

    row_kind: ClassVar[str] = "fc"
    stem: ClassVar[str] = "fc"
    keras_class: ClassVar[str] = "Dense"
    autocast: ClassVar[Autocast] = "low"

    features: int = integer(maximum=100_000_000, doc="number of outputs")
    bias: bool = boolean(default=True, doc="whether a bias is added to each output")

    @property
    def label(self) -> str:
        return f"FC-{self.features}"

    def windows(self) -> Windows | None:
        return None

    def out_shape(self, *inputs: Shape) -> Shape:
        """One value per output."""
        features(inputs[0], self.label)
        return (self.features,)

    def params(self, *inputs: Shape) -> tuple[Param, ...]:
        """A weight for each pair of input and output, and one bias per output."""
        weight = Param("weight", (self.features, values(inputs[0])), "weight")
        return (weight, Param("bias", (self.features,), "bias")) if self.bias else (weight,)

    def ops(self, *inputs: Shape) -> Work:
        """One multiply-accumulate per weight."""
        return Work(
            linear_macs=self.features * values(inputs[0]),
            linear_bias=self.features if self.bias else 0,
        )

    def saved(self, *inputs: Shape) -> tuple[Saved, ...]:
        """The input, for the weight's gradient."""
        return (Saved("input", "input", values(inputs[0]), needed_by="weight"),)

    def torch_module(self, *inputs: Shape) -> TorchModule:
        return TorchModule(
            "Linear",
            (),
            {"in_features": values(inputs[0]), "out_features": self.features, "bias": self.bias},
        )


KIND = Kind(
    name="fc",
    layer=Linear,
    doc="fully connected layer, with what follows it; the last of a classifier has no norm, activation or dropout",
    spellings=("linear", "dense"),
    notation=r"fc-?(?P<features>\d+)",
    example="FC-4096",
    followers=(
        Follower(choice(*NORMS, default="none", doc="normalization after it").named("norm"), norm_after),
        Follower(
            choice(*ACTIVATIONS, "none", default="relu", doc="non-linearity after it").named("activation"),
            activation_after,
        ),
        Follower(
            number(default=0.5, doc="probability of the dropout after it; 0 for none").named("dropout"),
            lambda p: Dropout(p=p) if p else None,
        ),
    ),
)
