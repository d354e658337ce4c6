"""What a spec's text means."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vggstat.errors import InputError, SpecError, UsageError
from vggstat.net.ops import all_kinds, fold
from vggstat.net.spec import Step, items_of
from vggstat.sources.spec import Item, load, read_text
from vggstat.sources.spec.loading import MAX_EXTENDS
from vggstat.sources.spec.text import MAX_BYTES

START = "name: x\ninput: [3, 224, 224]\n"


def layer(text: str) -> Item:
    """The one layer that ``text`` writes."""
    [block] = read_text(f"{START}blocks: [[{text}]]", "x.yaml").blocks
    [item] = items_of(block)
    return item


def shown(steps: Iterable[Step]) -> list[tuple[str, dict[str, Any]]]:
    return [(item.kind.name, dict(item.written)) for item in items_of(steps)]


@pytest.mark.parametrize(
    ("text", "kind", "fields"),
    [
        ("conv3-64", "conv", {"kernel": 3, "filters": 64}),
        ("CONV1-256", "conv", {"kernel": 1, "filters": 256}),
        ("'conv11-96'", "conv", {"kernel": 11, "filters": 96}),
        ("FC-4096", "fc", {"features": 4096}),
        ("fc4096", "fc", {"features": 4096}),
        ("maxpool", "maxpool", {}),
        ("Max-Pool", "maxpool", {}),
        ("LRN", "lrn", {}),
        ("soft-max", "softmax", {}),
        ("{maxpool: {}}", "maxpool", {}),
        ("{maxpool: null}", "maxpool", {}),
        ("{maxpool: }", "maxpool", {}),
        ("{maxpool: {kernel: 3, ceil: true}}", "maxpool", {"kernel": 3, "ceil": True}),
        ("{conv: {filters: 64, padding: same}}", "conv", {"filters": 64, "padding": "same"}),
        ("{Conv2D: {filters: 64, padding: 0}}", "conv", {"filters": 64, "padding": 0}),
        ("{dropout: {p: 0.25}}", "dropout", {"p": 0.25}),
        ("{dropout: {p: 1}}", "dropout", {"p": 1.0}),
        ("{lrn: {alpha: 1e-4, k: 2}}", "lrn", {"alpha": 0.0001, "k": 2.0}),
        ("{fc: {features: 10, activation: none}}", "fc", {"features": 10, "activation": "none"}),
        ("{fc: {features: 10, dropout: 0}}", "fc", {"features": 10, "dropout": 0.0}),
    ],
)
def test_a_layer_is_its_kind_and_the_fields_that_are_written(
    text: str, kind: str, fields: dict[str, Any]
) -> None:
    """Short and long form mix freely; defaults are not filled in."""
    assert [(kind, fields)] == shown((layer(text),))


def test_block_style_means_the_same_as_brackets() -> None:
    """YAML's two ways to write a list are the same to us."""
    block = (
        "blocks:\n  -\n    - conv3-64\n    - conv:\n        filters: 64\n        kernel: 5\n    - maxpool:\n"
    )
    flow = "blocks: [[conv3-64, {conv: {filters: 64, kernel: 5}}, {maxpool: }]]"

    one, two = (read_text(START + text, "x.yaml") for text in (block, flow))

    assert shown(one.blocks[0]) == shown(two.blocks[0])


def test_a_small_spec_has_the_languages_defaults() -> None:
    """No classifier and so no head, the name as title."""
    spec = read_text(f"{START}blocks: [[maxpool]]", "nets/x.yaml")

    assert spec.name == spec.title == "x"
    assert spec.input == (3, 224, 224)
    assert spec.head == "none"
    assert spec.classifier == spec.aliases == spec.published == ()
    assert spec.source == ""
    assert spec.origin == "nets/x.yaml"
    assert spec.places == {"input": ("nets/x.yaml", 2, 8, "input")}


@pytest.mark.parametrize(
    ("written", "image"),
    [
        ("[3, 224, 224]", (3, 224, 224)),
        ("{channels: 224, height: 224, width: 3}", (224, 224, 3)),
        ("{width: 5, height: 4, channels: 3}", (3, 4, 5)),
        ("[12, 500, 1]", (12, 500, 1)),  # a signal of twelve channels
        ("[3, 224, 3]", (3, 224, 3)),
        ("[512, 7, 7]", (512, 7, 7)),
    ],
)
def test_the_image_of_a_spec(written: str, image: tuple[int, int, int]) -> None:
    """Channels, height and width, in this order or by name."""
    assert read_text(f"name: x\ninput: {written}\nblocks: [[conv3-4]]", "x.yaml").input == image


