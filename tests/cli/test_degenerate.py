"""Networks with next to nothing in them, and with far too much: every command has a page or a sentence for them."""

from __future__ import annotations

import pytest

from tests.benchmarks.fuzz_specs import COMMANDS
from tests.benchmarks.harness import run_command

NETWORKS = {
    "one dropout": "input: [3, 8, 8]\nblocks: [[dropout]]",
    "dropouts that do nothing": "input: [3, 8, 8]\nblocks: [[{dropout: {p: 0}}, {dropout: {p: 0}}]]",
    "one soft-max": "input: [3, 8, 8]\nblocks: [[soft-max]]",
    "a closing soft-max alone": "input: [3, 8, 8]\nblocks: [[relu]]\nhead: gap\nclassifier: [soft-max]",
    "one ReLU": "input: [1, 1, 1]\nblocks: [[relu]]",
    "one LRN": "input: [1, 1, 1]\nblocks: [[lrn]]",
    "one batch norm": "input: [1, 1, 1]\nblocks: [[bn]]",
    "one pool": "input: [1, 2, 2]\nblocks: [[maxpool]]",
    "average pools": "input: [1, 4, 4]\nblocks: [[avgpool], [avgpool]]",
    "a flatten": "input: [1, 2, 2]\nblocks: [[flatten]]",
    "one weight": "input: [1, 1, 1]\nblocks: [[{conv: {filters: 1, kernel: 1, bias: false, activation: none}}]]",
    "one class": "input: [1, 1, 1]\nblocks: [[relu]]\nclassifier: [FC-1]",
    "a global pool alone": "input: [3, 8, 8]\nblocks: [[conv3-4]]\nhead: gap",
    "a pixel for each channel": "input: [1000000, 1, 1]\nblocks: [[conv1-1000000]]",
    "a large image": "input: [1000000, 1000000, 1000000]\nblocks: [[conv3-1000000]]\nclassifier: [FC-100000000]",
}


@pytest.mark.parametrize(
    "command",
    [*COMMANDS, "export - --to onnx", "roofline - --device h200 --mode training --batch 1000000000"],
)
@pytest.mark.parametrize("network", NETWORKS)
def test_no_command_fails_on_a_network(network: str, command: str) -> None:
    """It prints what there is to print (0), or says why there is nothing (2); a fault (3) is raised."""
    assert run_command(command.split(), f"name: x\n{NETWORKS[network]}\n".encode()) in (0, 1, 2)


@pytest.mark.parametrize("network", NETWORKS)
def test_a_table_is_always_possible(network: str) -> None:
    assert run_command(["table", "-"], f"name: x\n{NETWORKS[network]}\n".encode()) == 0
