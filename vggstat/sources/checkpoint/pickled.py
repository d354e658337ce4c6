"""A pickle read as data: what it says of tensors is told, and nothing that it names is imported or called.

An unpickler, torch's restricted one too, makes what a file asks for, whatever it costs: a few bytes ask for gigabytes.
Here a call is only noted (``Made``), so that a file takes as much time and memory as it has bytes. The opcodes are
those of pickle's protocols 2 to 5 (Python's ``pickletools``).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from vggstat.shapes import Shape

__all__ = ["Global", "Made", "Storage", "TensorShape", "UnreadablePickleError", "read_pickle"]

MAX_AXES: Final = 64

MAX_BYTES: Final = 8_000_000
"""Bytes of a pickle. Five thousand tensors with an optimizer's state have some two million; each byte is a step."""


class UnreadablePickleError(ValueError):
    """Bytes that are no pickle, or one that says something of a tensor that cannot be; the text says what."""


class Global(NamedTuple):
    """A name of a module that the pickle would import."""

    name: str


class Made:
    """What an unknown call would make: its name, and the state that it would be given (a pickled model's is in it)."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.state: Any = None


class Storage(NamedTuple):
    """Memory that a tensor lies in: its record in the file, the format of its values, and how many there are."""

    key: str
    dtype: str
    elements: int


class TensorShape(NamedTuple):
    """A tensor, without its values. Two of the same storage, offset, shape and steps are one."""

    shape: Shape
    dtype: str
    storage: Storage | None
    """None where it was saved without values (on ``meta``)."""
    offset: int = 0
    steps: tuple[int, ...] = ()


DTYPES: Final[Mapping[str, str]] = {
    "Float": "float32", "Double": "float64", "Half": "float16", "BFloat16": "bfloat16", "Long": "int64", "Int": "int32",
    "Short": "int16", "Char": "int8", "Byte": "uint8", "Bool": "bool", "ComplexFloat": "complex64",
    "ComplexDouble": "complex128", "Untyped": "uint8", "QInt8": "int8", "QUInt8": "uint8", "QInt32": "int32",
}  # fmt: skip
"""Formats by the beginning of the name of torch's storage classes."""


def read_pickle(data: Any, start: int = 0) -> tuple[Any, int]:
    """What the pickle that begins at ``start`` says, and where it ends.

    ``data`` is bytes, or mapped ones. Raises UnreadablePickleError.
    """
    machine = _Machine(data, start)
    try:
        return machine.run(), machine.at
    except UnreadablePickleError:
        raise
    except (IndexError, KeyError, TypeError, ValueError, AttributeError, struct.error) as error:
        raise UnreadablePickleError(f"byte {machine.at:,} makes no sense in a pickle") from error


class _Machine:
    """The stack machine that a pickle is a program for."""

    def __init__(self, data: Any, start: int) -> None:
        self.data = data
        self.at = start
        self.end = start + MAX_BYTES
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        """What was on the stack when a mark was set."""
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        while True:
            if self.at > self.end:
                raise UnreadablePickleError(
                    f"its pickle has more than {MAX_BYTES:,} bytes: it lists more than tensors"
                )
            code = self.data[self.at]
            self.at += 1
            if code == 0x2E:  # STOP
                return self.stack.pop()
            step = _STEPS.get(code)
            if step is None:
                raise UnreadablePickleError(f"byte {self.at - 1:,} is no step of a pickle")
            step(self)

    # reading ----------------------------------------------------------------------------------------------

    def take(self, size: int) -> bytes:
        end = self.at + size
        piece = bytes(self.data[self.at : end])
        if len(piece) < size:
            raise UnreadablePickleError("it ends in the middle")
        self.at = end
        return piece

    def number(self, size: int, *, signed: bool = False) -> int:
        return int.from_bytes(self.take(size), "little", signed=signed)

    def line(self) -> str:
        end = self.data.find(b"\n", self.at)
        if end < 0:
            raise UnreadablePickleError("it ends in the middle")
        text = bytes(self.data[self.at : end]).decode("utf-8")
        self.at = end + 1
        return text

    # the stack --------------------------------------------------------------------------------------------

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def mark(self) -> None:
        self.below.append(self.stack)
        self.stack = []

    def to_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.below.pop()
        return items

    def store(self, key: int) -> None:
        self.memo[key] = self.stack[-1]

    def entries(self, pairs: list[Any]) -> None:
        """Put keys and values, which take turns, into the dictionary on top."""
        holder = self.stack[-1]
        if isinstance(holder, Made):
            return
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            if _is_key(key):
                holder[key] = value

    def extend(self, items: list[Any]) -> None:
        holder = self.stack[-1]
        if not isinstance(holder, Made):
            holder.extend(items)

    def call(self) -> None:
        """A function on its arguments: those that make tensors are understood, all others only noted."""
        arguments, function = self.stack.pop(), self.stack.pop()
        name = function.name if isinstance(function, Global) else ""
        make = _CALLS.get(name)
        self.push(make(arguments) if make else Made(name or "something that is no function"))

    def build(self) -> None:
        """A state for the object on top: kept beside what is only noted; a state dict's metadata is left out."""
        state = self.stack.pop()
        if isinstance(self.stack[-1], Made):
            self.stack[-1].state = state

    def persistent(self) -> None:
        """``("storage", class, key, device, number of elements)``, as torch writes it; once ``("module", class, ...)``."""
        parts = self.stack.pop()
        if isinstance(parts, tuple) and len(parts) > 1 and parts[0] == "module":
            self.push(parts[1])
            return
        if not isinstance(parts, tuple) or len(parts) < 5 or parts[0] != "storage":
            self.push(Made("an object that lies outside of the pickle"))
            return
        kind, key, elements = parts[1], parts[2], parts[4]
        name = kind.name.rpartition(".")[2].removesuffix("Storage") if isinstance(kind, Global) else ""
        if name not in DTYPES or not isinstance(key, str) or not _is_natural(elements):
            raise UnreadablePickleError("it names a storage that there cannot be")
        self.push(Storage(key, DTYPES[name], elements))


