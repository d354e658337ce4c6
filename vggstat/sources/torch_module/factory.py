"""Getting somebody's model: importing their module and calling what makes it. This runs their code."""

from __future__ import annotations

import ast
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from difflib import SequenceMatcher
from functools import partial
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple, cast

import torch
from torch import nn

from vggstat.errors import UsageError
from vggstat.records import Record

__all__ = ["Loaded", "load_model"]

FORM: Final = (
    "package.module:factory or file.py:factory, for instance mynets.vgg:VGG16 or net.py:make(width=2)"
)


NAMED: Final = 8
"""So many names of a module are told where one is missing."""

ALIKE: Final = 0.6
"""The least likeness of a name and what may be a slip of it, as difflib has it."""


class Loaded(Record):
    """A model, and whether its weights take memory."""

    model: nn.Module
    note: str = ""
    """Why real weights were allocated; empty where they were not, or came with the model."""
    again: Callable[[], nn.Module] | None = None
    """Makes it once more, with real weights; None of a model that was there already. Raises UsageError."""


class _Reference(NamedTuple):
    """What names a model: where it is, its name there, and what a factory is given."""

    module: str
    """A dotted name, or a path to a file of code."""
    path: str
    positional: list[Any]
    named: dict[str, Any]
    is_called: bool
    """Whether arguments are written, be it none: ``net()``."""


def load_model(reference: str) -> Loaded:
    """The model that ``package.module:factory(...)`` names: a module object, or what a class or function makes.

    Arguments are Python literals. The model is made with ``meta`` as the default device, so that no weights are allocated;
    where it cannot be made so, once more without. The working directory, or the folder of a file, is on the path meanwhile.
    What it prints goes to stderr. torch's random state and default dtype and device, the working directory and the
    program's arguments are left as they were. Raises UsageError, with the line where somebody's code failed.
    """
    named = _parse(reference)
    with _settings_kept(), _place_kept(named.module), redirect_stdout(sys.stderr):
        target = _find(named)
        if isinstance(target, nn.Module):
            if named.is_called:
                raise UsageError(f"{reference} is a model already: there is nothing to give arguments to")
            return Loaded(model=unwrap(target))
        if not callable(target):
            raise UsageError(f"{reference} is {_kind(target)}, neither a model nor anything that makes one")
        make = partial(target, *named.positional, **named.named)
        return _make_on_meta(reference, make).replace(again=partial(_again, reference, named.module, make))


def _parse(reference: str) -> _Reference:
    """What the text names. The first colon that a name or a call follows counts: a path may have one, and arguments may."""
    failed: UsageError | None = None
    for colon in re.finditer(":", reference):
        module, call = reference[: colon.start()], reference[colon.end() :].strip()
        path, bracket, _ = call.partition("(")
        if not module or not all(part.isidentifier() for part in path.strip().split(".")):
            continue
        try:
            positional, named = _literals(reference, call) if bracket else ([], {})
        except UsageError as error:
            failed = failed or error
            continue
        return _Reference(module, path.strip(), positional, named, bool(bracket))
    raise failed or UsageError(f"cannot read the model {reference!r}: expected {FORM}")


