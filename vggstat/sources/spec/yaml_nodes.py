"""YAML text to a tree of nodes that know their place, refusing what no spec needs.

PyYAML only delivers events. Its composer is not used: the one in C crashes on deep nesting, and neither looks
for duplicate keys or bounds what aliases add up to. Scalars stay the text that the author wrote: YAML 1.1's
reading of ``0224``, ``1:30`` or ``on`` never happens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn

import yaml

from vggstat.sources.spec.problems import Problems, quote

__all__ = ["MAX_DEPTH", "MAX_NODES", "Mapping", "Node", "Scalar", "Sequence", "compose"]

MAX_DEPTH: Final = 64
MAX_NODES: Final = 250_000
"""Values in one file, with each alias counted as all that it stands for."""


class Scalar:
    """A text. ``plain`` says that it stands without quotes, so that it may be meant as a number."""

    __slots__ = ("column", "line", "plain", "text")
    height: Final = 0
    weight: Final = 1

    def __init__(self, text: str, plain: bool, line: int, column: int) -> None:
        self.text = text
        self.plain = plain
        self.line = line
        self.column = column

    @property
    def is_null(self) -> bool:
        """Whether nothing is written, or YAML's word for it."""
        return self.plain and self.text in {"", "~", "null", "Null", "NULL"}

    def __str__(self) -> str:
        if self.is_null:
            return "nothing"
        # What was meant as a number stands as it was written.
        number = self.plain and re.fullmatch(r"[-+.]?[0-9][-+.\w:]{,39}", self.text, re.ASCII)
        return self.text if number else quote(self.text)


class _Collection:
    __slots__ = ("column", "height", "line", "weight")

    def __init__(self, line: int, column: int) -> None:
        self.line = line
        self.column = column
        self.height = 1
        self.weight = 1


class Sequence(_Collection):
    """A list."""

    __slots__ = ("items",)

    def __init__(self, line: int, column: int) -> None:
        super().__init__(line, column)
        self.items: list[Node] = []

    def __str__(self) -> str:
        return "a list" if self.items else "an empty list"


class Mapping(_Collection):
    """Keys and values: ``entries`` maps a key's text to its node and its value."""

    __slots__ = ("entries",)

    def __init__(self, line: int, column: int) -> None:
        super().__init__(line, column)
        self.entries: dict[str, tuple[Scalar, Node]] = {}

    def __str__(self) -> str:
        return "a mapping" if self.entries else "an empty mapping"


Node = Scalar | Sequence | Mapping

# What libyaml and PyYAML say, and what it means to somebody who wrote a spec.
_SENTENCES: Final = (
    ("expected ',' or ']'", "a list that begins with [ needs a comma here, or its closing ]"),
    ("expected ',' or '}'", "a mapping that begins with { needs a comma here, or its closing }"),
    ("did not find expected '-' indicator", "a list item (- ...) or a smaller indentation is expected here"),
    ("did not find expected key", "a key is expected here: check the indentation"),
    (
        "mapping values are not allowed",
        "a key is not allowed here: check the indentation, or quote the text",
    ),
    (
        "sequence entries are not allowed",
        "a list item (- ...) has to begin on a new line",
    ),
    ("could not find expected ':'", "a key without a colon"),
    ("found unexpected end of stream", "a quoted text is not closed"),
    ("found character that cannot start any token", "a text cannot begin with this character: quote it"),
    ("expected '<document start>'", "unexpected text after the end of the spec"),
    ("expected <document start>", "unexpected text after the end of the spec"),
    ("expected <block end>", "a key or a list item is expected here: check the indentation"),
    ("did not find expected node content", "a value is expected here"),
    ("found unknown escape character", "an unknown escape in a double-quoted text: use single quotes"),
    ("found incompatible YAML document", "an unknown YAML version"),
)


def compose(text: str, problems: Problems) -> Node | None:
    """The tree of the one document in ``text``, None where it is empty.

    Duplicate keys and tags are noted in ``problems`` and passed over. Raises SpecError for what hides the
    rest: a syntax error, nesting deeper than 64, too many values, an alias without an anchor.
    """
    builder = _Builder(problems)
    events = _events(text)
    while True:
        try:
            event = next(events)
        except StopIteration:
            return builder.root
        except yaml.MarkedYAMLError as error:
            _refuse_syntax(error, text, problems)
        except yaml.YAMLError as error:
            problems.stop(1, 1, "", f"this is not YAML: {str(error).splitlines()[0]}")
        builder.take(event)


def _events(text: str) -> Iterator[Any]:
    # The C parser is eight times faster; PyYAML without it (no libyaml at its build) still works.
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    events: Iterator[Any] = yaml.parse(text, Loader=loader)
    return events