def _is_key(value: Any) -> bool:
    """Whether it is a word or a number; entries under other keys name no tensors. What is nested would be hashed to its
    depth."""
    return isinstance(value, str | int | float | bool | None)


def _is_natural(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _tensor(storage: Any, offset: Any, shape: Any, stride: Any, dtype: str = "") -> TensorShape:
    """The tensor that torch's functions would rebuild. Raises UnreadablePickleError where it cannot be."""
    sizes = (*shape, *stride)
    if len(shape) != len(stride) or len(shape) > MAX_AXES or not all(map(_is_natural, (offset, *sizes))):
        raise UnreadablePickleError("it describes a tensor that there cannot be")
    if not isinstance(storage, Storage):
        raise UnreadablePickleError("it describes a tensor without a storage")
    if all(shape) and not dtype:
        reach = offset + 1 + sum((size - 1) * step for size, step in zip(shape, stride, strict=True))
        if reach > storage.elements:
            raise UnreadablePickleError(
                f"it describes a tensor that reaches over {reach:,} values of the {storage.elements:,} that it lies in"
            )
    return TensorShape(tuple(shape), dtype or storage.dtype, storage, offset, tuple(stride))


def _with_dtype(arguments: Any) -> TensorShape:
    """Formats without a storage class of their own (float8) are named beside an untyped storage."""
    dtype = arguments[6]
    if not isinstance(dtype, Global) or not dtype.name.startswith("torch."):
        raise UnreadablePickleError("it describes a tensor of no known format")
    storage, offset, shape, stride = arguments[:4]
    return _tensor(storage, offset, shape, stride, dtype.name.removeprefix("torch."))


def _on_meta(arguments: Any) -> TensorShape:
    """A tensor that was saved without values: its format and shape alone."""
    dtype, shape = arguments[:2]
    if not isinstance(dtype, Global) or len(shape) > MAX_AXES or not all(map(_is_natural, shape)):
        raise UnreadablePickleError("it describes a tensor that there cannot be")
    return TensorShape(tuple(shape), dtype.name.removeprefix("torch."), None)


def _of_type(arguments: Any) -> Any:
    """A tensor of a class of its own: the function that makes it, its class, and the function's arguments."""
    function = arguments[0]
    name = function.name if isinstance(function, Global) else ""
    make = _CALLS.get(name)
    # Not itself within itself, as deep as a file likes.
    return (
        make(arguments[2])
        if make and make is not _of_type
        else Made(name or "a tensor of a class of its own")
    )


def _ordered(arguments: Any) -> dict[Any, Any]:
    pairs = arguments[0] if arguments else ()
    return {key: value for key, value in pairs if _is_key(key)}


_CALLS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "collections.OrderedDict": _ordered,
    "torch._utils._rebuild_tensor": lambda arguments: _tensor(*arguments[:4]),
    "torch._utils._rebuild_tensor_v2": lambda arguments: _tensor(*arguments[:4]),
    "torch._utils._rebuild_tensor_v3": _with_dtype,
    "torch._utils._rebuild_qtensor": lambda arguments: _tensor(*arguments[:4]),
    "torch._utils._rebuild_meta_tensor_no_storage": _on_meta,
    "torch._tensor._rebuild_from_type_v2": _of_type,
    "torch._utils._rebuild_parameter": lambda arguments: arguments[0],
    "torch._utils._rebuild_parameter_with_state": lambda arguments: arguments[0],
    "torch.Size": lambda arguments: tuple(arguments[0]),
}


