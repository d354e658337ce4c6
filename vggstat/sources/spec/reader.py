"""One file of the language to a draft: every key checked, nothing taken over from another file yet."""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from typing import Any, Final, NamedTuple

from vggstat.net.ops import find_kind
from vggstat.net.spec import Head, Item, Place, Published, Step, layer_count
from vggstat.records import Record
from vggstat.shapes import reads_channels_last
from vggstat.sources.spec.language import (
    FIGURE,
    HEAD,
    IMAGE,
    INPUT,
    KEYS,
    MAX_LAYERS,
    NAME,
    PUBLISHED_TEXTS,
    QUANTITIES,
    RESIDUAL,
)
from vggstat.sources.spec.problems import Problems, quote, suggestion
from vggstat.sources.spec.short import words
from vggstat.sources.spec.units import StepReader
from vggstat.sources.spec.values import UnreadableError, read_text, read_value
from vggstat.sources.spec.yaml_nodes import Mapping, Node, Sequence, compose

__all__ = ["Draft", "Extended", "read_draft"]

Defaults = Map[str, Map[str, Any]]
"""The name of a kind, and the fields that its layers have."""


class Extended(NamedTuple):
    """What ``extends`` names, and where that is written."""

    argument: str
    place: Place


class Draft(Record):
    """What one file says; None where it does not say."""

    name: str = ""
    aliases: tuple[str, ...] = ()
    title: str = ""
    source: str = ""
    extends: Extended | None = None
    input: tuple[int, int, int] | None = None
    defaults: Defaults | None = None
    blocks: tuple[tuple[Step, ...], ...] | None = None
    head: Head | None = None
    classifier: tuple[Item, ...] | None = None
    published: tuple[Published, ...] = ()
    places: Map[str, Place] = {}
    """Where the value of each key stands."""


def read_draft(text: str, problems: Problems) -> Draft:
    """The draft of one file. What is wrong is noted in ``problems``; the draft then lacks it.

    A file that does not look like a spec is refused as a whole: messages about its parts would show what it holds,
    and it may have been named by somebody who must not read it.
    """
    required = ", ".join(key.name for key in KEYS.values() if key.required)
    if not any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
        problems.stop(1, 1, "", f"the file is empty: a spec needs {required}")
    if not _looks_like_a_spec(text):
        problems.stop(
            1,
            1,
            "",
            f"this does not look like a spec: a mapping with the keys {required}, each at the beginning of a line",
        )
    root = compose(text, problems)
    if not isinstance(root, Mapping):
        place = (root.line, root.column) if root is not None else (1, 1)
        problems.stop(*place, "", f"expected a mapping with the keys {required}")
    return _DraftReader(problems).read(root)


def _looks_like_a_spec(text: str) -> bool:
    """Whether one of the keys that every spec has stands where a spec has it: at the beginning of a line, or in braces."""
    flow = text.lstrip().startswith("{")
    start = r"[{,]\s*" if flow else r"^"
    keys = "|".join((*(key.name for key in KEYS.values() if key.inherited), "extends"))
    return re.search(rf"""{start}["']?(?:{keys})["']?\s*:""", text, re.MULTILINE) is not None