def _refuse_syntax(error: yaml.MarkedYAMLError, text: str, problems: Problems) -> NoReturn:
    problem = error.problem or "it cannot be read"
    mark = error.problem_mark or error.context_mark
    if mark is not None and "cannot start" in problem and text[mark.index : mark.index + 1] == "\t":
        problem = "a tab: YAML is indented with spaces"
    for words, sentence in _SENTENCES:
        if words in problem:
            problem = sentence
    context = error.context_mark
    if context is not None and mark is not None and context.line != mark.line:
        problem += f" (it belongs to line {context.line + 1})"
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    problems.stop(line, column, "", f"YAML syntax: {problem}")


class _Builder:
    """Builds the tree without recursion: ``open`` holds the collections that are not closed yet."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.root: Node | None = None
        self.open: list[Sequence | Mapping] = []
        self.keys: list[Scalar | None] = []
        self.names: list[str | None] = []
        self.anchors: dict[str, Node | None] = {}
        self.nodes = 0
        self.documents = 0

    def take(self, event: Any) -> None:
        """Continue with one event."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            line, column = self._place(event)
            scalar = Scalar(event.value, not event.style, line, column)
            if event.tag or event.anchor:
                self._tag(event)
                self._anchor(event.anchor, scalar)
            self._attach(scalar)
        elif kind is yaml.SequenceStartEvent:
            self._begin(Sequence(*self._place(event)), event)
        elif kind is yaml.MappingStartEvent:
            self._begin(Mapping(*self._place(event)), event)
        elif kind is yaml.SequenceEndEvent or kind is yaml.MappingEndEvent:
            self._end()
        elif kind is yaml.AliasEvent:
            self._attach(self._resolve(event))
        elif kind is yaml.DocumentStartEvent:
            self.documents += 1
            if self.documents > 1:
                line, column = self._place(event)
                self.problems.stop(line, column, "", "a second document begins here: a file holds one spec")

    @staticmethod
    def _place(event: Any) -> tuple[int, int]:
        mark = event.start_mark
        return mark.line + 1, mark.column + 1

    @property
    def path(self) -> str:
        """The keys that lead to what comes next."""
        path = ""
        for collection, key in zip(self.open, self.keys, strict=True):
            if isinstance(collection, Sequence):
                path += f"[{len(collection.items)}]"
            elif key is not None:
                path += f".{key.text}" if path else key.text
        return path if path.isprintable() and len(path) <= 200 else ""

    def _begin(self, node: Sequence | Mapping, event: Any) -> None:
        if len(self.open) >= MAX_DEPTH:
            self.problems.stop(node.line, node.column, "", f"nested more than {MAX_DEPTH} deep")
        self._count(node, 1)
        if event.tag:
            self._tag(event)
        if event.anchor:
            # None until it is complete: an alias inside would make the tree endless.
            self.anchors[event.anchor] = None
        self.open.append(node)
        self.keys.append(None)
        self.names.append(event.anchor)

    def _end(self) -> None:
        node = self.open.pop()
        self.keys.pop()
        self._anchor(self.names.pop(), node)
        self._attach(node, counted=True)

    def _attach(self, node: Node, *, counted: bool = False) -> None:
        if not counted:
            self._count(node, node.weight)
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        parent.weight += node.weight
        if node.height >= parent.height:
            parent.height = node.height + 1
        if isinstance(parent, Sequence):
            parent.items.append(node)
        else:
            self._attach_entry(parent, node)

    def _attach_entry(self, parent: Mapping, node: Node) -> None:
        key = self.keys[-1]
        if key is None:
            if not isinstance(node, Scalar):
                self.problems.stop(node.line, node.column, self.path, f"a key has to be a word, got {node}")
            self.keys[-1] = node
            return
        first = parent.entries.get(key.text)
        if first is None:
            parent.entries[key.text] = (key, node)
        else:
            self.problems.add(
                key.line,
                key.column,
                self.path,
                f"the key {quote(key.text)} is here twice: it is in line {first[0].line} already",
            )
        self.keys[-1] = None

    def _count(self, node: Node, weight: int) -> None:
        self.nodes += weight
        if self.nodes > MAX_NODES:
            self.problems.stop(
                node.line, node.column, "", f"more than {MAX_NODES} values, with those that aliases repeat"
            )

    def _anchor(self, name: str | None, node: Node) -> None:
        if name:
            self.anchors[name] = node

    def _tag(self, event: Any) -> None:
        if event.tag:
            line, column = self._place(event)
            self.problems.add(line, column, self.path, f"the tag {quote(event.tag)}: a spec has no tags")

    def _resolve(self, event: Any) -> Node:
        line, column = self._place(event)
        if event.anchor not in self.anchors:
            self.problems.stop(
                line, column, self.path, f"the alias {quote('*' + event.anchor)} has no anchor before it"
            )
        node = self.anchors[event.anchor]
        if node is None:
            self.problems.stop(
                line,
                column,
                self.path,
                f"the alias {quote('*' + event.anchor)} stands inside what it repeats",
            )
        if len(self.open) + node.height > MAX_DEPTH:
            self.problems.stop(line, column, "", f"nested more than {MAX_DEPTH} deep")
        return node
