"""The steps of a list: layers, units of layers, joins of named values, and where a list begins."""

from __future__ import annotations

from typing import Any

from vggstat.fields import Field
from vggstat.net.spec import From, Item, Join, JoinKind, Place, Step, Unit, UnitForm
from vggstat.sources.spec.items import ItemReader, reads_as_layer
from vggstat.sources.spec.language import (
    ACTIVATION,
    AS,
    CROP,
    CURRENT,
    FORMS,
    FROM,
    IN_PLACE,
    INPUT,
    JOIN,
    JOINS,
    REPEAT,
)
from vggstat.sources.spec.problems import Problems, quote, suggestion
from vggstat.sources.spec.values import UnreadableError, read_value
from vggstat.sources.spec.yaml_nodes import Mapping, Node, Scalar, Sequence

__all__ = ["StepReader"]

_FIELDS: dict[str, Field] = {field.name: field for field in (ACTIVATION, IN_PLACE, JOIN, REPEAT)}


class StepReader:
    """Reads the lists of one file."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.items = ItemReader(problems)

    def read_block(self, node: Node, path: str) -> tuple[Step, ...]:
        """The steps of a block; those that cannot be read are noted and left out."""
        return self._steps(node, path, "a block, which is a list of layers")

    def read_chain(self, node: Node, path: str) -> tuple[Item, ...]:
        """The layers of a list that takes nothing but layers."""
        steps = []
        for step in self._steps(node, path, "a list of layers"):
            if isinstance(step, Item) and not step.label:
                steps.append(step)
            else:
                self._add(
                    step.place,
                    path,
                    "a classifier is one layer after another: a part that branches is a block",
                )
        return tuple(steps)

    def _add(self, node: Node | Place, path: str, message: str) -> None:
        self.problems.add(node.line, node.column, path, message)

    def _steps(self, node: Node, path: str, wanted: str) -> tuple[Step, ...]:
        if not isinstance(node, Sequence):
            hint = ": put the layers in brackets" if reads_as_layer(node) else ""
            self._add(node, path, f"expected {wanted}, got {node}{hint}")
            return ()
        steps = []
        for index, item in enumerate(node.items):
            step = self._step(item, f"{path}[{index}]")
            if isinstance(step, From) and index:
                self._add(
                    item,
                    f"{path}[{index}]",
                    f"{FROM} can only be the first of a list: it says where that begins",
                )
            if step is not None:
                steps.append(step)
        return tuple(steps)

    def _step(self, node: Node, path: str) -> Step | None:
        if isinstance(node, Sequence):
            return self._unit_of_list(node, path)
        if isinstance(node, Scalar):
            word, found, name = node.text.partition(" ")
            if word == FROM and found:
                return self._from(Scalar(name, True, node.line, node.column), node, path)
            return self.items.read(node, path)
        forms: list[UnitForm] = [form for form in FORMS if form in node.entries]
        if len(forms) > 1:
            self._add(node, path, f"a unit has one of {' and '.join(forms)}, not both")
            return None
        if forms:
            return self._unit(node, forms[0], path)
        if len(node.entries) == 1:
            [(word, (_, value))] = node.entries.items()
            if word == FROM:
                return self._from(value, node, path)
            for kind in JOINS:
                if word == kind:
                    return self._join(kind, value, node, path)
        elif node.entries and _all_keys().issuperset(node.entries):
            self._add(node, path, f"a unit needs one of {', '.join(FORMS)}, got {', '.join(node.entries)}")
            return None
        return self.items.read(node, path)

    def _place(self, node: Node, path: str) -> Place:
        return Place(self.problems.source, node.line, node.column, path)

    def _from(self, value: Node, node: Node, path: str) -> From | None:
        name = self.items.read_label(value, path)
        return From(name=name, place=self._place(node, path)) if name else None

    # units ------------------------------------------------------------------------------------------------

    def _unit_of_list(self, node: Sequence, path: str) -> Unit:
        branch = self._inner(node, path, "a unit")
        return Unit(form="layers", branches=(branch,), place=self._place(node, path))

    def _inner(self, node: Node, path: str, what: str, *, may_be_empty: bool = False) -> tuple[Step, ...]:
        """The steps of one list of a unit."""
        if isinstance(node, Sequence) and not node.items and not may_be_empty:
            self._add(node, path, f"{what} needs at least one layer")
        return self._steps(node, path, f"{what}, which is a list of layers")

    def _unit(self, node: Mapping, form: UnitForm, path: str) -> Unit:
        fields: dict[str, Any] = {}
        for word, (key, value) in node.entries.items():
            where = f"{path}.{word}"
            if word == form:
                continue
            if word not in FORMS[form]:
                self._add(key, path, f"{form} takes no key {quote(word)}{suggestion(word, FORMS[form])}")
            elif word in _FIELDS:
                self._field(fields, word, value, where)
            elif word == AS:
                fields["label"] = self.items.read_label(value, where)
            elif word == "name":
                fields["name"] = self.items.read_label(value, where)
        fields["branches"] = _BRANCHES[form](self, node, path)
        if "split" in node.entries and form == "branches":
            fields["split"] = self._split(node.entries["split"][1], len(fields["branches"]), f"{path}.split")
        if form == "residual":
            fields["join"] = "add"
        if "in_place" in fields and fields.get("join", JOIN.default) != "add":
            key = node.entries["in_place"][0]
            self._add(key, path, "only a sum can be written in place: in_place needs join: add")
        if fields.get("name") and fields.get("repeat", 1) > 1:
            key = node.entries["name"][0]
            self._add(
                key,
                path,
                "a unit that is repeated cannot have a name: its layers would all be called the same",
            )
        return Unit(form=form, place=self._place(node, path), **fields)

    def _field(self, fields: dict[str, Any], word: str, value: Node, path: str) -> None:
        try:
            fields[word] = read_value(value, _FIELDS[word])
        except UnreadableError as error:
            self._add(value, path, str(error))

    def _layers(self, node: Mapping, path: str) -> tuple[tuple[Step, ...], ...]:
        return (self._inner(node.entries["layers"][1], f"{path}.layers", "a unit"),)

    def _residual(self, node: Mapping, path: str) -> tuple[tuple[Step, ...], ...]:
        body = self._inner(node.entries["residual"][1], f"{path}.residual", "a residual")
        if "shortcut" not in node.entries:
            return (body, ())
        shortcut, where = node.entries["shortcut"][1], f"{path}.shortcut"
        if isinstance(shortcut, Sequence):
            return (body, self._inner(shortcut, where, "a shortcut", may_be_empty=True))
        step = self._step(shortcut, where)
        return (body, () if step is None else (step,))

    def _branches(self, node: Mapping, path: str) -> tuple[tuple[Step, ...], ...]:
        held, where = node.entries["branches"][1], f"{path}.branches"
        if not isinstance(held, Sequence) or len(held.items) < 2:
            got = "one" if isinstance(held, Sequence) and held.items else str(held)
            self._add(held, where, f"expected at least two branches, each a list of layers, got {got}")
        if not isinstance(held, Sequence):
            return ()
        return tuple(
            self._inner(branch, f"{where}[{index}]", "a branch", may_be_empty=True)
            for index, branch in enumerate(held.items)
        )

    def _split(self, node: Node, count: int, path: str) -> bool | tuple[int, ...]:
        """``true``, or the channels of each branch."""
        if isinstance(node, Scalar):
            try:
                return bool(read_value(node, CROP))
            except UnreadableError:
                pass
        if not isinstance(node, Sequence) or len(node.items) != count:
            got = f"{len(node.items)} numbers" if isinstance(node, Sequence) else str(node)
            self._add(
                node,
                path,
                f"expected true, or a list of the channels of each of the {count} branches, got {got}",
            )
            return False
        sizes = []
        for index, item in enumerate(node.items):
            try:
                sizes.append(read_value(item, INPUT))
            except UnreadableError as error:
                self._add(item, f"{path}[{index}]", str(error))
        return tuple(sizes)

    # joins ------------------------------------------------------------------------------------------------

    def _join(self, kind: JoinKind, value: Node, node: Node, path: str) -> Join | None:
        """``{concat: [skip]}``, or ``{concat: {with: [skip, .], crop: true, as: NAME}}``."""
        where = f"{path}.{kind}"
        fields: dict[str, Any] = {}
        names: Node = value
        if isinstance(value, Mapping):
            taken = ("with", "crop", AS) if kind == "concat" else ("with", AS)
            for word, (key, inner) in value.entries.items():
                if word not in taken:
                    self._add(key, where, f"{kind} has no field {quote(word)}{suggestion(word, taken)}")
                elif word == AS:
                    fields["label"] = self.items.read_label(inner, f"{where}.{AS}")
                elif word == "crop":
                    try:
                        fields["crop"] = read_value(inner, CROP)
                    except UnreadableError as error:
                        self._add(inner, f"{where}.crop", str(error))
            if "with" not in value.entries:
                self._add(node, where, f"{kind} needs with, a list of the names of values to join")
                return None
            names = value.entries["with"][1]
        if not isinstance(names, Sequence) or not names.items:
            self._add(names, where, f"expected a list of names of values, such as [skip1], got {names}")
            return None
        sources = []
        for index, name in enumerate(names.items):
            if isinstance(name, Scalar) and name.text == CURRENT:
                sources.append(CURRENT)
            else:
                sources.append(self.items.read_label(name, f"{where}[{index}]"))
        if not all(sources):
            return None
        if CURRENT not in sources:
            sources.insert(0, CURRENT)
        if len(sources) < 2:
            self._add(names, where, f"{kind} needs a named value beside the current one")
            return None
        return Join(kind=kind, sources=tuple(sources), place=self._place(node, path), **fields)


_BRANCHES = {
    "layers": StepReader._layers,
    "residual": StepReader._residual,
    "branches": StepReader._branches,
}


def _all_keys() -> set[str]:
    return {key for keys in FORMS.values() for key in keys}
