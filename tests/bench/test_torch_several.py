"""Several processes and several devices for real: two gloo processes, and one CPU as two devices."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

from tests.bench.test_torch_bench import CPU, SMALL, benchmark, configuration, report_for
from tests.cli.program import run
from vggstat.cost.bench import BenchFile
from vggstat.errors import UsageError
from vggstat.measure.bench.network import NETWORK
from vggstat.measure.bench.run import Benchmark, measure_each
from vggstat.measure.bench.settings import choose_devices
from vggstat.measure.bench.several import Ranks, device_of, ranks_here


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return str(path)


def torchrun(*words: str, processes: int = 2) -> subprocess.CompletedProcess[str]:
    """``vggstat`` with these words, started by torchrun on this machine."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    return subprocess.run(
        [*command, "-m", "vggstat", *words],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def test_two_processes(small: str, tmp_path: Path) -> None:
    """One page, by the first of them: the step alone and of both, with and without the all-reduce; shown again."""
    saved = tmp_path / "ddp.json"
    arguments = ["--device", "cpu", "--batch", "4", "--seconds", "0.2", "--save", str(saved)]
    made = torchrun("bench", small, "--mode", "training", *arguments)
    assert made.returncode == 0, made.stderr
    data = json.loads(saved.read_text())
    (scaling,) = data["scaling"]
    one, two = scaling["points"]

    assert made.stdout.count("DistributedDataParallel over gloo, batch 4 of each process") == 1
    assert "statistics of each process's own batch" in " ".join(made.stdout.split())
    assert (one["processes"], two["processes"]) == (1, 2)
    assert len(one["samples_s"]) >= 3
    assert len(two["unsynced_samples_s"]) >= 3
    assert two["sent_bytes"] == scaling["gradient_bytes"] == 4 * report_for().total.params
    again = subprocess.run(
        [sys.executable, "-m", "vggstat", "results", str(saved)], capture_output=True, text=True, check=True
    )
    assert again.stdout == made.stdout


def test_what_is_wrong_is_said_once(small: str) -> None:
    """Inference has nothing to share: the first process says so, and all end with 2."""
    made = torchrun("bench", small, "--device", "cpu")

    assert made.returncode != 0
    assert made.stderr.count("share the work of a training step only") == 1
    assert made.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--batch", "1,2"], "one configuration is measured"),
        (["--execution", "compiled"], "the step is run eagerly"),
        (["--devices", "all"], "not under torchrun"),
        (["--device", "cuda"], "sees no CUDA device|has no GPU of its own"),
    ],
)
def test_what_torchrun_does_not_measure(
    arguments: list[str], message: str, small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said before the processes meet, so that none waits for another one."""
    for name, value in (("RANK", "0"), ("WORLD_SIZE", "2"), ("LOCAL_RANK", "0")):
        monkeypatch.setenv(name, value)
    if torch.cuda.is_available() and "cuda" in arguments:
        pytest.skip("there is a GPU")
    outcome = run(monkeypatch, "bench", small, "--mode", "training", *arguments)

    assert (outcome.code, outcome.out) == (2, "")
    assert re.search(message, outcome.err), outcome.err


def test_ranks() -> None:
    """As torchrun sets them; nothing without it; half of it is an error."""
    assert ranks_here({}) is None
    assert ranks_here({"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1"}) == Ranks(3, 4, 1)
    with pytest.raises(UsageError, match="are no numbers"):
        ranks_here({"RANK": "first", "WORLD_SIZE": "2"})


def test_more_processes_than_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """The third process on a machine with two GPUs has none; on a CPU all share it."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)

    assert device_of(Ranks(1, 3, 1), "cuda") == torch.device("cuda", 1)
    assert device_of(Ranks(2, 3, 2), "cpu") == CPU
    with pytest.raises(UsageError, match="process 2 has no GPU of its own: torch sees 2"):
        device_of(Ranks(2, 3, 2), "cuda")


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[None]:
    """A process group of this process only."""
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/meet", rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


@pytest.mark.usefixtures("alone")
def test_what_is_reduced_are_the_gradients() -> None:
    """DDP's buckets hold as many bytes as the parameters have: what the prediction counts."""
    report = report_for("training")
    timed = NETWORK.open(report, CPU, channels_last=True)
    model = DistributedDataParallel(timed.model)
    reduced: list[int] = []

    def counted(bucket: Any) -> Any:
        reduced.append(bucket.buffer().numel() * bucket.buffer().element_size())
        made: Any = torch.futures.Future()
        made.set_result(bucket.buffer())
        return made

    model.register_comm_hook(None, lambda _, bucket: counted(bucket))
    loss: Any = torch.nn.functional.cross_entropy(model(timed.images), timed.targets)
    loss.backward()

    assert sum(reduced) == 4 * report.total.params


# devices


def test_gpus_by_number() -> None:
    """All of them, or those that are named, each once; what is not there is said."""
    cuda = SimpleNamespace(device_count=lambda: 3)

    assert [device.index for device in choose_devices("all", cuda)] == [0, 1, 2]
    assert [device.index for device in choose_devices("2,0,2", cuda)] == [2, 0]
    with pytest.raises(UsageError, match="there is no GPU 3 here: torch sees 3"):
        choose_devices("3", cuda)
    with pytest.raises(UsageError, match="takes all, or numbers"):
        choose_devices("first", cuda)
    with pytest.raises(UsageError, match="torch sees none here"):
        choose_devices("all", SimpleNamespace(device_count=lambda: 0))


def test_one_device_after_the_other() -> None:
    """One file with the rows and the ceilings of both, kept after each; Ctrl-C in the first leaves out the second."""
    kept: list[BenchFile] = []

    def make(_: torch.device) -> Benchmark:
        return benchmark(configuration())

    file = measure_each((CPU, CPU), make, kept.append)

    assert [len(entry.results) for entry in kept] == [1, 2]
    assert len(file.ceilings) == len(file.results) == 2
    assert [entry.label for entry in file.ceilings] == ["cpu", "cpu"]


def test_devices_contradict_a_device(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only one of both can say where."""
    outcome = run(monkeypatch, "bench", small, "--devices", "all", "--device", "cpu")

    assert outcome.code == 2
    assert "without --device" in outcome.err
