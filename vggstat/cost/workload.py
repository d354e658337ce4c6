"""What is run: the batch and the dtype that costs are counted for."""

from __future__ import annotations

from typing import Final, NamedTuple

from vggstat.cost.optimizer import Optimizer, find_optimizer
from vggstat.errors import UsageError
from vggstat.net.ops.base import Mode
from vggstat.records import Record

__all__ = ["DTYPES", "DType", "Workload", "find_dtype"]


class DType(NamedTuple):
    """A number format: torch's name, the short name of options, and bytes a value in memory."""

    name: str
    short: str
    width: int


DTYPES: Final = (
    DType("float32", "fp32", 4),
    DType("tf32", "tf32", 4),  # multiplied in 19 bits, stored in float32
    DType("float16", "fp16", 2),
    DType("bfloat16", "bf16", 2),
    DType("float8", "fp8", 1),
    DType("int8", "int8", 1),
)


def find_dtype(word: str) -> DType:
    """The dtype of that name, long or short. Raises UsageError with the known ones."""
    for dtype in DTYPES:
        if word.lower() in (dtype.name, dtype.short):
            return dtype
    known = ", ".join(dtype.short for dtype in DTYPES)
    raise UsageError(f"unknown dtype {word!r}: expected one of {known}")


class Workload(Record):
    """A batch of images in a dtype, and how it is run."""

    batch: int = 1
    dtype: DType = DTYPES[0]
    """The format of parameters and image, and of all maps but where autocast lowers them."""
    mode: Mode = "inference"
    autocast: DType | None = None
    """The lower format that autocast runs convolutions and FC layers in; None without autocast."""
    optimizer: Optimizer = find_optimizer("momentum")
    """What updates the parameters in training."""

    def bytes(self, elements: int, width: int | None = None) -> int:
        """Bytes of ``elements`` values of each image, over the batch."""
        return self.batch * elements * (self.dtype.width if width is None else width)
