"""Reading a file: nothing of its weights, nothing beside it, and nothing of what is no ONNX file."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from tests.cli.program import run
from tests.sources.onnx_file.models import layers, model, node, numbers, read, report, weight
from tests.sources.onnx_file.test_networks import path_of
from vggstat.errors import InputError, MissingExtraError, UsageError
from vggstat.sources.onnx_file import read_onnx
from vggstat.sources.onnx_file.stripped import LARGEST_VALUES, read_stripped
from vggstat.sources.wanted import Wanted


def stripped(content: bytes, folder: Path) -> bytes:
    path = folder / "net.onnx"
    path.write_bytes(content)
    return read_stripped(path)


@pytest.mark.parametrize("name", ["squeezenet", "densenet121"])
def test_a_file_of_small_tensors_is_kept_as_it_is(name: str) -> None:
    """Whatever is in it: only documentation goes."""
    whole = onnx.load(path_of(name))
    kept = onnx.ModelProto.FromString(read_stripped(Path(path_of(name))))
    for one in (whole, kept):
        one.doc_string = one.graph.doc_string = ""

    assert kept == whole


@pytest.mark.parametrize("form", ["raw_data", "float_data"])
def test_large_tensors_lose_their_values_and_nothing_else(form: str, tmp_path: Path) -> None:
    """In each form that values have; a tensor of 1,024 bytes keeps them, one of 1,028 does not."""
    tensors = []
    for name, count in (("kept", LARGEST_VALUES // 4), ("lost", LARGEST_VALUES // 4 + 1)):
        values = np.arange(count, dtype=np.float32)
        tensor = numpy_helper.from_array(values, name)
        if form == "float_data":
            tensor.ClearField("raw_data")
            tensor.float_data.extend(values.tolist())
        tensors.append(tensor)
    nodes = [node("Constant", "", "c", value=tensors[1]), node("Add", "x c", "y")]
    found = onnx.ModelProto.FromString(stripped(model(nodes, *tensors).SerializeToString(), tmp_path))

    kept, lost = found.graph.initializer
    assert kept == tensors[0]
    assert (lost.name, list(lost.dims), lost.data_type) == ("lost", [257], 1)
    assert not lost.raw_data
    assert not lost.float_data
    constant = found.graph.node[0].attribute[0].t
    assert (list(constant.dims), constant.raw_data, len(constant.float_data)) == ([257], b"", 0)


def test_a_file_of_half_a_gigabyte_is_not_read(tmp_path: Path) -> None:
    """VGG-16's first FC layer, 25,088 x 4,096 values of 4 bytes: a file with a hole in it, so that no disk is filled."""
    tensor = weight("w", 25_088, 4_096)
    size = 25_088 * 4_096 * 4
    whole = model([node("MatMul", "x w", "y")], tensor, inputs={"x": (1, 25_088)})
    rest = onnx.ModelProto.FromString(whole.SerializeToString())
    rest.ClearField("graph")
    body = onnx.GraphProto.FromString(whole.graph.SerializeToString())
    body.ClearField("initializer")
    # initializer (5) of the graph (7): the tensor's fields, then raw_data (9) of so many bytes that are not written.
    head = tensor.SerializeToString()
    raw = b"\x4a" + encoded(size)
    field = b"\x2a" + encoded(len(head) + len(raw) + size) + head + raw
    graph = body.SerializeToString()
    path = tmp_path / "net.onnx"
    with path.open("wb") as file:
        file.write(
            rest.SerializeToString() + b"\x3a" + encoded(len(graph) + len(field) + size) + graph + field
        )
        file.truncate(file.tell() + size)
    read_onnx(str(path)).graph(Wanted())  # what is imported does not count
    tracemalloc.start()
    graph_of_file = read_onnx(str(path)).graph(Wanted())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert path.stat().st_size > 400_000_000
    assert graph_of_file.nodes[0].params[0].elements == 25_088 * 4_096
    assert most < 1_000_000


def encoded(number: int) -> bytes:
    """As protobuf writes it: seven bits a byte, the lowest first."""
    return bytes([number & 0x7F | 0x80]) + encoded(number >> 7) if number > 0x7F else bytes([number])


@pytest.mark.parametrize(
    "location", ["missing.bin", "../../../../etc/passwd", "/dev/zero", "\0", "net.onnx", "x" * 5000]
)
def test_external_data_are_not_opened(location: str, tmp_path: Path) -> None:
    """The figures are the same wherever they lie, as the shapes of tensors stand in the file itself."""
    tensor = weight("w", 8, 3, 3, 3)
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "-1"), ("length", "9" * 30)):
        tensor.external_data.add(key=key, value=value)
    found = report(model([node("Conv", "x w", "y")], tensor), tmp_path)

    assert (found.total.params, found.total.macs) == (216, 30 * 30 * 8 * 27)


def test_a_shape_in_external_data_is_unknown(tmp_path: Path) -> None:
    """Nobody opens the file for it; what the file says of the result is taken."""
    sizes = numbers("sizes", 1, -1)
    sizes.ClearField("int64_data")
    sizes.data_location = onnx.TensorProto.EXTERNAL
    sizes.external_data.add(key="location", value="sizes.bin")
    content = model([node("Reshape", "x sizes", "f"), node("Gemm", "f w", "y")], sizes, weight("w", 3072, 10))
    graph = read(content, tmp_path)

    assert "The shapes of 2 maps are not known" in graph.notes[-1]
    content.graph.value_info.append(onnx.helper.make_tensor_value_info("f", 1, (1, 3072)))
    assert layers(read(content, tmp_path)) == ["Flatten 3072", "Linear 10"]