@given(st.integers(5, 5000), st.integers(5, 5000), st.sampled_from([3, 4]))
def test_an_image_with_its_channels_last_is_asked_about(height: int, width: int, channels: int) -> None:
    """The message says how to write it, whichever was meant, and both ways are read."""
    with pytest.raises(SpecError) as caught:
        read_text(f"name: x\ninput: [{height}, {width}, {channels}]\nblocks: [[conv3-4]]", "x.yaml")

    text = str(caught.value)
    assert text.startswith("x.yaml:2:8: input: ")
    assert "channels first?" in text
    for advice in re.findall(r"(?<=Write )\[.*?\]|\{.*?\}", text):
        read_text(f"name: x\ninput: {advice}\nblocks: [[conv3-4]]", "x.yaml")


def test_each_layer_knows_where_it_stands() -> None:
    """Errors of the graph (a kernel larger than its input) can name the line too."""
    spec = read_text(f"{START}blocks:\n  - [conv3-64]\n  - [conv3-64,\n     maxpool]\n", "x.yaml")

    assert spec.blocks[1][1].place == ("x.yaml", 6, 6, "blocks[1][1]")


def test_an_alias_stands_for_what_its_anchor_marks() -> None:
    """Plain YAML aliases work, so that a block can be repeated."""
    spec = read_text(f"{START}blocks:\n  - &block [conv3-64, maxpool]\n  - *block\n", "x.yaml")

    assert shown(spec.blocks[0]) == shown(spec.blocks[1])


@pytest.mark.parametrize("name", ["1", "on", "0224", "no", "1.5", "D", "ResNet-50_v1.5", "x" * 64])
def test_a_name_is_text_whatever_yaml_would_read(name: str) -> None:
    """A network called 1 or on is called that."""
    spec = read_text(f"name: {name}\ninput: [3, 224, 224]\nblocks: [[maxpool]]", "x.yaml")

    assert spec.name == name


def test_published_figures_are_kept_as_they_are_written() -> None:
    """29.60 is not 29.6: digits are part of what a source states."""
    text = "published: [{top1_error: 29.60, params: 138M, source: paper, convention: one crop}]"
    [entry] = read_text(f"{START}blocks: [[maxpool]]\n{text}", "x.yaml").published

    assert dict(entry.figures) == {"top1_error": "29.60", "params": "138M"}
    assert (entry.source, entry.convention) == ("paper", "one crop")


def test_a_byte_order_mark_is_allowed() -> None:
    """Some editors write one; line 1 still begins in column 1."""
    assert read_text(f"\ufeff{START}blocks: [[maxpool]]", "x.yaml").name == "x"


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """``-`` reads bytes; messages call it <stdin>."""
    data = f"{START}blocks: [[maxpool]]".encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    assert load("-").origin == "-"

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"name: x\nblocks: [[relu]]")))
    with pytest.raises(SpecError, match=r"^<stdin>:1:1: the key input is missing"):
        load("-")


def test_standard_input_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """An endless pipe is not read to its end."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"#" * (MAX_BYTES + 10))))

    with pytest.raises(InputError, match="<stdin>: larger than 4 MB"):
        load("-")


def test_an_argument_with_a_slash_or_yaml_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anything else is the name of a shipped spec, even where a file is called so."""
    monkeypatch.chdir(tmp_path)
    for name in ("net.yaml", "net.YML", "mine", "D"):
        (tmp_path / name).write_text(f"{START}blocks: [[maxpool]]")

    for argument in ("net.yaml", "net.YML", "./mine", "./D", str(tmp_path / "mine")):
        assert load(argument).name == "x"
    assert load("D").name == "D"
    with pytest.raises(UsageError, match=r"write \./mine"):
        load("mine")


class TestDefaults:
    """``defaults:`` holds for every layer of a kind that does not say otherwise."""

    def test_the_layers_own_field_wins(self) -> None:
        """Own fields, then the spec's defaults; the kind's own defaults are not filled in."""
        spec = read_text(
            f"{START}defaults: {{conv: {{norm: batch, kernel: 5}}}}\n"
            "blocks: [[conv3-64, {conv: {filters: 64}}, {conv: {filters: 64, norm: none}}, maxpool]]",
            "x.yaml",
        )

        assert shown(spec.blocks[0]) == [
            ("conv", {"kernel": 3, "filters": 64, "norm": "batch"}),
            ("conv", {"kernel": 5, "filters": 64, "norm": "batch"}),
            ("conv", {"kernel": 5, "filters": 64, "norm": "none"}),
            ("maxpool", {}),
        ]

    def test_they_hold_in_the_classifier_too(self) -> None:
        """FC layers are layers."""
        spec = read_text(
            f"{START}defaults: {{Dense: {{dropout: 0}}}}\nblocks: [[maxpool]]\nclassifier: [FC-10]", "x.yaml"
        )

        assert shown(spec.classifier) == [("fc", {"features": 10, "dropout": 0.0})]


