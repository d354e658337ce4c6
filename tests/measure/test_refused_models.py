"""What is said of a model that cannot be traced: its own line, in a sentence or two, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import vggstat
from tests.cli.program import run
from vggstat.errors import UsageError
from vggstat.sources.torch_module.factory import load_model


class Lazy(nn.Module):
    """Its head learns its size from the first image."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 4, 3), nn.LazyLinear(10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.conv(x).flatten(1))  # type: ignore[no-any-return]


def test_a_module_without_a_size_is_told_by_name() -> None:
    with pytest.raises(
        UsageError, match="head is a LazyLinear, whose size is not known until the model has run"
    ):
        vggstat.analyze(Lazy(), image=(3, 8, 8))


def test_it_has_one_once_it_has_run() -> None:
    """As the refusal says: 3 · 9 · 4 + 4 of the convolution, 4 · 6 · 6 · 10 + 10 of the head."""
    with torch.device("meta"):
        model = Lazy()
        model(torch.empty(1, 3, 8, 8))

    assert vggstat.analyze(model, image=(3, 8, 8)).total.params == 112 + 1450


class Words(nn.Module):
    """Numbers of words in, and a branch on their values; no image and no vector of floats gets so far."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.head = nn.Embedding(100, 16), nn.Linear(16, 2)

    def forward(self, words: Tensor) -> Tensor:
        batch, length = words.shape
        x = self.embedding(words).view(batch, length, 16)
        if (words == 0).any():
            x = x * 2
        return self.head(x)  # type: ignore[no-any-return]


def test_the_reason_is_that_of_the_run_that_got_furthest() -> None:
    """Not that an image has too many axes, which says nothing of the model."""
    with pytest.raises(UsageError) as refused:
        vggstat.analyze(Words().to("meta"))

    assert "(if (words == 0).any():)" in str(refused.value)


class Talks(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        raise ValueError("much advice " * 100)


def test_long_words_are_cut_at_a_word() -> None:
    """Three lines of a terminal at most, of 110 signs each."""
    with pytest.raises(UsageError) as refused:
        vggstat.analyze(Talks().to("meta"), image=(3, 8, 8))

    words = str(refused.value)
    assert "advice …" in words or "much …" in words
    assert len(words.replace(__file__, "")) < 330


def test_a_call_that_is_not_closed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In its own words, without a place in a file that nobody has."""
    with pytest.raises(
        UsageError, match=r"'net.py:Net\(width=\[1, 2\]': '\(' was never closed; they are literals"
    ):
        load_model("net.py:Net(width=[1, 2]")
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, "table", "net.py:Net(width=[1, 2]").code == 2


class Signal(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(4, 8, 3)

    def forward(self, wave: Tensor) -> Tensor:
        return self.conv(wave)  # type: ignore[no-any-return]


def test_a_model_of_signals_is_told_how_to_give_one() -> None:
    """As it says it runs: 8 filters of 4 · 3 weights at 998 places."""
    with torch.device("meta"):
        model = Signal()
    with pytest.raises(
        UsageError, match=r"a Conv1d, which takes no image: .*channels x length.* --input wave=4x1000"
    ):
        vggstat.analyze(model)

    assert vggstat.analyze(model, inputs={"wave": (4, 1000)}).total.macs == 8 * 12 * 998


@pytest.mark.parametrize("shape", ["x", (3, "a"), (4, -1), (4, 2.5), 5, ()])
def test_a_shape_that_is_none_is_told(shape: Any) -> None:
    """And not that the model takes no such input."""
    with pytest.raises(UsageError, match=r"the shape of wave is .*: expected whole numbers"):
        vggstat.analyze(Signal().to("meta"), inputs={"wave": shape})


def test_a_shape_may_be_a_text() -> None:
    assert vggstat.analyze(Signal().to("meta"), inputs={"wave": "4x10"}).graph.image == (4, 10)
