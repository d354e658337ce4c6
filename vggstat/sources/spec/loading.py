"""From an argument to a Spec: reading the file, and the files that it extends."""

from __future__ import annotations

import os
from typing import Any, NoReturn

from vggstat.errors import InputError, UsageError
from vggstat.files import read_bytes
from vggstat.net.spec import Head, Item, Place, Spec, layer_count
from vggstat.sources.spec.access import access, is_below
from vggstat.sources.spec.defaults import with_defaults, with_defaults_each
from vggstat.sources.spec.language import MAX_LAYERS
from vggstat.sources.spec.library import find
from vggstat.sources.spec.problems import Problems, quote
from vggstat.sources.spec.reader import Defaults, Draft, Extended, read_draft
from vggstat.sources.spec.text import A_SPEC, MAX_BYTES, decode, read_stdin

__all__ = ["MAX_EXTENDS", "is_path", "load", "read_text"]

MAX_EXTENDS = 16
"""The longest chain of specs that extend one another."""


def is_path(argument: str) -> bool:
    """Whether an argument is a file's path; anything else is the name of a shipped spec."""
    return "/" in argument or os.sep in argument or argument.lower().endswith((".yaml", ".yml"))


def load(argument: str) -> Spec:
    """The spec that ``argument`` names: a shipped one, a path, or ``-`` for standard input.

    Raises UsageError for an unknown name, InputError for an unreadable file, SpecError for what is wrong
    with its text. ``vggstat.sources.spec.access`` says what may be read.
    """
    allowed = access()
    if argument == "-":
        if not allowed.pipes:
            raise UsageError("standard input is not read here: name a spec, or a file")
        return read_text(read_stdin(), "-")
    if not is_path(argument):
        path = find(argument)
        return read_text(_bytes(path, pipes=False), path)
    allowed.check(argument)
    return read_text(_bytes(argument, pipes=allowed.pipes), argument)


def _bytes(path: str, *, pipes: bool) -> bytes:
    return read_bytes(path, what=A_SPEC, limit=MAX_BYTES, pipes=pipes)


def read_text(text: str | bytes, origin: str) -> Spec:
    """The spec that ``text`` holds. ``origin`` is its file, for messages and for relative paths in it."""
    chain = _Chain(origin)
    chain.read(text.encode(errors="surrogatepass") if isinstance(text, str) else text, origin)
    while (extended := chain.drafts[-1].extends) is not None:
        chain.follow(extended)
    chain.problems.check()
    return _resolve(chain)


