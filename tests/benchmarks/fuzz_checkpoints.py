"""Fuzzing of checkpoints: .pth, .safetensors and Keras files that are cut, changed, and made up to mislead.

    python -m tests.benchmarks.fuzz_checkpoints [--runs 10000] [--seed 0] [--keep FOLDER]

Every file is identified and held against a network by the commands that do it. Only vggstat's own errors are allowed.
Prints how many were read and refused, and the slowest; exits with 1 where there was an exception or a fault, a file that
took over a second, or more than 200 MB in use. The same seed gives the same files.
"""

from __future__ import annotations

import copy
import io
import json
import pickle
import random
import struct
import sys
import tempfile
import zipfile
from argparse import Namespace
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch

from tests.benchmarks.harness import Tally, run_command, run_fuzzer

COMMANDS = (
    "identify FILE",
    "verify A --against FILE",
    "identify FILE --format json",
)
SHAPES = {
    "features.0.weight": (4, 3, 3, 3),
    "features.0.bias": (4,),
    "classifier.0.weight": (10, 64),
    "classifier.0.bias": (10,),
}
Files = Iterator[tuple[str, bytes]]


def _saved(content: Any, **settings: Any) -> bytes:
    out = io.BytesIO()
    torch.save(content, out, **settings)
    return out.getvalue()


@cache
def torch_files() -> tuple[bytes, ...]:
    """State dicts in either format, and what is none."""
    state = {name: torch.zeros(shape) for name, shape in SHAPES.items()}
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.zeros(2, 3, 8, 8)).sum().backward()
    optimizer.step()
    run = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "args": Namespace(lr=0.1)}
    return (
        _saved(state),
        _saved(model.state_dict()),
        _saved(model),
        _saved(run),
        _saved(run, _use_new_zipfile_serialization=False),
        _saved(
            {"ema": model, "layers": {"conv": {"weight": state["features.0.weight"]}}, "list": [state, state]}
        ),
        _saved(state, _use_new_zipfile_serialization=False),
        _saved({"state_dict": state, "epoch": 3}),
        pickle.dumps({"a": [1.5, (2, "x")]}, protocol=4),
    )


@cache
def safetensors_file() -> bytes:
    """A right file of F32 tensors."""
    header, at = {}, 0
    for name, shape in SHAPES.items():
        end = at + 4 * int(np.prod(shape))
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(at)


@cache
def keras_file(listed: bool) -> bytes:
    """Weights as Keras 2 lists them, or as Keras 3 has them in groups."""
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        if listed:
            file.attrs["layer_names"] = [b"conv", b"fc"]
            for name, shape in (("conv", (3, 3, 3, 4)), ("fc", (64, 10))):
                group = file.create_group(name)
                group.attrs["weight_names"] = [f"{name}/kernel:0".encode()]
                group[f"{name}/kernel:0"] = np.zeros(shape, "f4")
        else:
            file["layers/conv2d/vars/0"] = np.zeros((3, 3, 3, 4), "f4")
            file["layers/dense/vars/0"] = np.zeros((64, 10), "f4")
    return out.getvalue()


def flipped(data: bytes, rng: random.Random) -> bytes:
    """The bytes with one to eight changes: bits, cuts, insertions, numbers that are too large."""
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        at = rng.randrange(len(data) + 1)
        piece = rng.choice(
            (b"\0", b"\xff" * 8, b"\x7f\xff\xff\xff", b"(", b"R", b".", b"}", rng.randbytes(4))
        )
        data = rng.choice(
            (
                data[:at] + piece + data[at + len(piece) :],
                data[:at] + piece + data[at:],
                data[:at] + data[at + rng.randrange(1, 200) :],
                data[:at],
            )
        )
    return data


VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1, 1.5, 2**31, 2**63, 2**64, 10**30, "", "F32", "F999", "I64", [], [0], [-1], [0, 4], [4, 0], [2**62, 2**62],
    [True], ["3"], [[3]], {}, {"dtype": "F32"}, "a" * 3000, float("nan"),
)  # fmt: skip


