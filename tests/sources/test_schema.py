"""The JSON Schema and the reader agree, as far as a schema can see."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from vggstat.errors import SpecError
from vggstat.fields import Field
from vggstat.net.ops import all_kinds
from vggstat.net.ops.base import Kind
from vggstat.sources.spec import find, names, read_text, schema
from vggstat.sources.spec.json_schema import _KEYS
from vggstat.sources.spec.language import KEYS, QUANTITIES
from vggstat.sources.spec.reader import _READERS

REJECTED = Path(__file__).parent / "rejected"

UNSEEN = {
    "nothing to load": "binary empty escape-character latin-1 nul only-a-comment utf-16 utf-16-without-mark "
    "utf-32 syntax-colon syntax-indentation syntax-open-list syntax-open-quote syntax-stray-bracket "
    "syntax-tab two-documents tag key-is-a-list alias-unknown",
    "gone after loading": "duplicate-top-level-key duplicate-field merge-key tag-int alias-of-itself "
    "alias-bomb",
    "another number to YAML 1.1": "integer-octal integer-base-60 integer-hexadecimal integer-underscore "
    "integer-fraction boolean-yes",
    "no number to JSON": "number-nan number-overflow",
    "other files": "extends-unknown extends-missing-file extends-directory extends-itself extends-circle-a "
    "extends-circle-b",
    "the same kind by two names": "defaults-twice",
    "where a name stands, and what it is": "unit-from",
    "what repeats add up to": "unit-repeat-nested",
    "sizes held against one another": "input-channels-last",
}
"""Rejected files that a schema cannot reject, by the reason."""

SEEN = sorted({path.stem for path in REJECTED.glob("*.yaml")} - set(" ".join(UNSEEN.values()).split()))


def validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def test_the_schema_is_a_schema() -> None:
    """It is valid against the dialect that it names."""
    Draft202012Validator.check_schema(schema())

    assert schema()["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


@pytest.mark.parametrize("name", names())
def test_every_shipped_spec_is_valid(name: str) -> None:
    """Read by a plain YAML loader, as an editor would."""
    document = yaml.safe_load(Path(find(name)).read_text(encoding="utf-8"))

    assert [error.message for error in validator().iter_errors(document)] == []


@pytest.mark.parametrize("case", SEEN)
def test_what_the_reader_rejects_the_schema_rejects(case: str) -> None:
    """Except for what only the text shows; those cases are listed with their reasons."""
    document = yaml.safe_load((REJECTED / f"{case}.yaml").read_text(encoding="utf-8"))

    assert not validator().is_valid(document)


@pytest.mark.parametrize("case", " ".join(UNSEEN.values()).split())
def test_the_list_of_unseen_cases_is_no_longer_than_need_be(case: str) -> None:
    """Each case on the list really cannot be loaded, or is accepted by the schema."""
    if case in {"alias-bomb", "alias-of-itself"}:
        return  # walking through either takes for ever: that is what they are for
    try:
        document = yaml.safe_load((REJECTED / f"{case}.yaml").read_bytes())
    except (yaml.YAMLError, UnicodeDecodeError):
        return

    assert document is None or validator().is_valid(document)


def test_reader_and_schema_know_the_same_keys() -> None:
    """Both have an entry for each key of the one table."""
    assert set(KEYS) == set(_READERS) == set(_KEYS) == set(schema()["properties"])
    assert set(QUANTITIES) < set(schema()["$defs"]["entry"]["properties"])


@pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.name)
def test_every_field_of_every_layer_is_in_the_schema(kind: Kind) -> None:
    """Name, meaning and default come from the layer's own file."""
    properties = schema()["$defs"][f"{kind.name}-fields"]["properties"]

    assert {*kind.fields, "as"} == set(properties)
    for name, field in kind.fields.items():
        assert properties[name]["description"] == field.doc
        if not field.required and field.default is not None:
            assert properties[name]["default"] == field.default


def accepted(document: Any) -> bool:
    try:
        read_text(yaml.safe_dump(document, allow_unicode=True, width=10**6), "x.yaml")
    except SpecError:
        return False
    return True


def around(field: Field) -> st.SearchStrategy[Any]:
    """Values that a field takes, and others on both sides of its limits."""
    low, high = field.minimum, field.maximum
    numbers = st.sampled_from([low, low - 1, low + 1, high, high + 1, 3])
    if field.type == "integer":
        return st.one_of(numbers.map(int), st.sampled_from(["3", "x", True, None, [], {}]))
    if field.type == "padding":
        return st.one_of(numbers.map(int), st.sampled_from(["same", "valid", True, None, []]))
    if field.type == "number":
        return st.one_of(st.floats(0, 2), st.sampled_from([int(low), int(high), -1, "x", True, None]))
    if field.type == "boolean":
        return st.sampled_from([True, False, 1, "x", None])
    return st.sampled_from([*field.choices, "x", 1, None])


@st.composite
def layers(draw: st.DrawFn) -> Any:
    """A layer in the long form, with some fields right and some wrong."""
    kind = draw(st.sampled_from(all_kinds()))
    fields = {
        name: draw(around(field))
        for name, field in kind.fields.items()
        if draw(st.booleans()) or (field.required and draw(st.integers(0, 9)))
    }
    return {draw(st.sampled_from([kind.name, *kind.spellings, kind.name.upper()])): fields}


@given(layers())
def test_reader_and_schema_judge_layers_alike(layer: Any) -> None:
    """The same layers are right for both: types, bounds, choices, required fields, spellings."""
    document = {"name": "x", "input": [3, 224, 224], "blocks": [[layer]]}

    assert accepted(document) == validator().is_valid(document)


WORDS = """conv3-64, CONV3-64, Conv03-64, conv3-064, conv-64, fc4096, FC-4096, fc, max_pool, maxpool,
Soft-Max, LRN, dense, conv, flatten, bn2, batch norm, -relu-, avgpool2d, conv3-64x""".replace(
    "\n", " "
).split(", ")


@pytest.mark.parametrize("word", [*WORDS, "", "lrn ", "conv3-64 "])
def test_reader_and_schema_judge_short_forms_alike(word: str) -> None:
    """The notation of a layer's file holds for both, without regard to case."""
    document = {"name": "x", "input": [3, 224, 224], "blocks": [[word]]}

    assert accepted(document) == validator().is_valid(document)


TEXTS: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(["x", "vgg16", "a b", "", " ", "D@384", "-x", "1", "on", "é"]),
    st.sampled_from(["x" * 64, "x" * 65, None, []]),
    st.integers(0, 10**9),
    st.booleans(),
    st.text("ab.-_+ /", max_size=5),
)


@given(TEXTS)
def test_reader_and_schema_judge_names_alike(name: Any) -> None:
    """A name may look like a number to YAML; it holds nothing that a shell or a path would split."""
    document = {"name": name, "input": [3, 224, 224], "blocks": [["maxpool"]]}

    assert accepted(document) == validator().is_valid(document)


def test_a_date_is_text_to_the_reader() -> None:
    """The one difference: YAML 1.1 makes a date of it, which JSON Schema does not know."""
    text = "name: x\ntitle: 2014-09-04\ninput: [3, 224, 224]\nblocks: [[maxpool]]\n"

    assert read_text(text, "x.yaml").title == "2014-09-04"
    assert yaml.safe_load(text)["title"] == datetime.date(2014, 9, 4)
