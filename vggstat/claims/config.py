"""Settings of a run: the command line over ``[tool.vggstat]`` of the nearest pyproject.toml."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from vggstat.errors import InputError, UsageError
from vggstat.records import Record
from vggstat.spec.model import Spec

__all__ = ["Settings", "find_settings", "read_settings"]

KEYS: Final = (
    "select",
    "ignore",
    "per-file-ignores",
    "convention",
    "exclude",
    "spec",
    "specs",
    "strict",
    "require-tables",
)


class Settings(Record):
    """What a run looks for and how strict it is."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exclude: tuple[str, ...] = ()
    convention: str = ""
    """``weights`` or ``params``: how parameters are meant where a document leaves it open."""
    spec: str = ""
    """The network that every document means."""
    specs: tuple[tuple[str, str], ...] = ()
    """Patterns of paths and the network that is meant there; the first that fits counts."""
    strict: bool = False
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
            _any_prefix(codes, code) and _matches(pattern, path) for pattern, codes in self.per_file_ignores
        )

    def excludes(self, path: str) -> bool:
        return any(_matches(pattern, path) for pattern in self.exclude)

    def spec_for(self, path: str) -> Spec | None:
        """The network that is settled for a file, None where the document is to say it itself."""
        name = self.spec or next((name for pattern, name in self.specs if _matches(pattern, path)), "")
        if not name:
            return None
        from vggstat.claims.network import load_spec

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
    """The settings of the nearest pyproject.toml at or above a folder; the defaults where there is none."""
    folder = os.path.abspath(start)
    if not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    while True:
        path = os.path.join(folder, "pyproject.toml")
        if os.path.isfile(path):
            return read_settings(path)
        above = os.path.dirname(folder)
        if above == folder:
            return Settings()
        folder = above


def read_settings(path: str) -> Settings:
    """The settings in a pyproject.toml. Raises InputError or UsageError, naming file and key."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    if b"tool.vggstat" not in data:
        return Settings(source=path)
    import tomllib

    try:
        tree = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}") from None
    tool = tree.get("tool", {})
    section = tool.get("vggstat", {}) if isinstance(tool, dict) else {}
    return _settings(section, path)


def _settings(section: Mapping[str, Any], path: str) -> Settings:
    if not isinstance(section, dict):
        raise UsageError(f"{path}: tool.vggstat: expected a table")
    unknown = [key for key in section if key not in KEYS]
    if unknown:
        raise UsageError(f"{path}: tool.vggstat.{unknown[0]}: unknown key; expected one of {', '.join(KEYS)}")
    spec = section.get("spec", "")
    specs = section.get("specs", {})
    folder = os.path.dirname(path)
    return Settings(
        select=_codes(section, "select", path),
        ignore=_codes(section, "ignore", path),
        per_file_ignores=tuple(
            (pattern, _codes({pattern: codes}, pattern, path))
            for pattern, codes in _table(section, "per-file-ignores", path).items()
        ),
        exclude=_words(section, "exclude", path),
        convention=_choice(section, path),
        spec=_near(_word(spec, "spec", path), folder),
        specs=tuple((pattern, _near(_word(name, "specs", path), folder)) for pattern, name in
                    _table({"specs": specs}, "specs", path).items()),
        strict=_typed(section, "strict", bool, False, path),
        require_tables=_typed(section, "require-tables", int, 0, path),
        source=path,
    )  # fmt: skip


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
        raise UsageError(f"{where}: {code!r} is no rule: write V201, 201, or V2 for a family")
    return f"V{bare}"


def _choice(section: Mapping[str, Any], path: str) -> str:
    value = section.get("convention", "")
    if value not in ("", "weights", "params"):
        raise UsageError(f"{path}: tool.vggstat.convention: expected weights or params, got {value!r}")
    return str(value)


def _typed(section: Mapping[str, Any], key: str, kind: type, default: Any, path: str) -> Any:
    value = section.get(key, default)
    if type(value) is not kind:
        raise UsageError(f"{path}: tool.vggstat.{key}: expected {kind.__name__}, got {value!r}")
    return value