def header_changed(rng: random.Random) -> bytes:
    """A .safetensors file whose header has fields replaced, entries added, or any length in front."""
    data = safetensors_file()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    for _ in range(rng.choice((1, 1, 2))):
        name = rng.choice(list(header) or ["x"])
        match rng.randrange(5):
            case 0:
                header[name] = copy.deepcopy(rng.choice(VALUES))
            case 1 if isinstance(header.get(name), dict):
                header[name][rng.choice(("dtype", "shape", "data_offsets", "other"))] = copy.deepcopy(
                    rng.choice(VALUES)
                )
            case 2:
                header[rng.choice(("__metadata__", "\x1b[2J", "²", "9" * 5000, "a"))] = copy.deepcopy(
                    rng.choice(VALUES)
                )
            case 3:
                header.pop(name, None)
            case _:
                header |= {
                    f"t{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
                    for i in range(rng.choice((5, 9000)))
                }
    text = json.dumps(header).encode()
    size = rng.choice((len(text), len(text), len(text), len(text) + 1, 2**40, 0))
    return struct.pack("<Q", size) + text + data[8 + length :]


def pickle_made_up(rng: random.Random) -> bytes:
    """A zip as torch writes it, around a pickle of random steps."""
    calls = (
        b"cbuiltins\nbytearray\n(J\xff\xff\xff\x7ftR", b"ctorch\nFloatStorage\n(J\xff\xff\xff\x7ftR",
        b"cos\nsystem\n(X\x02\0\0\0lstR", b"ccollections\nOrderedDict\n)R", b"ctorch._utils\n_rebuild_tensor_v2\n(NK\0)))tR",
        b"q\0", b"r\xff\xff\xff\x7f", b"h\0", b"j\xff\xff\xff\x7f", b"(", b"t", b"u", b"s", b"e", b"a", b"]", b"}", b")", b"0",
        b"1", b"2", b"\x85", b"\x86", b"\x87", b"X\xff\xff\xff\x7fab", b"X\1\0\0\0a", b"\x8b\xff\xff\xff\x7f1",
        b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f", b"\x95\xff\xff\xff\xff\xff\xff\xff\x7f", b"N", b"K\1", b"\x8f", b"\x91",
        b"\x94", b"Q", b"R", b"b", b"\x81", b"o", b"i", b"\x82\1", b"\x93", b"G\x7f\xf0\0\0\0\0\0\0", b"\x85" * 3000,
        b"(" * 3000, b"]" * 3000, b"X\7\0\0\0_modules", b"}q\1h\1X\1\0\0\0ah\1s", b"]q\1h\1h\1a", b"X\5\0\0\0state",
        b"ctorch._tensor\n_rebuild_from_type_v2\n(h\0h\0h\0tR",
    )  # fmt: skip
    body = b"".join(rng.choices(calls, k=rng.choice((1, 3, 10, 40))))
    body = b"\x80\2" + rng.choice((b"", b"}", b"}(")) + body + rng.choice((b"u", b"", b"")) + b"."
    if rng.random() < 0.05:
        body *= min(200, 900_000 // len(body))
    out = io.BytesIO()
    kind = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(out, "w", kind) as archive:
        bomb = rng.random() < 0.02
        archive.writestr(
            "a/data.pkl", body + b"0" * 150_000_000 if bomb and kind == zipfile.ZIP_DEFLATED else body
        )
        archive.writestr(rng.choice(("a/data/0", "a/constants.pkl", "b/data.pkl", "data.pkl")), bytes(8))
    return out.getvalue()


def _links(file: Any, rng: random.Random) -> None:
    group = file.require_group("layers")
    group["soft"] = h5py.SoftLink(rng.choice(("/nowhere", "/layers/soft", "/", "/layers")))
    group["out"] = h5py.ExternalLink(rng.choice(("/etc/passwd", "other.h5", "")), "/")
    file["again"] = rng.choice((file, group))
    if rng.random() < 0.7:
        del group[rng.choice(("soft", "out"))]


def _attributes(file: Any, rng: random.Random) -> None:
    holder = rng.choice((file, file.require_group("conv")))
    for name in ("layer_names", "weight_names"):
        value = rng.choice(
            (
                "conv",
                b"\xff\xfe",
                3,
                [1, 2],
                [b"\xff\xfe"],
                [b"conv"],
                ["a/b/c"],
                np.zeros((2, 2)),
                [b""],
                h5py.Empty("f4"),
                [b"/"],
                [b".."],
            )
        )
        holder.attrs[name] = value


def _datasets(file: Any, rng: random.Random) -> None:
    kind = rng.randrange(6)
    if kind == 0:
        file["model_weights"] = np.zeros(3)
    elif kind == 1:
        file.create_dataset("x", data=h5py.Empty("f4"))
    elif kind == 2:
        file.create_dataset("x", shape=(2**40, 2**20), dtype="f4", chunks=(1, 1))
    elif kind == 3:
        file.create_dataset("x", shape=(4,), dtype="f4", external=[("/etc/passwd", 0, 16)])
    elif kind == 4:
        layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
        layout[:] = h5py.VirtualSource("/etc/passwd", "x", shape=(4,))
        file.create_virtual_dataset("x", layout)
    else:
        file["t"] = np.dtype([("a", "i4"), ("b", "S3")])
        file.create_dataset("x", shape=(2,), dtype=h5py.ref_dtype)


def _depth(file: Any, rng: random.Random) -> None:
    count = rng.choice((3, 70, 300))
    if rng.random() < 0.5:
        file["/".join(f"g{i}" for i in range(count)) + "/x"] = np.zeros(2)
    else:
        for i in range(count):
            file[f"layers/\x1b[2J{i}/vars/0"] = np.zeros((1,) * rng.choice((0, 1, 4, 30)))


def keras_made_up(rng: random.Random) -> bytes:
    """An HDF5 file with links, attributes and members that Keras does not write."""
    out = io.BytesIO(keras_file(rng.random() < 0.5))
    with h5py.File(out, "r+") as file:
        for _ in range(rng.choice((1, 1, 2))):
            try:
                rng.choice((_links, _attributes, _datasets, _depth))(file, rng)
            except (ValueError, OSError, KeyError, TypeError, RuntimeError):
                continue  # h5py does not make it
    return out.getvalue()


MAKERS: tuple[tuple[str, Callable[[random.Random], bytes]], ...] = (
    ("a.pth", lambda rng: flipped(rng.choice(torch_files()), rng)),
    ("a.pth", pickle_made_up),
    ("a.safetensors", lambda rng: flipped(safetensors_file(), rng)),
    ("a.safetensors", header_changed),
    ("a.h5", lambda rng: flipped(keras_file(rng.random() < 0.5), rng)),
    ("a.h5", keras_made_up),
)


def files(runs: int, seed: int) -> Files:
    """``runs`` files with their names, the same for the same seed."""
    rng = random.Random(seed)
    for _ in range(runs):
        name, make = rng.choice(MAKERS)
        yield name, make(rng)


def fuzz(runs: int, seed: int = 0) -> Tally:
    """Give ``runs`` files to a command each."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (
            ("a.pth", torch_files()[0]),
            ("a.safetensors", safetensors_file()),
            ("a.h5", keras_file(True)),
        ):
            path = Path(folder, name)
            path.write_bytes(data)
            for command in COMMANDS:
                run_command(
                    [str(path) if word == "FILE" else word for word in command.split()]
                )  # imports what there is
        tally = Tally()
        for name, data in files(runs, seed):
            path = Path(folder, name)
            path.write_bytes(data)
            words = [str(path) if word == "FILE" else word for word in rng.choice(COMMANDS).split()]
            tally.take((name, data), lambda words=words: ("read", "read", "refused")[run_command(words)])  # type: ignore[misc]
    return tally


if __name__ == "__main__":
    sys.exit(run_fuzzer(__doc__ or "", "checkpoints", fuzz))
