"""The text of torch code: short, formatted, and true to what is said of it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.branching import Builder
from tests.conftest import Golden
from tests.export.samples import EVERY_KIND, JOINS, small_graph
from tests.networks import SHIPPED, graph_of, report_of
from vggstat.errors import UnwritableError
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.other import Other
from vggstat.sources.export.layout import Brackets, flat, lines
from vggstat.sources.export.torch_code import torch_code
from vggstat.version import __version__


def test_vgg16_as_it_is_written(golden: Golden) -> None:
    """A helper for convolution and ReLU, torchvision's three containers, and a function that makes it."""
    golden("vgg16.txt", torch_code(report_of("D").graph).replace(__version__, "VERSION"))


def test_a_residual_network_as_it_is_written(golden: Golden) -> None:
    """A class for each kind of unit, and a loop where units are alike."""
    golden("resnet-18.txt", torch_code(report_of("ResNet-18").graph).replace(__version__, "VERSION"))


@pytest.mark.parametrize(
    ("name", "most"),
    [("D", 59), ("ResNet-50", 120), ("ResNet-152", 120), ("DenseNet-121", 100), ("U-Net", 120)],
)
def test_what_repeats_is_written_once(name: str, most: int) -> None:
    """ResNet-152 is as long as ResNet-50: it only repeats more."""
    assert len(torch_code(report_of(name).graph).splitlines()) <= most


MANY_NUMBERS = """
name: many
input: [3, 32, 32]
blocks:
  - - branches: [[conv1-1016, conv3-1128], [conv1x7-1128, conv7x1-1192], [maxpool3/1 same, conv3-1100, conv5-1101]]
      repeat: 4
    - branches: [[conv1-1017, conv3-1129], [conv1x7-1130, conv7x1-1190], [maxpool3/1 same, conv3-1110, conv5-1111]]
      repeat: 4
head: none
"""
"""Units alike but for so many numbers that a loop of them does not fit on one line."""


LONG_LIST = "conv3-8, conv1-8, conv1x3-8, conv5-8"
"""A function that returns a list which is too long for a line by little."""


def test_formatters_have_nothing_to_do(tmp_path: Path) -> None:
    """ruff, at 100 columns, leaves the code of every network as it is, and finds nothing in it."""
    graphs = {name.replace(".", "_"): report_of(name).graph for name in SHIPPED}
    others = {"every": graph_of(EVERY_KIND), "many": graph_of(MANY_NUMBERS), "list": small_graph(LONG_LIST)}
    joins = {f"join{number}": small_graph(blocks) for number, blocks in enumerate(JOINS)}
    for name, graph in {**graphs, **others, **joins}.items():
        (tmp_path / f"{name}.py").write_text(torch_code(graph), "utf-8")
    for words in (("format", "--diff"), ("check", "--select", "B,C4,E,F,I,N,PIE,RET,SIM,UP")):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--isolated", "--line-length", "100", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", SHIPPED)
def test_it_imports_torch_alone(name: str) -> None:
    """And what it needs of Python's own; every import is used, as F of ruff says above."""
    tree = ast.parse(torch_code(report_of(name).graph))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert modules <= {"__future__", "collections", "torch"}


def test_the_docstring_says_what_it_is() -> None:
    """Title and source, parameters (Table 2: 138M) and MACs of one image."""
    said = ast.get_docstring(ast.parse(torch_code(report_of("D").graph)))

    assert said is not None
    assert said.startswith("VGG-16: Simonyan & Zisserman 2014, Table 1, column D.")
    assert "138,357,544 parameters, 15,470,264,320 MACs for one image of 224×224×3." in said


def test_hostile_titles_stay_text() -> None:
    """Quotes, backslashes and code in a title or a source end up in the docstring as they are."""
    title = 'x""" + exit() + """ \\N{DIGIT ONE} \\'
    graph = graph_of("name: n\ninput: [3, 8, 8]\nblocks: [[conv3-4]]\nhead: none")
    graph = graph.replace(spec=graph.spec.replace(title=title))
    tree = ast.parse(torch_code(graph))
    said = ast.get_docstring(tree)

    assert said is not None
    assert said.startswith(f"{title}.")
    assert [type(node) for node in tree.body[1:3]] == [ast.ImportFrom, ast.ImportFrom]