class TestExtends:
    """``extends:`` takes over what describes the network, and nothing that describes the text."""

    def files(self, folder: Path, **texts: str) -> None:
        for name, text in texts.items():
            (folder / f"{name}.yaml").write_text(text)

    def test_the_network_is_inherited_and_the_text_is_not(self, tmp_path: Path) -> None:
        """Input, blocks, head, classifier and defaults; no name, title, alias, source, published figure."""
        self.files(tmp_path, child="name: child\nextends: D\n")

        child, parent = load(str(tmp_path / "child.yaml")), load("D")

        assert (child.input, child.blocks, child.head) == (parent.input, parent.blocks, parent.head)
        assert child.classifier == parent.classifier
        assert (child.name, child.title, child.aliases, child.source, child.published) == (
            "child", "child", (), "", ()
        )  # fmt: skip

    def test_a_key_overrides_the_whole_key(self, tmp_path: Path) -> None:
        """Blocks are replaced, not merged."""
        self.files(
            tmp_path, child="name: child\nextends: vgg-16\nblocks: [[maxpool]]\nhead: gap\nclassifier: []\n"
        )

        child = load(str(tmp_path / "child.yaml"))

        assert shown(child.blocks[0]) == [("maxpool", {})]
        assert (child.head, child.classifier) == ("gap", ())
        assert child.input == (3, 224, 224)

    def test_inherited_layers_get_the_new_defaults(self, tmp_path: Path) -> None:
        """Own fields, the extending spec's defaults, then the extended one's, field by field."""
        self.files(
            tmp_path,
            base=f"{START}defaults: {{conv: {{bias: false, kernel: 7}}}}\n"
            "blocks: [[{conv: {filters: 8}}, {conv: {filters: 8, stride: 2}}]]\n",
            child="name: child\nextends: ./base.yaml\n"
            "defaults: {conv: {kernel: 5, stride: 3, norm: batch}}\n",
        )

        child = load(str(tmp_path / "child.yaml"))

        assert shown(child.blocks[0]) == [
            ("conv", {"filters": 8, "bias": False, "kernel": 5, "stride": 3, "norm": "batch"}),
            ("conv", {"filters": 8, "bias": False, "kernel": 5, "stride": 2, "norm": "batch"}),
        ]

    def test_layers_keep_the_place_where_they_are_written(self, tmp_path: Path) -> None:
        """An error in an inherited layer points into the file that has it."""
        self.files(tmp_path, base=f"{START}blocks: [[maxpool]]", child="name: child\nextends: base.yaml")

        child = load(str(tmp_path / "child.yaml"))

        assert child.blocks[0][0].place == (str(tmp_path / "base.yaml"), 3, 11, "blocks[0][0]")

    def test_a_path_is_relative_to_the_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """And not to the folder that vggstat is called from."""
        (tmp_path / "nets" / "old").mkdir(parents=True)
        self.files(
            tmp_path / "nets" / "old", base=f"{START}blocks: [[maxpool]]", b="name: b\nextends: ./base.yaml"
        )
        self.files(tmp_path / "nets", child="name: child\nextends: old/b.yaml")
        monkeypatch.chdir("/")

        assert load(str(tmp_path / "nets" / "child.yaml")).input == (3, 224, 224)

    def test_chains_end(self, tmp_path: Path) -> None:
        """16 specs may extend one another; one more is refused."""
        texts = {f"n{i}": f"name: n{i}\nextends: n{i + 1}.yaml\n" for i in range(MAX_EXTENDS + 1)}
        self.files(tmp_path, **texts)
        (tmp_path / f"n{MAX_EXTENDS + 1}.yaml").write_text(f"{START}blocks: [[maxpool]]")

        assert load(str(tmp_path / "n1.yaml")).name == "n1"
        with pytest.raises(SpecError, match="more than 16 specs"):
            load(str(tmp_path / "n0.yaml"))

    def test_a_link_back_is_a_circle_too(self, tmp_path: Path) -> None:
        """Files are compared, not their names."""
        self.files(tmp_path, one="name: one\nextends: two.yaml\n")
        (tmp_path / "two.yaml").symlink_to(tmp_path / "one.yaml")

        with pytest.raises(SpecError, match=r"cannot extend itself: one\.yaml -> two\.yaml"):
            load(str(tmp_path / "one.yaml"))

    def test_what_neither_file_says_is_missing(self, tmp_path: Path) -> None:
        """The extended file has to be complete itself."""
        self.files(
            tmp_path, base="name: base\nblocks: [[maxpool]]\n", child="name: child\nextends: base.yaml"
        )

        with pytest.raises(SpecError, match=r"base\.yaml:1:1: the key input is missing"):
            load(str(tmp_path / "child.yaml"))

    def test_standard_input_extends_from_here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Text without a file looks in the current folder."""
        self.files(tmp_path, base=f"{START}blocks: [[maxpool]]")
        monkeypatch.chdir(tmp_path)

        assert read_text("name: y\nextends: ./base.yaml", "-").input == (3, 224, 224)


class TestDigest:
    """The digest tells whether anything that a spec was read from has changed."""

    def test_it_is_the_same_for_the_same_text(self) -> None:
        """64 hexadecimal digits, wherever the text comes from."""
        text = f"{START}blocks: [[maxpool]]"

        assert read_text(text, "a").digest == read_text(text.encode(), "b").digest
        assert len(read_text(text, "a").digest) == 64

    def test_it_changes_with_what_is_extended(self, tmp_path: Path) -> None:
        """A child is made of its parent's text too."""
        child, base = tmp_path / "child.yaml", tmp_path / "base.yaml"
        child.write_text("name: child\nextends: base.yaml")
        base.write_text(f"{START}blocks: [[maxpool]]")
        before = load(str(child)).digest
        base.write_text(f"{START}blocks: [[maxpool, maxpool]]")

        assert before != load(str(child)).digest


