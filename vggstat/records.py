"""The base of vggstat's records: frozen, keyword-only values that cost nothing to define.

``dataclasses`` compiles several methods for every class when a module is imported: 1.1 ms a frozen class on
the machine where start-up was measured, so thirty of them would use up a third of the start-up budget.
``Record`` gives the same behaviour from methods written once (0.02 ms a class). Type checkers see a frozen,
keyword-only dataclass, by way of ``dataclass_transform``.
"""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn, Self, dataclass_transform

from vggstat.fields import MISSING, Field, boolean, choice, integer, number, padding, sides

__all__ = ["Record"]


@dataclass_transform(
    frozen_default=True,
    kw_only_default=True,
    field_specifiers=(boolean, choice, integer, number, padding, sides),
)
class Record:
    """A frozen record whose fields are the annotated names of its class and of its bases.

    A field's default is the value assigned to it, or the ``default`` of the ``Field`` assigned to it.
    Two records are equal when they are of the same class and all their fields are.
    """

    record_fields: ClassVar[tuple[str, ...]] = ()
    record_names: ClassVar[frozenset[str]] = frozenset()
    record_defaults: ClassVar[dict[str, Any]] = {}
    language_fields: ClassVar[dict[str, Field]] = {}

    def __init_subclass__(cls) -> None:
        names = dict.fromkeys(cls.record_fields)
        defaults = dict(cls.record_defaults)
        language = dict(cls.language_fields)
        # Not inspect.get_annotations: importing inspect costs what this module saves.
        for name, annotation in cls.__dict__.get("__annotations__", {}).items():  # noqa: RUF063
            if "ClassVar" in str(annotation):
                continue
            names[name] = None
            if name not in cls.__dict__:
                continue
            value = cls.__dict__[name]
            if isinstance(value, Field):
                language[name] = value.named(name)
                delattr(cls, name)
                value = value.default
            if value is not MISSING:
                defaults[name] = value
        cls.record_fields = tuple(names)
        cls.record_names = frozenset(names)
        cls.record_defaults = defaults
        cls.language_fields = language

    def __init__(self, **values: Any) -> None:
        stored = self.__dict__
        # One by one: records of a class then share one table of names, where update() gives each its own, which
        # for the rows of a table takes two and a half times the memory.
        for name, value in self.record_defaults.items():
            stored[name] = value
        for name, value in values.items():
            stored[name] = value
        # Both, because a name too many makes up in number for one that is missing.
        if len(stored) != len(self.record_fields) or not self.record_names.issuperset(values):
            self._refuse(values)

    def _refuse(self, values: dict[str, Any]) -> NoReturn:
        kind = type(self).__name__
        unknown = [name for name in values if name not in self.record_fields]
        if unknown:
            raise TypeError(f"{kind} has no field {unknown[0]!r}")
        missing = [name for name in self.record_fields if name not in self.__dict__]
        raise TypeError(f"{kind} needs {', '.join(missing)}")

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *(self.__dict__[name] for name in self.record_fields)))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={self.__dict__[name]!r}" for name in self.record_fields)
        return f"{type(self).__name__}({fields})"

    def replace(self, **changes: Any) -> Self:
        """This record with some fields changed."""
        return type(self)(**{**self.__dict__, **changes})
