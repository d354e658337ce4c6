"""Settings of a run: the command line over ``[tool.vggstat]`` of the nearest pyproject.toml."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from vggstat.errors import InputError, UsageError
from vggstat.lint.policy import ConventionPolicy, read_convention
from vggstat.net.spec import Spec
from vggstat.records import Record

__all__ = ["Settings", "find_settings", "parse_confidence", "read_settings"]

KEYS: Final = (
    "select",
    "ignore",
    "per-file-ignores",
    "convention",
    "conventions",
    "exclude",
    "spec",
    "specs",
    "strict",
    "min-confidence",
    "require-tables",
)


class Settings(Record):
    """What a run looks for and how strict it is."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exclude: tuple[str, ...] = ()
    convention: tuple[str, ...] = ()
    """How numbers are counted in every document (``weights``, ``macs``, ``MB``), one word a kind of number."""
    conventions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Patterns of paths and the convention there, in place of the general one; the first that fits counts."""
    spec: str = ""
    """The network that every document means."""
    specs: tuple[tuple[str, str], ...] = ()
    """Patterns of paths and the network that is meant there; the first that fits counts."""
    strict: bool = False
    min_confidence: float = 0.0
    """Findings of less confidence are not shown, and do not count."""
    require_tables: int = 0
    source: str = ""
    """The file that they come from."""

    def wants(self, code: str, path: str) -> bool:
        """Whether findings of this code in this file are shown."""
        if self.select and not _any_prefix(self.select, code):
            return False
        if _any_prefix(self.ignore, code):
            return False
        return not any(
            _any_prefix(codes, code) and self._matches(pattern, path)
            for pattern, codes in self.per_file_ignores
        )

    def excludes(self, path: str) -> bool:
        return any(self._matches(pattern, path) for pattern in self.exclude)

    def load_specs(self) -> None:
        """Load every network that is named. Raises SpecError or UsageError for the first that is none."""
        for name in filter(None, (self.spec, *(name for _, name in self.specs))):
            _load(name)

    def spec_for(self, path: str) -> Spec | None:
        """The network that is settled for a file, None where the document is to say it itself."""
        name = self.spec or next((name for pattern, name in self.specs if self._matches(pattern, path)), "")
        if not name:
            return None
        return _load(name)

    def convention_for(self, path: str) -> ConventionPolicy:
        """The convention that is settled for a file. Raises UsageError for words that settle none."""
        words = next((words for pattern, words in self.conventions if self._matches(pattern, path)), None)
        return read_convention(self.convention if words is None else words)

    def _matches(self, pattern: str, path: str) -> bool:
        """Whether a pattern fits a path, seen from the folder of the settings where it lies below it."""
        if self.source:
            near = os.path.relpath(path, os.path.dirname(self.source))
            path = path if near.startswith("..") else near
        return _matches(pattern, path)


def _load(name: str) -> Spec:
    """A network that is named in a settings file, which reaches regular files only; or one that is loaded already."""
    from vggstat.lint.network import load_spec
    from vggstat.sources.spec.access import access, granted

    with granted(access().replace(pipes=False)):
        return load_spec(name)


def _any_prefix(codes: tuple[str, ...], code: str) -> bool:
    return any(code.startswith(prefix if prefix.startswith("V") else f"V{prefix}") for prefix in codes)


def _matches(pattern: str, path: str) -> bool:
    """Whether a shell pattern fits the path, its end, or one of the folders above it."""
    path = os.path.normpath(path).replace(os.sep, "/")
    return _pattern(pattern.strip("/")).search("/" + path) is not None


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    text = "".join(
        ".*" if part == "**" else "[^/]*" if part == "*" else "[^/]" if part == "?" else re.escape(part)
        for part in re.findall(r"\*\*|\*|\?|[^*?]+", pattern)
    )
    return re.compile(rf"/{text}(?:/|$)")


def find_settings(start: str) -> Settings:
    """The settings of the nearest pyproject.toml with some, at or above a folder; the defaults where there is none."""
    folder = os.path.abspath(start)
    if not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    while True:
        path = os.path.join(folder, "pyproject.toml")
        if os.path.isfile(path) and (settings := read_settings(path)).source:
            return settings
        above = os.path.dirname(folder)
        if above == folder:
            return Settings()
        folder = above


def read_settings(path: str) -> Settings:
    """The settings in a pyproject.toml; the defaults, without a source, where it has none.

    Raises InputError or UsageError, naming file and key.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    if b"vggstat" not in data:
        return Settings()
    import tomllib

    try:
        tree = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}") from None
    tool = tree.get("tool", {})
    if not isinstance(tool, dict) or "vggstat" not in tool:
        return Settings()
    return _settings(tool["vggstat"], path)


