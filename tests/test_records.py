"""What every record and every layer kind has to say before it exists."""

import pytest

from vggstat.net.ops.base import Layer, TorchModule
from vggstat.records import Record
from vggstat.shapes import Shape


class Pair(Record):
    first: int
    second: int
    third: int = 3


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"first": 1}, "Pair needs second"),
        ({"first": 1, "second": 2, "fourth": 4}, "Pair has no field 'fourth'"),
        ({"first": 1, "secnd": 2}, "Pair has no field 'secnd'"),  # as many names as fields
        ({"first": 1, "thrid": 2}, "Pair has no field 'thrid'"),
        ({}, "Pair needs first, second"),
    ],
)
def test_a_record_takes_its_fields_and_no_others(given: dict[str, int], said: str) -> None:
    with pytest.raises(TypeError, match=f"^{said}$"):
        Pair(**given)


def test_a_changed_record_takes_no_other_field_either() -> None:
    with pytest.raises(TypeError, match="Pair has no field 'secnd'"):
        Pair(first=1, second=2).replace(secnd=3)


class Unshaped(Layer):
    label = "unshaped"

    def torch_module(self, *inputs: Shape) -> TorchModule:
        return TorchModule("Identity")


def test_a_layer_kind_without_all_its_formulas_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="out_shape"):
        Unshaped()  # type: ignore[abstract]
