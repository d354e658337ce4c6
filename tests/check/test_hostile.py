"""Documents that mean harm end in a finding or in nothing, soon, and never in a traceback."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pace import seconds

from .generate import documents, plain
from .support import check, codes

HOSTILE = {
    "digits": b"1" * 1_000_000,
    "products": b"3*3*64=" * 150_000,
    "pipes": b"| " * 500_000,
    "brackets": b"memory: " + b"(" * 500_000 + b"\nparams: 1\n",
    "rows": b"CONV3-64: [224x224x64] memory: 1 params: 2\n" * 20_000,
    "broken notebook": b'{"cells": [{"source": ["' + b"a\\n" * 200_000,
    "nested notebook": b'{"a":' * 50_000,
    "names": b"VGG16 VGG19 ResNet " * 30_000,
    "tables": b"<table><tr><td>" * 30_000,
    "tabular": b"\\begin{tabular}" + b"a & b \\\\\n" * 50_000,
    "commas": b"a,b,c,1,2,3\n" * 50_000,
    "headers": b"Layer (type) Output Shape Param #\n" * 20_000,
    "spaces": b" " * 500_000 + b"\n" + b" params: 138M" * 10_000,
    "invalid": b"\xff\xfa Layer (type) Param #\n" * 10_000,
}


@pytest.mark.parametrize("suffix", [".md", ".html", ".csv", ".ipynb", ".tex", ".py"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_end(name: str, suffix: str) -> None:
    """Whatever the ending, they are read within two seconds a megabyte, on a machine twice as slow too."""
    data = HOSTILE[name]
    limit = 2 * 2 * max(len(data) / 1e6, 0.5)

    assert seconds(lambda: check(data, f"hostile{suffix}"), limit) < limit


def test_zero_bytes_are_a_finding() -> None:
    """A binary file is said to be one."""
    assert codes(b"\0\1\2" * 100) == ["V901"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_encodings(encoding: str) -> None:
    """UTF-8, UTF-16 with and without a mark, and GB 18030 are read alike."""
    text = "VGG16 有 1.83亿个参数，这是一个网络。VGG16 有 1.83亿个参数\n" * 3

    assert set(codes(text.encode(encoding))) == {"V210"}


@given(st.data())
@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
def test_damaged_documents_never_raise(data: st.DataObject) -> None:
    """Right documents with pieces cut out, put in twice or overwritten are read without an exception."""
    case = data.draw(st.sampled_from(CASES))
    text = plain(case.text)
    for _ in range(data.draw(st.integers(1, 6))):
        a = data.draw(st.integers(0, len(text)))
        b = data.draw(st.integers(a, min(len(text), a + 400)))
        text = (
            text[:a]
            + data.draw(st.sampled_from(["", text[a:b] * 2, "\n", "|", "(", "\x00", "é", "１"]))
            + text[b:]
        )
    check(text, f"doc{case.suffix}")


CASES = [case for case in documents(deep=False) if case.name.endswith((": D", ": C"))]