class _DraftReader:
    """Reads the top-level keys, each by the method of its name."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.steps = StepReader(problems)
        self.layers = 0

    def read(self, root: Mapping) -> Draft:
        values: dict[str, Any] = {}
        places: dict[str, Place] = {}
        for name, (key, node) in root.entries.items():
            if name not in KEYS:
                message = f"no key of a spec is called {quote(name)}{suggestion(name, KEYS)}"
                self.problems.add(key.line, key.column, "", message)
                continue
            places[name] = Place(self.problems.source, node.line, node.column, name)
            values[name] = _READERS[name](self, node, name)
        self._missing(root)
        return Draft(places=places, **{name: value for name, value in values.items() if value is not None})

    def _missing(self, root: Mapping) -> None:
        for name, key in KEYS.items():
            given = name in root.entries or (key.inherited and "extends" in root.entries)
            if key.required and not given:
                self.problems.add(1, 1, "", f"the key {name} is missing ({key.doc})")

    def _add(self, node: Node, path: str, message: str) -> None:
        self.problems.add(node.line, node.column, path, message)

    def _text(self, node: Node, path: str, pattern: str = "", wanted: str = "a text") -> str | None:
        try:
            return read_text(node, pattern, wanted)
        except UnreadableError as error:
            self._add(node, path, str(error))
            return None

    def _sequence(self, node: Node, path: str, wanted: str) -> list[tuple[str, Node]]:
        """The items of a list with their paths; none, and a problem, where it is no list."""
        if isinstance(node, Sequence):
            return [(f"{path}[{index}]", item) for index, item in enumerate(node.items)]
        self._add(node, path, f"expected {wanted}, got {node}")
        return []

    def name(self, node: Node, path: str) -> str | None:
        wanted = "a name of letters, digits and . _ + - (at most 64)"
        return self._text(node, path, NAME, wanted)

    def text(self, node: Node, path: str) -> str | None:
        return self._text(node, path)

    def aliases(self, node: Node, path: str) -> tuple[str, ...]:
        names = (self.name(item, where) for where, item in self._sequence(node, path, "a list of names"))
        return tuple(name for name in names if name)

    def extends(self, node: Node, path: str) -> Extended | None:
        argument = self._text(node, path, wanted="the name of a shipped spec, or a path")
        place = Place(self.problems.source, node.line, node.column, path)
        return Extended(argument, place) if argument else None

    def input(self, node: Node, path: str) -> tuple[int, int, int] | None:
        if isinstance(node, Mapping):
            return self._named_input(node, path)
        wanted = "[channels, height, width], such as [3, 224, 224]"
        if not isinstance(node, Sequence) or len(node.items) != 3:
            got = f"{len(node.items)} values" if isinstance(node, Sequence) and node.items else str(node)
            self._add(node, path, f"expected {wanted}, got {got}")
            return None
        image = self._sizes(self._sequence(node, path, wanted))
        if image and reads_channels_last(image):
            channels, height, width = image
            self._add(
                node,
                path,
                f"expected [channels, height, width], got [{channels}, {height}, {width}]: channels first? Write "
                f"[{width}, {channels}, {height}], or for an image that has {channels} channels "
                f"{{channels: {channels}, height: {height}, width: {width}}}",
            )
            return None
        return image

    def _named_input(self, node: Mapping, path: str) -> tuple[int, int, int] | None:
        """The image with its sizes by name, which leaves no doubt about their order."""
        for name, (key, _) in node.entries.items():
            if name not in IMAGE:
                self._add(key, path, f"an image has no size called {quote(name)}{suggestion(name, IMAGE)}")
        missing = [name for name in IMAGE if name not in node.entries]
        if missing:
            self._add(node, path, f"the input needs {', '.join(missing)} too")
            return None
        return self._sizes([(f"{path}.{name}", node.entries[name][1]) for name in IMAGE])

    def _sizes(self, nodes: list[tuple[str, Node]]) -> tuple[int, int, int] | None:
        """Channels, height and width; None, and problems, where one cannot be read."""
        sizes: list[int] = []
        for where, item in nodes:
            try:
                sizes.append(read_value(item, INPUT))
            except UnreadableError as error:
                self._add(item, where, str(error))
        return (sizes[0], sizes[1], sizes[2]) if len(sizes) == 3 else None

    def defaults(self, node: Node, path: str) -> dict[str, dict[str, Any]]:
        if not isinstance(node, Mapping):
            self._add(node, path, f"expected a mapping such as {{conv: {{norm: batch}}}}, got {node}")
            return {}
        defaults: dict[str, dict[str, Any]] = {}
        for word, (key, value) in node.entries.items():
            if word == "residual":
                defaults[word] = self.steps.items.read_fields(word, RESIDUAL, value, f"{path}.{word}") or {}
                continue
            kind = find_kind(word)
            if kind is None:
                known = [*words(), "residual"]
                self._add(key, path, f"no layer is called {quote(word)}{suggestion(word, known)}")
                continue
            if kind.name in defaults:
                self._add(key, path, f"the defaults of {kind.name} are here twice")
                continue
            where = f"{path}.{word}"
            if isinstance(value, Mapping):
                for name, (field_key, _) in value.entries.items():
                    if name in kind.fields and kind.fields[name].required:
                        message = f"each {kind.name} says this itself: it cannot have a default"
                        self._add(field_key, f"{where}.{name}", message)
            defaults[kind.name] = self.steps.items.read_fields(kind.name, kind.fields, value, where) or {}
        return defaults

    def _count(self, node: Node, path: str, count: int) -> None:
        """Add layers to those of the file. Raises SpecError where they are too many."""
        self.layers += count
        if self.layers > MAX_LAYERS:
            message = f"more than {MAX_LAYERS:,} layers, with those that aliases and repeat stand for: no network has as many"
            self.problems.stop(node.line, node.column, path, message)

    def blocks(self, node: Node, path: str) -> tuple[tuple[Step, ...], ...]:
        blocks = []
        rows = self._sequence(node, path, "a list of blocks")
        written = 0  # before one is read: a few kilobytes of aliases stand for many
        for where, row in rows:
            written += len(row.items) if isinstance(row, Sequence) else 0
            if written > MAX_LAYERS:
                self._count(row, where, written)
        if isinstance(node, Sequence) and not rows:
            self._add(node, path, "a spec needs at least one block")
        for where, row in rows:
            if isinstance(row, Sequence) and not row.items:
                self._add(row, where, "a block needs at least one layer")
            blocks.append(self.steps.read_block(row, where))
            self._count(row, where, layer_count(blocks[-1]))
        if not all(all(isinstance(step, Item) and not step.label for step in block) for block in blocks):
            from vggstat.sources.spec.labels import check_labels  # which no chain needs

            check_labels(blocks, self.problems)
        return tuple(blocks)

    def head(self, node: Node, path: str) -> str | None:
        try:
            return str(read_value(node, HEAD))
        except UnreadableError as error:
            self._add(node, path, str(error))
            return None

    def classifier(self, node: Node, path: str) -> tuple[Item, ...]:
        self._count(node, path, len(node.items) if isinstance(node, Sequence) else 0)
        return self.steps.read_chain(node, path)

    def published(self, node: Node, path: str) -> tuple[Published, ...]:
        wanted = "a list of entries such as {params: 138M, source: ...}"
        entries = (self._entry(item, where) for where, item in self._sequence(node, path, wanted))
        return tuple(entry for entry in entries if entry)

    def _entry(self, node: Node, path: str) -> Published | None:
        if not isinstance(node, Mapping):
            self._add(node, path, f"expected an entry such as {{params: 138M, source: ...}}, got {node}")
            return None
        known = [*QUANTITIES, *PUBLISHED_TEXTS]
        figures: dict[str, str] = {}
        texts: dict[str, str] = {}
        for name, (key, value) in node.entries.items():
            where = f"{path}.{name}"
            if name in QUANTITIES:
                figures[name] = self._text(value, where, FIGURE, "a figure such as 138M or 25.6") or ""
            elif name in PUBLISHED_TEXTS:
                texts[name] = self._text(value, where) or ""
            else:
                self._add(key, path, f"no quantity is called {quote(name)}{suggestion(name, known)}")
        if not figures:
            self._add(node, path, f"an entry needs a figure: {', '.join(QUANTITIES)}")
        if "source" not in texts:
            self._add(node, path, f"an entry needs its source: {PUBLISHED_TEXTS['source']}")
        place = Place(self.problems.source, node.line, node.column, path)
        return Published(figures=figures, place=place, **{"source": "", **texts})


_READERS: Final = {
    "name": _DraftReader.name,
    "aliases": _DraftReader.aliases,
    "title": _DraftReader.text,
    "source": _DraftReader.text,
    "extends": _DraftReader.extends,
    "input": _DraftReader.input,
    "defaults": _DraftReader.defaults,
    "blocks": _DraftReader.blocks,
    "head": _DraftReader.head,
    "classifier": _DraftReader.classifier,
    "published": _DraftReader.published,
}