def _made(word: str, *, marked: bool = False) -> Callable[[_Machine], None]:
    """A step that would make an object of a class, or a collection that no state dict has."""

    def step(machine: _Machine) -> None:
        if marked:
            machine.to_mark()
        machine.push(Made(word))

    return step


def _of_class(arguments: int) -> Callable[[_Machine], None]:
    """A step that would make an object of the class under its arguments."""

    def step(machine: _Machine) -> None:
        del machine.stack[len(machine.stack) - arguments :]
        kind = machine.stack.pop()
        machine.push(Made(kind.name if isinstance(kind, Global) else "an object"))

    return step


def _global(machine: _Machine) -> None:
    module, name = machine.line(), machine.line()
    machine.push(Global(f"{module}.{name}"))


def _stacked_global(machine: _Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    machine.push(Global(f"{module}.{name}" if isinstance(module, str) and isinstance(name, str) else ""))


def _tuple(size: int) -> Callable[[_Machine], None]:
    def step(machine: _Machine) -> None:
        items = machine.stack[len(machine.stack) - size :] if size else []
        if len(items) < size:
            raise UnreadablePickleError("it takes more from its stack than is there")
        if size:
            del machine.stack[-size:]
        machine.push(tuple(items))

    return step


def _text(size: int) -> Callable[[_Machine], None]:
    return lambda machine: machine.push(machine.take(machine.number(size)).decode("utf-8", "surrogatepass"))


def _old_text(size: int) -> Callable[[_Machine], None]:
    """A text of Python 2, which has no encoding: the names of tensors in files from its time."""
    return lambda machine: machine.push(machine.take(machine.number(size)).decode("latin-1"))


def _bytes(size: int) -> Callable[[_Machine], None]:
    return lambda machine: machine.push(machine.take(machine.number(size)))


def _integer(size: int, *, signed: bool = False) -> Callable[[_Machine], None]:
    return lambda machine: machine.push(machine.number(size, signed=signed))


def _long(size: int) -> Callable[[_Machine], None]:
    return lambda machine: machine.push(
        int.from_bytes(machine.take(machine.number(size)), "little", signed=True)
    )


def _constant(value: Any) -> Callable[[_Machine], None]:
    return lambda machine: machine.push(value)


def _entry(machine: _Machine) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    machine.entries([key, value])


def _item(machine: _Machine) -> None:
    value = machine.stack.pop()
    machine.extend([value])


_STEPS: Final[Mapping[int, Callable[[_Machine], object]]] = {
    0x80: lambda machine: machine.take(1),  # PROTO
    0x95: lambda machine: machine.take(8),  # FRAME
    ord("("): _Machine.mark,
    ord("0"): lambda machine: machine.stack.pop(),
    ord("1"): _Machine.to_mark,
    ord("2"): lambda machine: machine.push(machine.stack[-1]),
    ord("N"): _constant(None),
    0x88: _constant(True),
    0x89: _constant(False),
    ord("K"): _integer(1),
    ord("M"): _integer(2),
    ord("J"): _integer(4, signed=True),
    0x8A: _long(1),
    0x8B: _long(4),
    ord("G"): lambda machine: machine.push(struct.unpack(">d", machine.take(8))[0]),
    ord("X"): _text(4),
    0x8C: _text(1),
    0x8D: _text(8),
    ord("U"): _old_text(1),
    ord("T"): _old_text(4),
    ord("C"): _bytes(1),
    ord("B"): _bytes(4),
    0x8E: _bytes(8),
    0x96: _bytes(8),  # BYTEARRAY8
    ord("]"): lambda machine: machine.push([]),
    ord("a"): _item,
    ord("e"): lambda machine: machine.extend(machine.to_mark()),
    ord("}"): lambda machine: machine.push({}),
    ord("s"): _entry,
    ord("u"): lambda machine: machine.entries(machine.to_mark()),
    ord(")"): _tuple(0),
    0x85: _tuple(1),
    0x86: _tuple(2),
    0x87: _tuple(3),
    ord("t"): lambda machine: machine.push(tuple(machine.to_mark())),
    0x8F: _made("set"),
    0x90: _Machine.to_mark,  # ADDITEMS
    0x91: _made("frozenset", marked=True),
    ord("c"): _global,
    0x93: _stacked_global,
    ord("q"): lambda machine: machine.store(machine.number(1)),
    ord("r"): lambda machine: machine.store(machine.number(4)),
    0x94: lambda machine: machine.store(len(machine.memo)),
    ord("h"): lambda machine: machine.push(machine.memo[machine.number(1)]),
    ord("j"): lambda machine: machine.push(machine.memo[machine.number(4)]),
    ord("Q"): _Machine.persistent,
    ord("R"): _Machine.call,
    ord("b"): _Machine.build,
    0x81: _of_class(1),
    0x92: _of_class(2),
    ord("o"): _made("an object", marked=True),
}
"""What each opcode does."""