def _literals(reference: str, call: str) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a call, by position and by name. Raises UsageError for all that is no literal."""
    try:
        tree = ast.parse(call, mode="eval").body
        if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name | ast.Attribute):
            raise ValueError("it is not a call")
        if any(keyword.arg is None for keyword in tree.keywords):
            raise ValueError("** takes no literal")
        named = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in tree.keywords}
        return [ast.literal_eval(argument) for argument in tree.args], named
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        words = error.msg if isinstance(error, SyntaxError) else str(error)
        reason = words.partition(" on line")[0].partition(": <ast")[0][:120]
        raise UsageError(
            f"cannot read the arguments of {reference!r}: {reason}; they are literals, for instance net(10, width=2)"
        ) from None


def _find(reference: _Reference) -> Any:
    """What is called so. Raises UsageError where it cannot be imported, or there is nothing of that name."""
    is_file = reference.module.endswith(".py")
    if is_file and not Path(reference.module).is_file():
        raise UsageError(f"{reference.module}: there is no such file")
    try:
        target: Any = _module_of(Path(reference.module)) if is_file else import_module(reference.module)
    except ModuleNotFoundError as error:
        where = _line_of(error)
        looked = f"failed at {where}" if where else f"(looked in {Path.cwd()} too)"
        raise UsageError(f"cannot import {reference.module}: {error} {looked}") from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise UsageError(f"importing {reference.module} {_failed(error)}") from None
    for name in reference.path.split("."):
        try:
            target = getattr(target, name)
        except AttributeError:
            known = [key for key in getattr(target, "__dict__", {}) if not key.startswith("_")]
            raise UsageError(f"{reference.module} has no {reference.path}; {_instead(name, known)}") from None
        except Exception as error:  # a module's own __getattr__
            raise UsageError(f"looking for {name} in {reference.module} {_failed(error)}") from None
    return target


def _instead(name: str, known: Sequence[str]) -> str:
    """What there is in place of a name, the nearest first."""
    if not known:
        return "it has no public names"
    likeness = {key: SequenceMatcher(None, key.lower(), name.lower()).ratio() for key in known}
    by_likeness = sorted(known, key=lambda key: (-likeness[key], key))
    more = f" and {len(known) - NAMED:,} more" if len(known) > NAMED else ""
    has = f"it has {', '.join(by_likeness[:NAMED])}{more}"
    return f"did you mean {by_likeness[0]}? {has}" if likeness[by_likeness[0]] >= ALIKE else has


def _module_of(file: Path) -> ModuleType:
    """The module in a file: of a package under its full name, so that its relative imports work; else under its own."""
    folder, parts = file.resolve().parent, [file.stem]
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    if len(parts) > 1:
        sys.path.insert(0, str(folder))
        try:
            return import_module(".".join(parts if parts[-1] != "__init__" else parts[:-1]))
        finally:
            sys.path.remove(str(folder))
    name = file.stem if file.stem not in sys.modules else f"vggstat_model_{file.stem}"
    spec = spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and the like look for the module of a class
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _make_on_meta(reference: str, make: Callable[[], Any]) -> Loaded:
    try:
        with torch.device("meta"):
            model = make()
    except KeyboardInterrupt:
        raise
    except BaseException as first:
        why = f"real weights were allocated: it cannot be made on meta ({_described(first)})"
        return Loaded(model=_make(reference, make), note=why)
    return Loaded(model=_module(reference, model))


def _make(reference: str, make: Callable[[], Any]) -> nn.Module:
    try:
        model = make()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise UsageError(f"{reference} {_failed(error)}") from None
    return _module(reference, model)


def _again(reference: str, place: str, make: Callable[[], Any]) -> nn.Module:
    """The same once more, with real weights."""
    with _settings_kept(), _place_kept(place), redirect_stdout(sys.stderr):
        return _make(reference, make)


def _module(reference: str, model: Any) -> nn.Module:
    if not isinstance(model, nn.Module):
        raise UsageError(f"{reference} makes {_kind(model)}, not a torch.nn.Module")
    return unwrap(model)


def unwrap(model: nn.Module) -> nn.Module:
    """The model inside of what torch.compile and DataParallel put around it."""
    for name in ("_orig_mod", "module"):
        inner = getattr(model, name, None)
        if isinstance(inner, nn.Module) and type(model).__module__.startswith("torch."):
            return unwrap(inner)
    return model


def _kind(value: Any) -> str:
    name = type(value).__name__
    return "None" if value is None else f"{'an' if name[:1] in 'aeiouAEIOU' else 'a'} {name}"


def _failed(error: BaseException) -> str:
    """What somebody's code did instead of what it should, and where: ``failed at net.py:12: ValueError: ...``."""
    where = _line_of(error)
    place = f" at {where}" if where else ""
    if isinstance(error, SystemExit):
        code = "" if error.code is None else f" with {str(error.code)[:120]}"
        return f"ends the program{place}{code}"
    return f"failed{place}: {_described(error)}"


def _described(error: BaseException) -> str:
    try:
        lines = str(error).strip().splitlines()
    except Exception:  # its own __str__ may fail
        lines = []
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__


def _line_of(error: BaseException) -> str:
    """``file:line`` of the last line that ran of somebody's own code; of what is installed where there is none else."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_short(error.filename)}:{error.lineno or 0}"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<")
        and frame.filename != __file__
        and "importlib" not in frame.filename
    ]
    own = [frame for frame in frames if "site-packages" not in frame.filename]
    last = (own or frames)[-1:]
    return f"{_short(last[0].filename)}:{last[0].lineno}" if last else ""


def _short(filename: str) -> str:
    """A path from here, where it lies below."""
    try:
        return str(Path(filename).relative_to(Path.cwd()))
    except ValueError:
        return filename


@contextmanager
def _place_kept(module: str) -> Iterator[None]:
    """The place that imports are from on the path; path, working directory and the program's arguments as before after."""
    here = os.getcwd()
    folder = str(Path(module).resolve().parent) if module.endswith(".py") else here
    arguments, modules = sys.argv, set(sys.modules)
    sys.path.insert(0, folder)
    sys.argv = [module]  # what reads its arguments when it is imported would read vggstat's
    try:
        yield
    finally:
        sys.argv = arguments
        os.chdir(here)
        if folder in sys.path:
            sys.path.remove(folder)
        if module.endswith(".py"):
            _forget(set(sys.modules) - modules, folder)


def _forget(names: set[str], folder: str) -> None:
    """Modules that a file of code has imported from its own folder: another file may have others of the same names."""
    for name in names:
        file = getattr(sys.modules.get(name), "__file__", None) or ""
        if file.startswith(folder + os.sep) and "site-packages" not in file:
            del sys.modules[name]


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
