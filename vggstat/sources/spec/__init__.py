"""What the author of a network wrote: the language, its reader, and the specs that ship.

    load("D"), load("nets/mine.yaml"), load("-")    a Spec
    read_text(text, origin)                          a Spec from text at hand
    names(), find("vgg16")                           the shipped specs and their files
    schema()                                         the JSON Schema of the language
    write_spec(graph)                                the text of a spec that means a graph

The functions are looked up when first used: the records alone need no YAML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vggstat.net.spec import HEADS, Head, Item, Place, Published, Spec

if TYPE_CHECKING:
    from vggstat.sources.spec.json_schema import schema
    from vggstat.sources.spec.library import aliases, find, names
    from vggstat.sources.spec.loading import load, read_text
    from vggstat.sources.spec.writer import write_spec

__all__ = [
    "HEADS",
    "Head",
    "Item",
    "Place",
    "Published",
    "Spec",
    "aliases",
    "find",
    "load",
    "names",
    "read_text",
    "schema",
    "write_spec",
]

_HOMES = {
    "aliases": "library",
    "find": "library",
    "load": "loading",
    "names": "library",
    "read_text": "loading",
    "schema": "json_schema",
    "write_spec": "writer",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