def _settings(section: Mapping[str, Any], path: str) -> Settings:
    if not isinstance(section, dict):
        raise UsageError(f"{path}: tool.vggstat: expected a table")
    unknown = [key for key in section if key not in KEYS]
    if unknown:
        raise UsageError(f"{path}: tool.vggstat.{unknown[0]}: unknown key; expected one of {', '.join(KEYS)}")
    folder = os.path.dirname(path)
    return Settings(
        select=_codes(section, "select", path),
        ignore=_codes(section, "ignore", path),
        per_file_ignores=tuple(
            (pattern, _codes({pattern: codes}, pattern, path))
            for pattern, codes in _table(section, "per-file-ignores", path).items()
        ),
        exclude=_words(section, "exclude", path),
        convention=_convention(section.get("convention", []), "convention", path),
        conventions=tuple(
            (pattern, _convention(words, f"conventions.{pattern!r}", path))
            for pattern, words in _table(section, "conventions", path).items()
        ),
        spec=_near(_word(section.get("spec", ""), "spec", path), folder),
        specs=tuple(
            (pattern, _near(_word(name, "specs", path), folder))
            for pattern, name in _table(section, "specs", path).items()
        ),
        strict=_typed(section, "strict", bool, False, path),
        min_confidence=_min_confidence(section.get("min-confidence", 0.0), path),
        require_tables=_typed(section, "require-tables", int, 0, path),
        source=path,
    )


def _near(name: str, folder: str) -> str:
    """A path in the file is meant from the file's folder."""
    is_path = "/" in name or name.lower().endswith((".yaml", ".yml"))
    return os.path.join(folder, name) if is_path and not os.path.isabs(name) else name


def _word(value: object, key: str, path: str) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{path}: tool.vggstat.{key}: expected a text, got {value!r}")
    return value


def _table(section: Mapping[str, Any], key: str, path: str) -> dict[str, Any]:
    value = section.get(key, {})
    if not isinstance(value, dict):
        raise UsageError(f"{path}: tool.vggstat.{key}: expected a table of patterns")
    return value


def _words(section: Mapping[str, Any], key: str, path: str) -> tuple[str, ...]:
    value = section.get(key, [])
    if (
        isinstance(value, str)
        or not isinstance(value, list)
        or not all(isinstance(word, str) for word in value)
    ):
        raise UsageError(f"{path}: tool.vggstat.{key}: expected a list of texts")
    return tuple(value)


def _codes(section: Mapping[str, Any], key: str, path: str) -> tuple[str, ...]:
    codes = _words(section, key, path)
    return tuple(parse_code(code, f"{path}: tool.vggstat.{key}") for code in codes)


def parse_code(code: str, where: str) -> str:
    """``V201``, ``201``, ``V2``: a code or the beginning of some. Raises UsageError."""
    bare = code.strip().upper().removeprefix("V")
    if not re.fullmatch(r"\d{0,3}", bare) or not (bare or code.strip().upper() == "V"):
        raise UsageError(f"{where}: {code!r} is not a rule: write V201, 201, or V2 for a family")
    from vggstat.lint.rules import RULES

    if not any(rule.code[1:].startswith(bare) for rule in RULES):
        raise UsageError(f"{where}: there is no rule {code!r}: `vggstat rule` lists all")
    return f"V{bare}"


def _convention(value: object, key: str, path: str) -> tuple[str, ...]:
    """One word of a convention, or a list of them."""
    words = _words({key: [value] if isinstance(value, str) else value}, key, path)
    read_convention(words, f"{path}: tool.vggstat.{key}")
    return words


def parse_confidence(text: str, where: str) -> float:
    """A confidence as it is written, 0 to 1. Raises UsageError."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise UsageError(f"{where}: expected a number from 0 to 1, got {text!r}")
    return value


def _min_confidence(value: object, path: str) -> float:
    where = f"{path}: tool.vggstat.min-confidence"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"{where}: expected a number from 0 to 1, got {value!r}")
    return parse_confidence(str(value), where)


def _typed(section: Mapping[str, Any], key: str, kind: type, default: Any, path: str) -> Any:
    value = section.get(key, default)
    if type(value) is not kind:
        raise UsageError(f"{path}: tool.vggstat.{key}: expected {kind.__name__}, got {value!r}")
    return value