SPELLINGS = [(kind.name, word) for kind in all_kinds() for word in (kind.name, *kind.spellings)]


@pytest.mark.parametrize(("name", "word"), SPELLINGS)
def test_every_spelling_of_a_kind_names_it(name: str, word: str) -> None:
    """Without regard to case, - and _."""
    fields = next(kind for kind in all_kinds() if kind.name == name).fields
    needed = ", ".join(f"{field}: 2" for field, given in fields.items() if given.required)

    for spelling in (word, word.upper(), fold(word), word.replace("-", "_").title()):
        assert layer(f"{{{spelling}: {{{needed}}}}}").kind.name == name


@given(st.integers(1, 10_000), st.integers(1, 1_000_000))
def test_short_and_long_form_of_a_convolution_agree(kernel: int, filters: int) -> None:
    """convK-F is {conv: {kernel: K, filters: F}} for every K and F in range."""
    short, long = (
        layer(f"conv{kernel}-{filters}"),
        layer(f"{{conv: {{kernel: {kernel}, filters: {filters}}}}}"),
    )

    assert dict(short.fields) == dict(long.fields) == {"kernel": kernel, "filters": filters}


def test_the_parser_without_c_reads_the_same() -> None:
    """PyYAML built without libyaml is slower and no different, errors included."""
    code = (
        "import yaml; del yaml.CSafeLoader\n"
        "from vggstat.sources.spec import load, read_text\n"
        "from vggstat.errors import SpecError\n"
        "print(load('AlexNet').digest, [len(b) for b in load('D-BN').blocks])\n"
        "for text in ('name: [1', 'a: b: c', 'a: ' + '[' * 3000, 'name: &a [*a]', 'a: !x 1', 'a:\\n\\t- b'):\n"
        "    try: read_text(f'input: [1, 2, 3]\\n{text}', 'x.yaml')\n"
        "    except SpecError as error: print(error)\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    lines = done.stdout.splitlines()
    assert lines[0] == f"{load('AlexNet').digest} [3, 3, 4, 4, 4]"
    assert "x.yaml:2:67: nested more than 64 deep" in lines
    assert "x.yaml:2:11: name[0]: the alias '*a' stands inside what it repeats" in lines
    assert done.stderr == ""


def test_names_need_no_yaml_module() -> None:
    """Records, names and where files are do not cost the import of PyYAML."""
    code = "import sys, vggstat.sources.spec; vggstat.sources.spec.find('vgg16'); sys.exit('yaml' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("layers", [1_000, 10_000])
def test_long_specs_are_read(layers: int) -> None:
    """Ten thousand layers are no problem (times are in tests/benchmarks)."""
    spec = read_text(f"{START}blocks: [[{', '.join(['conv3-64'] * layers)}]]", "x.yaml")

    assert len(spec.blocks[0]) == layers


def test_a_spec_survives_a_yaml_round_trip() -> None:
    """Another program may rewrite a spec: what PyYAML dumps of D is D."""
    document = yaml.safe_load(Path(load("D").origin).read_text(encoding="utf-8"))
    again = read_text(yaml.safe_dump(document), "x.yaml")

    assert [shown(block) for block in again.blocks] == [shown(block) for block in load("D").blocks]