@pytest.mark.parametrize(
    ("name", "network", "factory"),
    [
        ("torch", "Torch", "torch2"),
        ("None", "None_", "none"),
        ("3-net", "Net3net", "net_3_net"),
        ("Tensor", "Tensor2", "tensor"),
        ("class", "Class", "class_"),
    ],
)
def test_names_that_are_taken(name: str, network: str, factory: str) -> None:
    """A network may be called what Python, torch or the file itself call something else."""
    graph = graph_of(f"name: {name}\ninput: [3, 8, 8]\nblocks: [[conv3-4]]\nhead: none")
    tree = ast.parse(torch_code(graph))

    assert [node.name for node in tree.body if isinstance(node, ast.ClassDef)] == [network]
    assert [node.name for node in tree.body if isinstance(node, ast.FunctionDef)] == [factory]


def test_a_thousand_units_are_one_loop() -> None:
    """2 + 3 · 1000 layers in as many lines as of three units."""
    text = "name: n\ninput: [3, 8, 8]\nblocks: [[conv3-8, {residual: [conv3-8, conv3-8], repeat: %d}]]\nhead: none"
    lengths = {len(torch_code(graph_of(text % count)).splitlines()) for count in (3, 1000)}

    assert len(lengths) == 1


def test_kernels_of_many_places_tell_units_apart() -> None:
    """A class has a kernel or a stride as its parameter, or both; where more differs there are two classes."""
    text = "name: n\ninput: [3, 8, 8]\nblocks: [[conv1-8, %s]]\nhead: none"
    few = "{residual: [conv3-8]}, {residual: [conv5-8]}"
    many = "{residual: [conv1-8, conv3-8, conv3-8]}, {residual: [conv3-8, conv5-8, conv1-8]}"
    classes = [
        [
            node.name
            for node in ast.parse(torch_code(graph_of(text % units))).body
            if isinstance(node, ast.ClassDef)
        ]
        for units in (few, many)
    ]

    assert classes == [["ResidualUnit", "N"], ["Block1Unit1", "Block1Unit2", "N"]]


def test_what_cannot_be_written_is_listed() -> None:
    """Every layer that torch has no module for, by its name."""
    builder = Builder((4, 8, 8))
    builder.put(Conv(filters=4), 0)
    builder.put(Other(operation="einsum", makes=(4, 8, 8)), 1)
    builder.put(Other(operation="roll", makes=(4, 8, 8)), 2)
    with pytest.raises(UnwritableError) as caught:
        torch_code(builder.graph())

    assert [node.name for node in caught.value.nodes] == ["other2", "other3"]
    assert "einsum" in str(caught.value)
    assert caught.value.exit_code == 1


def test_a_name_that_torch_needs_gets_a_line_behind() -> None:
    """A module called train would hide the method of that name; torch refuses it when the model is made."""
    text = "name: n\ninput: [3, 8, 8]\nblocks:\n  - - {name: train, branches: [[conv3-4], [conv1-4]]}\nhead: none"

    assert "self.train_ = " in torch_code(graph_of(text))


def test_brackets_break_from_outside_in() -> None:
    """First what is inside goes on a line of its own, then each item does, with a comma behind."""
    call = Brackets("self.name = f(", ("first=1", Brackets("g(", ("second=2", "third=3"))))
    wide = Brackets("self.name = f(", tuple(f"argument_{number}={number}" for number in range(9)))

    assert lines(call, 0) == [flat(call)]
    assert lines(wide, 1) == [
        "    self.name = f(",
        *(f"        argument_{number}={number}," for number in range(9)),
        "    )",
    ]
    assert (
        lines(
            call._replace(
                head="self.a_name_of_so_many_letters_that_all_of_it_does_not_fit_on_one_line_any_more = f("
            ),
            0,
        )[1]
        == "    first=1, g(second=2, third=3)"
    )
