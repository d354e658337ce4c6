"""Fuzzing of the spec reader: mutated spec texts, none of which may end in a traceback or take a second.

    python -m tests.benchmarks.fuzz_specs [--runs 10000] [--seed 0] [--keep FOLDER]

Every text is read, and where it can be read, built into a graph and given to one of the commands. Only vggstat's own
errors are allowed, with exit code 2 and a text. Prints how many texts were accepted and rejected, and the slowest;
exits with 1 where there was a traceback or a fault, a run over one second, or more than 200 MB in use. The same seed
gives the same texts.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from tests.benchmarks.harness import Tally, run_command, run_fuzzer
from vggstat.sources.spec import find, names, read_text
from vggstat.sources.spec.build import build_graph

COMMANDS = (
    "table -", "table - --style blocks", "table - --style cs231n", "table - --style keras", "table - --style torch",
    "table - --style slides", "table - --style conventions", "table - --format json", "table -@7", "table -@head=gap",
    "table - --head none", "table - --memory saved", "compare D -", "compare - D@64", "compare - A B --width 60",
    "memory -", "memory - --mode training", "memory - --mode training --autocast bf16", "fit - --memory 1GiB",
    "fit - --memory 8MiB --mode training", "roofline - --device h200", "roofline - --device t4 --mode training",
    "draw -", "draw - --style columns", "draw - --style flow", "plot - memory", "plot - params", "plot - operations",
    "explain 96MB -", "spec -", "spec -@7", "spec -@head=gap", "export -",
)  # fmt: skip
"""What is done with a text that can be read."""

TOKENS = (
    "[", "]", "{", "}", ":", ": ", ",", "- ", "\n", "\n  ", "\t", "#", "&a ", "*a", "!!int ", "!x ",
    "|\n", ">\n", "'", '"', "\\", "---\n", "...\n", "%YAML 1.1\n", "? ", "~", "null", "true", "True",
    "on", "0224", "1:30", "0x10", "1_000", "-1", "0", "1e9", ".inf", ".nan", "9" * 400, "1000000000",
    "3.0", "\0", "\x1b", "\ufeff", "\u2028", "é", "日本", "\U0001f600", "٣", "conv3-64", "conv0-64",
    "conv1000000000-1", "conv99-1", "FC-0", "FC-1000000", "LRN", "maxpool", "soft-max", "flatten",
    "dropout", "bn", "avgpool", "conv", "{conv: {filters: 64, groups: 3}}",
    "{conv: {filters: 64, kernel: 2, padding: same}}", "{maxpool: {kernel: 500}}",
    "{maxpool: {ceil: true, padding: 1}}", "{adaptive-avgpool: {output: 10000}}",
    "{avgpool: {stride: 10000}}", "{dropout: {p: 1}}", "extends: D\n", "extends: ./x.yaml\n",
    "defaults: {conv: {norm: batch}}\n", "head: conv\n", "head: gap\n", "head: none\n",
    "input: [3, 1, 1]\n", "input: {channels: 3, height: 16, width: 12}\n", "input: [8, 8, 3]\n",
    "input: [1000000, 1000000, 1000000]\n", "classifier: []\n", "blocks: []\n",
    "name: x\n",
)  # fmt: skip


@cache
def shipped() -> list[bytes]:
    """Every shipped spec, with what is published about it and without."""
    found = [Path(find(name)).read_bytes() for name in names()]
    return [part for text in found for part in (text, text.split(b"published:")[0])]


@cache
def rejected() -> list[bytes]:
    """Every file that the tests expect to be rejected."""
    folder = Path(__file__).parents[1] / "sources" / "rejected"
    return [path.read_bytes() for path in sorted(folder.glob("*.yaml"))]


def mutate(text: bytes, rng: random.Random) -> bytes:
    """``text`` with one to eight changes."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 5, 8))):
        text = rng.choice(_CHANGES)(text, rng)
    return text[:20_000]