class _Chain:
    """A spec, what it extends, and so on: drafts from the first to the last, and one list of problems."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.problems = Problems(_label(origin))
        self.origins: list[str] = []
        self.texts: list[bytes] = []
        self.drafts: list[Draft] = []

    def read(self, data: bytes, origin: str) -> None:
        """Add the draft of one file."""
        self.problems.source = _label(origin)
        self.origins.append(origin)
        self.texts.append(data)
        self.drafts.append(read_draft(decode(data, self.problems), self.problems))

    def follow(self, extended: Extended) -> None:
        """Read what the last draft extends."""
        argument, place = extended
        self.problems.source = place.source
        try:
            path = self._target(argument)
            seen = [os.path.realpath(origin) for origin in self.origins]
            if os.path.realpath(path) in seen:
                chain = " -> ".join([*map(_short, self.origins), _short(path)])
                self.problems.stop(*place[1:], f"a spec cannot extend itself: {chain}")
            if len(self.drafts) > MAX_EXTENDS:
                self.problems.stop(*place[1:], f"more than {MAX_EXTENDS} specs that extend one another")
            data = _bytes(path, pipes=False)
        except (InputError, UsageError) as error:
            self.problems.stop(*place[1:], str(error).splitlines()[0])
        self.read(data, path)

    def _target(self, argument: str) -> str:
        if not is_path(argument):
            return find(argument)
        folder = _folder(self.origins[-1])
        path = os.path.normpath(os.path.join(folder, argument))
        allowed = access()
        if not (allowed.outside or is_below(path, folder)):
            raise UsageError(
                f"{quote(argument)} does not lie in or below the folder of this file: move it there, or allow it with "
                "--allow-outside"
            )
        allowed.check(path)
        return path


def _folder(origin: str) -> str:
    """The folder that relative paths in a file start from: the current one for what is no file on a disk."""
    piped = origin == "-" or (os.path.exists(origin) and not os.path.isfile(origin))
    return "" if piped else os.path.dirname(origin)


def _label(origin: str) -> str:
    return "<stdin>" if origin == "-" else origin


def _short(origin: str) -> str:
    return _label(os.path.basename(origin))


def _resolve(chain: _Chain) -> Spec:
    """The spec of a chain: its first file's name and title, and each part from the first that gives it."""
    own = chain.drafts[0]
    defaults = _merge([draft.defaults or {} for draft in chain.drafts])
    made = next(draft for draft in chain.drafts if draft.input is not None)
    blocks = next(draft.blocks for draft in chain.drafts if draft.blocks is not None)
    classifier, top = _classifier(chain)
    if top is not None and sum(map(layer_count, blocks)) + len(classifier) > MAX_LAYERS:
        chain.problems.source = top.source
        chain.problems.stop(
            *top[1:], f"more than {MAX_LAYERS:,} layers together with the blocks that it follows"
        )
    head, joint = _head(chain)
    places = {"input": made.places["input"], "classifier": top, "head": joint}
    assert made.input is not None
    return Spec(
        name=own.name,
        title=own.title or own.name,
        aliases=own.aliases,
        source=own.source,
        origin=chain.origin,
        input=made.input,
        blocks=tuple(with_defaults(block, defaults) for block in blocks),
        head=head,
        classifier=with_defaults_each(classifier, defaults),
        published=own.published,
        places={key: place for key, place in places.items() if place is not None},
        texts=tuple(chain.texts),
    )


def _classifier(chain: _Chain) -> tuple[tuple[Item, ...], Place | None]:
    """The layers after the maps, and where they are written; none where no file has the key."""
    for draft in chain.drafts:
        if draft.classifier is not None:
            return draft.classifier, draft.places["classifier"]
    return (), None


def _head(chain: _Chain) -> tuple[Head, Place | None]:
    """What joins the maps to the classifier, and where it is written.

    A file that empties the classifier takes the head that it inherits with it. Raises SpecError for ``none`` with
    a classifier, whose layers would have nowhere to go.
    """
    items, top = _classifier(chain)
    for draft in chain.drafts:
        if draft.head is not None:
            place = draft.places["head"]
            if draft.head == "none" and items:
                _refuse_classifier(chain, place, top)
            return draft.head, place
        if draft.classifier == ():
            break
    return _usual_head(items), None


def _usual_head(items: tuple[Item, ...]) -> Head:
    """Where none is written: none without a classifier, and for one of convolutions the map as it is."""
    if not items:
        return "none"
    weighted = {item.kind.layer.row_kind for item in items} & {"conv", "fc"}
    return "conv" if weighted == {"conv"} else "flatten"


def _refuse_classifier(chain: _Chain, head: Place, classifier: Place | None) -> NoReturn:
    """Refuse ``head: none`` with a classifier, at the later of the two: a file that extends another comes first."""
    assert classifier is not None
    sources = [_label(origin) for origin in chain.origins]
    message = "none leaves no place for the layers of the classifier"
    if head.source == classifier.source:
        at, advice = head, "leave out one of the two"
    elif sources.index(head.source) < sources.index(classifier.source):
        at = head
        advice = f"to drop those of {classifier.source}:{classifier.line}, write classifier: [] here too"
    else:
        at, advice = classifier, f"write a head here too, in place of that of {head.source}:{head.line}"
    chain.problems.source = at.source
    chain.problems.stop(*at[1:], f"{message}: {advice}")


def _merge(layers: list[Defaults]) -> Defaults:
    """The defaults of each kind, those of an earlier spec before those of what it extends."""
    merged: dict[str, dict[str, Any]] = {}
    for defaults in reversed(layers):
        for kind, fields in defaults.items():
            merged[kind] = {**merged.get(kind, {}), **fields}
    return merged
