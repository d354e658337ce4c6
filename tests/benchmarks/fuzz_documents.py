"""Fuzzing of documents: marked blocks with any words in them, and texts that are mutated around them.

    python -m tests.benchmarks.fuzz_documents [--runs 10000] [--seed 0] [--keep FOLDER]

Every document is checked and mended in this process, in a folder with specs, a pipe and a broken spec in it. Prints what
became of them, and the slowest; exits with 1 where there was an
exception, a fault of vggstat's own in a block, a document of up to 100 kB over one second, or more than 200 MB in use.
The same seed gives the same documents.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.benchmarks.harness import Tally, run_fuzzer
from vggstat.cli.blocks import render_block
from vggstat.lint.config import Settings
from vggstat.lint.engine import check_text
from vggstat.lint.mend import mend_text
from vggstat.lint.source import open_document

LARGEST = 100_000

COMMANDS = (
    "table",
    "table",
    "table",
    "table",
    "compare",
    "compare",
    "list",
    "configs",
    "stack",
    "check",
    "bench",
    "",
)
SPECS = (
    "D", "vgg16", "A-LRN", "AlexNet", "D@384", "D@head=gap,bf16", "D@16", "D@0", "@", "./good.yaml", "./bad.yaml",
    "./pipe.yaml", "./long.yaml", "./gap.yaml", "./up.yaml", "../x.yaml", "/dev/zero", "/etc/passwd", "-", "nope",
)  # fmt: skip
OPTIONS = (
    "--style cs231n", "--style keras", "--style torch", "--style slides", "--style conventions", "--style blocks",
    "--style x", "--format markdown", "--format html", "--format latex", "--format csv", "--format json",
    "--format rich", "-f", "--input 64", "--input 3x64x32", "--input 224x224x3", "--input 1", "--batch 0",
    "--batch 1000000000", "--classes 5", "--classes 0", "--head gap", "--head none", "--head conv", "--no-top",
    "--columns name,macs", "--columns ,", "--by block", "--ops fvcore", "--memory saved", "--memory torchinfo",
    "--width 20", "--width 1000", "--width 0", "-o x", "--output=x", "--allow-outside", "--help", "--version",
    "--torch-names", "--only-differences", "3x3 3x3 --vs 5x5", "--channels 0", "'", '"', "\\", "--", "\x1b[2J", "é", "%",
)  # fmt: skip
FORMS = (
    ("<!-- vggstat: {} -->", "<!-- /vggstat -->"),
    (".. vggstat: {}", ".. /vggstat"),
    ("% vggstat: {}", "% /vggstat"),
    ("# vggstat: {}", "# /vggstat"),
)
NAMES = ("a.md", "a.rst", "a.tex", "a.py", "a.html", "a.txt", "a.csv", "a.ipynb")
PIECES = (
    "| layer | params |\n|---|---|\n| conv1 | 1,792 |\n", "VGG-16 has 138M parameters.\n", "```\n", "<table><tr><td>1</td>",
    "1,792 + 36,928 + ", "```text\nold\n```\n", "\\begin{tabular}{ll}\nD & 138M\\\\\n", "\x1b[31m", "\u202e", "\0", "\r\n",
    "::error::x\n", "<!-- vggstat: ", " -->", "<!-- /vggstat -->\n", "ignore[V2", '{"cells": [', "64x224x224 ", "3×3 ",
)  # fmt: skip


def furnish(folder: Path) -> None:
    """The files that markers may name."""
    start = "name: x\ninput: [3, 16, 16]\n"
    (folder / "good.yaml").write_text(f"{start}blocks: [[conv3-4, maxpool]]\nclassifier: [FC-10]\n")
    (folder / "gap.yaml").write_text(f"{start}blocks: [[conv3-4]]\nhead: gap\nclassifier: [soft-max]\n")
    (folder / "long.yaml").write_text(f"{start}blocks: [[{', '.join(['conv3-4'] * 1000)}]]\n")
    (folder / "bad.yaml").write_text(f"{start}blocks: [[cnov3-4]]\n")
    (folder / "up.yaml").write_text("name: y\nextends: ../x.yaml\n")
    os.mkfifo(folder / "pipe.yaml")


def words(rng: random.Random) -> str:
    """The words of a marker."""
    specs = rng.sample(SPECS, rng.choice((0, 1, 1, 1, 2)))
    options = rng.sample(OPTIONS, rng.choice((0, 0, 1, 1, 2, 3)))
    return " ".join((rng.choice(COMMANDS), *specs, *options))


def document(rng: random.Random) -> tuple[str, bytes]:
    """A document with up to three blocks, and with up to six cuts, repetitions and foreign pieces."""
    form, end = rng.choice(FORMS)
    parts = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        parts += [rng.choice(PIECES), form.format(words(rng)), "old", end, rng.choice(PIECES)]
    text = "\n".join(parts)
    for _ in range(rng.choice((0, 0, 1, 2, 6))):
        at = rng.randrange(len(text) + 1)
        span = text[at : at + rng.randrange(1, 80)]
        text = rng.choice(
            (
                text[:at] + text[at + len(span) :],
                text[:at] + rng.choice(PIECES) + text[at:],
                text[:at] + span * rng.choice((2, 10, 300)) + text[at:],
            )
        )
    data = text.encode("utf-8", "surrogatepass")[:LARGEST]
    if rng.random() < 0.1 and data:
        at = rng.randrange(len(data))
        data = data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
    return rng.choice(NAMES), data


def documents(runs: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """``runs`` documents with their names, the same for the same seed."""
    rng = random.Random(seed)
    for _ in range(runs):
        yield document(rng)


class BlockFaultError(Exception):
    """A block that could not be printed by a fault of vggstat's own, which the checker makes a finding."""


def judge(name: str, data: bytes) -> str:
    """Check and mend one document; whether anything was found."""
    result = check_text(name, data, Settings(), render_block)
    mend_text(open_document(name, data), render_block)
    faults = [found.message for found in result.findings if "fault of vggstat's own" in found.message]
    if faults:
        raise BlockFaultError(faults[0])
    printed = any(found.code == "V911" for found in result.findings)
    return "with a block printed" if printed else "with findings" if result.findings else "clean"


def fuzz(runs: int, seed: int = 0) -> Tally:
    """Check and mend ``runs`` documents in a folder of their own."""
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        furnish(Path(folder))
        os.chdir(folder)
        try:
            tally = Tally()
            for name, data in documents(runs, seed):
                tally.take((name, data), partial(judge, name, data))
        finally:
            os.chdir(here)
    return tally


if __name__ == "__main__":
    sys.exit(run_fuzzer(__doc__ or "", "documents", fuzz))