def test_what_a_graph_is_called(tmp_path: Path) -> None:
    """By its file, with the opset; two files of one structure have one digest, another structure another."""
    one = model([node("Conv", "x w", "y")], weight("w", 8, 3, 3, 3))
    other = model([node("Conv", "x w", "y")], weight("w", 8, 3, 3, 3))
    tensor = numpy_helper.from_array(np.random.default_rng(0).random((8, 3, 3, 3), dtype=np.float32) + 1, "w")
    other.graph.initializer[0].CopyFrom(tensor)  # 864 bytes: they are kept
    spec = read(one, tmp_path).spec

    assert (spec.name, spec.title) == (str(tmp_path / "net.onnx"), "net")
    assert spec.source == f"ONNX file, opset 17, read by onnx {onnx.__version__}"
    assert spec.digest == read(one, tmp_path).spec.digest
    assert spec.digest != read(other, tmp_path).spec.digest


@pytest.mark.parametrize(
    ("head", "classes"),
    [("gap", None), (None, 10)],
)
def test_a_file_has_its_own_head(head: str | None, classes: int | None, tmp_path: Path) -> None:
    """Only a spec's can be changed."""
    read(model([node("Relu", "x", "y")]), tmp_path)
    source = read_onnx(str(tmp_path / "net.onnx"))
    with pytest.raises(UsageError, match="--head and --classes are for specs"):
        source.graph(Wanted(head=head, classes=classes))  # type: ignore[arg-type]


def test_no_file(tmp_path: Path) -> None:
    """A path to nothing, and to a folder."""
    with pytest.raises(InputError, match="there is no such file"):
        read_onnx(str(tmp_path / "none.onnx"))
    with pytest.raises(InputError, match="this is not a file"):
        read_onnx(str(tmp_path))


def test_a_newer_opset_is_told(tmp_path: Path) -> None:
    """What it means nobody here knows."""
    with pytest.raises(InputError, match=r"it is written in opset 99, .* pip install --upgrade onnx"):
        read(model([node("Relu", "x", "y")], opset=99), tmp_path)


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says how to install it."""
    monkeypatch.setattr("vggstat.sources.require.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"needs onnx, .* pip install 'vggstat\[onnx\]'"):
        read_onnx("net.onnx")


def test_the_library_is_imported_for_a_file_alone() -> None:
    """A spec's table needs none of it."""
    script = (
        "import sys; from vggstat.api import analyze; analyze('D'); assert 'onnx' not in sys.modules\n"
        "import vggstat.sources.onnx_file; assert 'onnx' not in sys.modules\n"
        "import vggstat.sources.onnx_file.source; assert 'onnx' in sys.modules"
    )
    outcome = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (outcome.stderr, outcome.returncode) == ("", 0)


def test_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path to a file stands where a network's name does."""
    read(model([node("Conv", "x w", "c"), node("Relu", "c", "y")], weight("w", 8, 3, 3, 3)), tmp_path)
    monkeypatch.chdir(tmp_path)
    outcome = run(monkeypatch, "table", "net.onnx", "--format", "csv")

    assert (outcome.err, outcome.code) == ("", 0)
    assert f"{30 * 30 * 8 * 27}" in outcome.out
    (tmp_path / "net.onnx").write_bytes(b"no such thing")
    outcome = run(monkeypatch, "table", "net.onnx")
    assert (outcome.out, outcome.code) == ("", 2)
    assert "not an ONNX file" in outcome.err


COMMANDS = [
    ["table"],
    ["table", "--format", "json"],
    ["table", "--style", "cs231n"],
    ["table", "--style", "keras"],
    ["table", "--style", "torch"],
    ["explain", "216", "net.onnx"],
    ["memory"],
    ["roofline", "--device", "h100"],
    ["fit", "--device", "h100"],
    ["draw", "-o", "net.svg"],
    ["draw", "--style", "flow", "-o", "net.svg"],
    ["draw", "--style", "columns", "-o", "net.svg"],
    ["compare", "LeNet-5"],
    ["identify"],
    ["spec"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("name", ["tokens", "unknown"])
def test_no_command_fails(
    name: str, command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On words, which are no map, and on shapes that nobody knows: each says what it can."""
    if name == "tokens":
        nodes = [node("Gather", "e x", "t"), node("LSTM", "t w r", "y", hidden_size=6)]
        tensors = [weight("e", 50, 5), weight("w", 1, 24, 5), weight("r", 1, 24, 6)]
        content = model(nodes, *tensors, inputs={"x": (7, 1)}, kinds={"x": onnx.TensorProto.INT64})
    else:
        nodes = [node("Conv", "x w", "c"), node("NonZero", "c", "n"), node("Cast", "n", "y", to=1)]
        content = model(nodes, weight("w", 8, 3, 3, 3))
    (tmp_path / "net.onnx").write_bytes(content.SerializeToString())
    monkeypatch.chdir(tmp_path)
    arguments = command if "net.onnx" in command else [command[0], "net.onnx", *command[1:]]
    outcome = run(monkeypatch, *arguments)

    assert outcome.code in (0, 1, 2), outcome.err
    assert "fault of vggstat's own" not in outcome.err
