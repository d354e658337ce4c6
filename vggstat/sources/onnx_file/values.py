"""What is known of each value of an ONNX graph: its shape, and of what does not come from the input its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import onnx
from onnx import numpy_helper

from vggstat.shapes import Shape, values

__all__ = [
    "FLOATING",
    "MOST_VALUES",
    "QUANTIZED",
    "Constant",
    "Numbers",
    "Stored",
    "Unknown",
    "Value",
    "bytes_of",
    "constant_of",
    "format_name",
    "type_of",
]

Numbers = np.ndarray[Any, Any]

MOST_VALUES: Final = 10**15
"""Of one value: a petabyte or more is no map, and products of it no longer fit the library's 64 bits."""

KEPT: Final = frozenset(
    getattr(onnx.TensorProto, name)
    for name in ("FLOAT", "DOUBLE", "FLOAT16", "BOOL", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64")
)  # fmt: skip
"""The types of numbers that settings and shapes are written in."""

FLOATING: Final = frozenset(
    number for name, number in onnx.TensorProto.DataType.items() if "FLOAT" in name or name == "DOUBLE"
)


QUANTIZED: Final = frozenset(
    number
    for name, number in onnx.TensorProto.DataType.items()
    if name.removeprefix("U") in ("INT2", "INT4", "INT8", "INT16")
)
"""The types of weights that are quantized; numbers of axes and sizes have more bits."""


class Value(NamedTuple):
    """A value that comes from the input, with the batch."""

    number: int
    shape: Shape
    type: int


class Stored(NamedTuple):
    """A tensor that the file stores."""

    name: str
    shape: Shape
    type: int


class Constant(NamedTuple):
    """A value that does not come from the input: a stored tensor, or what is computed of some."""

    name: str
    """The file's; of what is brought into another layout or format the one before that."""
    shape: Shape
    type: int
    numbers: Numbers | None
    """Of small ones, where the file itself has them."""
    stored: tuple[Stored, ...] = ()
    """What it is computed of, but for numbers of axes and sizes."""

    @property
    def learned(self) -> tuple[Stored, ...]:
        """The tensors that it is made of; of a quantized one that is multiplied by its scales that one alone."""
        numbers = tuple(one for one in self.stored if one.type in FLOATING)
        if any(values(one.shape) == self.elements for one in numbers):
            return numbers
        coded = [one for one in self.stored if one.type in QUANTIZED and values(one.shape) == self.elements]
        return tuple(coded[:1]) or numbers

    @property
    def is_literal(self) -> bool:
        """Whether it is written into nodes, and not stored as a tensor of the model."""
        return not self.learned

    @property
    def elements(self) -> int:
        return values(self.shape)

    @property
    def scalar(self) -> float | None:
        """Its only number; None where it has several, or none that is known."""
        return float(self.numbers.reshape(())) if self.elements == 1 and self.numbers is not None else None

    def is_all(self, number: float) -> bool:
        """Whether all its numbers are known and are this one."""
        return self.numbers is not None and bool((self.numbers == number).all())

    @property
    def integers(self) -> tuple[int, ...] | None:
        """Its numbers in a row; None where they are not known."""
        return None if self.numbers is None else tuple(int(number) for number in self.numbers.reshape(-1))


class Unknown(NamedTuple):
    """A value whose shape is not known."""

    type: onnx.TypeProto
    reason: str
    number: int


def constant_of(tensor: onnx.TensorProto, name: str, dims: Sequence[int]) -> Constant:
    """A tensor as a node writes it. Raises ValueError where its numbers do not fit its shape."""
    shape = tuple(dims)
    if any(side < 0 for side in shape) or values(shape) > MOST_VALUES:
        raise ValueError(f"a tensor of the shape {shape}")
    return Constant(name, shape, tensor.data_type, _numbers(tensor) if shape == tuple(tensor.dims) else None)


def _numbers(tensor: onnx.TensorProto) -> Numbers | None:
    if tensor.data_type not in KEPT or tensor.data_location == onnx.TensorProto.EXTERNAL:
        return None
    stored = (tensor.float_data, tensor.int32_data, tensor.int64_data, tensor.double_data, tensor.uint64_data)
    if not tensor.raw_data and not any(stored):
        kind = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
        return np.zeros(tuple(tensor.dims), dtype=kind) if 0 in tensor.dims else None
    return numpy_helper.to_array(tensor)


def bytes_of(kind: int) -> int:
    """Of one value, of four bits too; a text counts one."""
    try:
        return int(onnx.helper.tensor_dtype_to_np_dtype(kind).itemsize) or 1
    except KeyError:
        return 1


def format_name(kind: int) -> str:
    """Of a type of values, as it is commonly written: ``uint8``."""
    name = str(onnx.TensorProto.DataType.Name(kind))
    return {"FLOAT": "float32", "DOUBLE": "float64"}.get(name, name.lower())


def type_of(known: Value | Constant | Unknown) -> onnx.TypeProto:
    """As the library writes it."""
    if isinstance(known, Unknown):
        return known.type
    made: onnx.TypeProto = onnx.helper.make_tensor_type_proto(known.type, known.shape)
    return made
