"""Getting somebody's model: importing their module and calling what makes it. This runs their code."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from vggstat.errors import UsageError
from vggstat.records import Record

__all__ = ["Loaded", "load_model", "parse_arguments"]


class Loaded(Record):
    """A model, and whether its weights take memory."""

    model: nn.Module
    note: str = ""
    """Why real weights were allocated; empty where they were not, or came with the model."""


def parse_arguments(text: str | None) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a factory from JSON: a list by position, an object by name."""
    if text is None:
        return [], {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--model-args is not JSON: {error}") from None
    if isinstance(value, list):
        return value, {}
    if isinstance(value, dict):
        return [], value
    raise UsageError('--model-args takes a JSON object ({"num_classes": 10}) or a list ([10])')


def load_model(reference: str, arguments: str | None = None, *, on_meta: bool = True) -> Loaded:
    """The model that ``package.module:factory`` names: a module object, or what a class or function makes.

    It is made with ``meta`` as the default device, so that no weights are allocated; where it cannot be made
    so, or is not to be, without. The working directory is on the path meanwhile. What it prints goes to stderr.
    torch's random state and default dtype and device are left as they were. Raises UsageError.
    """
    positional, named = parse_arguments(arguments)
    module_name, colon, path = reference.partition(":")
    if not colon or not module_name or not path:
        raise UsageError(
            f"cannot read the model {reference!r}: expected package.module:factory, for instance mynets.vgg:VGG16"
        )
    with _settings_kept(), _here_on_the_path(), redirect_stdout(sys.stderr):
        target = _find(module_name, path)
        if isinstance(target, nn.Module):
            if positional or named:
                raise UsageError(f"{reference} is a model already: --model-args has nothing to be given to")
            return Loaded(model=_unwrap(target))
        if not callable(target):
            raise UsageError(f"{reference} is {_kind(target)}, neither a model nor anything that makes one")
        make = partial(target, *positional, **named)
        return _make_on_meta(reference, make) if on_meta else Loaded(model=_make(reference, make))


def _find(module_name: str, path: str) -> Any:
    try:
        target = import_module(module_name)
    except ModuleNotFoundError as error:
        raise UsageError(f"cannot import {module_name}: {error} (looked in {Path.cwd()} too)") from None
    except (Exception, SystemExit) as error:
        raise UsageError(f"importing {module_name} failed: {_described(error)}") from None
    for name in path.split("."):
        if not hasattr(target, name):
            known = ", ".join(sorted(key for key in vars(target) if not key.startswith("_"))[:8])
            raise UsageError(f"{module_name} has no {path}; it has {known or 'no public names'}")
        target = getattr(target, name)
    return target


def _make_on_meta(reference: str, make: Callable[[], Any]) -> Loaded:
    try:
        with torch.device("meta"):
            model = make()
    except (Exception, SystemExit) as first:
        why = f"real weights were allocated: it cannot be made on meta ({_described(first)})"
        return Loaded(model=_make(reference, make), note=why)
    return Loaded(model=_module(reference, model))


def _make(reference: str, make: Callable[[], Any]) -> nn.Module:
    try:
        model = make()
    except (Exception, SystemExit) as error:
        raise UsageError(f"{reference} failed: {_described(error)}") from None
    return _module(reference, model)


def _module(reference: str, model: Any) -> nn.Module:
    if not isinstance(model, nn.Module):
        raise UsageError(f"{reference} makes {_kind(model)}, not a torch.nn.Module")
    return _unwrap(model)


def _unwrap(model: nn.Module) -> nn.Module:
    """The model inside of what torch.compile and DataParallel put around it."""
    for name in ("_orig_mod", "module"):
        inner = getattr(model, name, None)
        if isinstance(inner, nn.Module) and type(model).__module__.startswith("torch."):
            return _unwrap(inner)
    return model


def _kind(value: Any) -> str:
    name = type(value).__name__
    return "None" if value is None else f"{'an' if name[:1] in 'aeiouAEIOU' else 'a'} {name}"


def _described(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__


@contextmanager
def _here_on_the_path() -> Iterator[None]:
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        yield
    finally:
        if here in sys.path:
            sys.path.remove(here)


@contextmanager
def _settings_kept() -> Iterator[None]:
    dtype = torch.get_default_dtype()
    grad = torch.is_grad_enabled()
    started = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    devices = range(torch.cuda.device_count()) if started else ()
    # A default device that the factory sets would stay; one of the caller's is put back.
    device = cast(Any, torch.get_default_device())
    with torch.random.fork_rng(devices=list(devices)):
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)
            torch.set_grad_enabled(grad)
            if torch.get_default_device() != device:
                torch.set_default_device(device)