def _span(text: bytes, rng: random.Random, longest: int = 40) -> tuple[int, int]:
    start = rng.randrange(len(text) + 1)
    return start, min(len(text), start + rng.randrange(1, longest))


def _insert_token(text: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice(TOKENS).encode() + text[at:]


def _replace_word(text: bytes, rng: random.Random) -> bytes:
    words = text.split(b" ")
    words[rng.randrange(len(words))] = rng.choice(TOKENS).encode()
    return b" ".join(words)


def _replace_layer(text: bytes, rng: random.Random) -> bytes:
    places = list(re.finditer(rb"conv[0-9]-[0-9]+|maxpool|FC-[0-9]+|LRN|soft-max", text))
    if not places:
        return text
    place = rng.choice(places)
    layers = [token.encode() for token in TOKENS if re.match("[A-Za-z{]+[0-9-]*[:a-zA-Z0-9]", token)]
    return text[: place.start()] + rng.choice(layers) + text[place.end() :]


def _set_input(text: bytes, rng: random.Random) -> bytes:
    sizes = [str(rng.choice((1, 3, 7, 31, 32, 224, 225, 1000, 1_000_000))) for _ in range(3)]
    return re.sub(rb"input: .*", f"input: [{', '.join(sizes)}]".encode(), text)


def _delete(text: bytes, rng: random.Random) -> bytes:
    start, end = _span(text, rng)
    return text[:start] + text[end:]


def _repeat(text: bytes, rng: random.Random) -> bytes:
    start, end = _span(text, rng, 200)
    return text[:end] + text[start:end] * rng.choice((1, 2, 10, 100)) + text[end:]


def _swap_lines(text: bytes, rng: random.Random) -> bytes:
    lines = text.split(b"\n")
    one, two = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return b"\n".join(lines)


def _flip_byte(text: bytes, rng: random.Random) -> bytes:
    if not text:
        return bytes([rng.randrange(256)])
    at = rng.randrange(len(text))
    return text[:at] + bytes([rng.randrange(256)]) + text[at + 1 :]


def _change_digit(text: bytes, rng: random.Random) -> bytes:
    digits = [index for index, byte in enumerate(text) if 48 <= byte < 58]
    if not digits:
        return text
    at = rng.choice(digits)
    return text[:at] + rng.choice((b"0", b"1", b"7", b"999", b"99999999", b"-", b"")) + text[at + 1 :]


def _splice(text: bytes, rng: random.Random) -> bytes:
    other = rng.choice(shipped() + rejected())
    start, end = _span(other, rng, 400)
    at = rng.randrange(len(text) + 1)
    return text[:at] + other[start:end] + text[at:]


def _nest(text: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice((b"[", b"{a: ", b"- ")) * rng.choice((3, 70, 3000)) + text[at:]


_CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _insert_token, _replace_word, _delete, _repeat, _swap_lines, _flip_byte, _change_digit, _change_digit,
    _splice, _nest, _replace_layer, _replace_layer, _replace_layer, _replace_layer, _set_input, _set_input,
)  # fmt: skip


def texts(runs: int, seed: int) -> Iterator[bytes]:
    """``runs`` mutated texts, the same for the same seed."""
    rng = random.Random(seed)
    good, bad = shipped(), rejected()
    for _ in range(runs):
        # Mostly from specs that can be read, so that many mutations reach the graph.
        yield mutate(rng.choice(good if rng.random() < 0.8 else bad), rng)


def fuzz(runs: int, seed: int = 0) -> Tally:
    """Read ``runs`` mutated texts, and give those that can be built to a command each."""
    rng = random.Random(seed)
    tally = Tally()
    for text in texts(runs, seed):
        words = rng.choice(COMMANDS).split()

        def work(text: bytes = text, words: list[str] = words) -> str:
            build_graph(read_text(text, "fuzz.yaml"))
            run_command(words, text)
            return "accepted"

        tally.take(("spec.yaml", text), work)
    return tally


if __name__ == "__main__":
    sys.exit(run_fuzzer(__doc__ or "", "mutated specs", fuzz))
