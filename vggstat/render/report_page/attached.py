"""Results from files that go into the page: read strictly, and held against the networks of the page."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from vggstat.cost.check import Check, Value, Verdict, Verification
from vggstat.cost.report import Report
from vggstat.errors import InputError

__all__ = ["read_verification"]


def read_verification(path: str, reports: tuple[Report, ...]) -> tuple[Verification, ...]:
    """What `vggstat verify --format json` wrote, of the page's networks. Raises InputError."""
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        _refuse(path)
    known = {report.name: report for report in reports}
    found = [entry for entry in _list(data, "specs", path) if isinstance(entry, dict)]
    kept = tuple(
        Verification(
            report=known[entry["spec"]],
            against=_text(entry, "against", "a real torch model"),
            device=_text(entry, "device", "device not stated"),
            versions={key: str(value) for key, value in _mapping(entry, "versions").items()},
            checks=tuple(_check(check, path) for check in _list(entry, "checks", path)),
        )
        for entry in found
        if isinstance(entry.get("spec"), str) and entry["spec"] in known
    )
    if not kept:
        there = ", ".join(str(entry.get("spec")) for entry in found) or "no network"
        raise InputError(f"{path} does not fit {', '.join(known)}: it is about {there}")
    return kept


def _refuse(path: str) -> NoReturn:
    raise InputError(f"{path} is no verification: expected what `vggstat verify ... --format json` wrote")


def _list(data: Any, key: str, path: str) -> list[Any]:
    if not isinstance(data, dict) or not isinstance(data.get(key), list):
        _refuse(path)
    found: list[Any] = data[key]
    return found


def _text(data: dict[str, Any], key: str, default: str) -> str:
    found = data.get(key)
    return found if isinstance(found, str) else default


def _mapping(data: dict[str, Any], key: str) -> dict[str, Any]:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def _check(data: Any, path: str) -> Check:
    if not isinstance(data, dict) or data.get("verdict") not in list(Verdict):
        _refuse(path)
    for key in ("source", "quantity", "convention", "note"):
        if not isinstance(data.get(key), str):
            _refuse(path)
    layer = data.get("layer")
    return Check(
        source=data["source"],
        quantity=data["quantity"],
        layer=layer if isinstance(layer, str) else None,
        stated=_value(data.get("stated"), path),
        computed=_value(data.get("computed"), path),
        convention=data["convention"],
        verdict=Verdict(data["verdict"]),
        note=data["note"],
    )


def _value(value: Any, path: str) -> Value:
    if isinstance(value, list) and all(isinstance(side, int) for side in value):
        return tuple(value)
    if value is None or isinstance(value, int | float | str):
        return value
    _refuse(path)
