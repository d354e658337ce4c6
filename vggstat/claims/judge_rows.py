"""The cells of a listing, one by one, each under its column's convention."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from math import prod
from typing import Final

from vggstat.claims.conventions import Rule, memory_rules, ops_rules, param_rules, vote
from vggstat.claims.identify import Identity, shape_agrees
from vggstat.claims.ledger import Ledger
from vggstat.claims.model import Cell, ClaimTable
from vggstat.claims.network import Target
from vggstat.claims.numbers import Expression, Number, Part, claim_parts, clean, format_like
from vggstat.claims.observe import Obs, parse_dims
from vggstat.claims.slips import likely_slip
from vggstat.layers.base import Ops
from vggstat.shapes import Shape, describe

__all__ = ["Judged", "heading_of", "judge_rows", "with_passing"]

MOST: Final = 0.7
"""The part of a column that its rule has to admit, or it is no rule of it."""
FAMILIES: Final = {"params": "2", "memory": "3", "ops": "4"}
_COLUMN_OF: Final = {
    "params": "params",
    "weights": "params",
    "trainable_params": "params",
    "memory": "memory",
    "values": "memory",
    "ops": "ops",
}
NOUNS: Final = {"params": "parameters", "weights": "weights", "memory": "output values", "ops": "operations"}


class Judged:
    """A cell with the layer it is about: what the columns vote on."""

    def __init__(self, cell: Cell, obs: Obs, target: Target) -> None:
        self.cell = cell
        self.obs = obs
        self.target = target
        self.flow = clean(cell.flow)
        self.parts: tuple[Part, ...] = claim_parts(self.flow.text, cell.unit)

    @property
    def numbers(self) -> list[Number]:
        return [part for part in self.parts if isinstance(part, Number)]


def judge_rows(table: ClaimTable, identity: Identity, ledger: Ledger) -> dict[str, Rule | None]:
    """Judge every cell of every row; returns the convention of each column."""
    pairs = list(with_passing(identity))
    columns: dict[tuple[str, str], list[Judged]] = {}
    for obs, target in pairs:
        for cell in _judged_once(obs, identity):
            if target is None:
                _alone(cell, ledger)
            elif cell.quantity == "shape":
                _judge_shape(cell, obs, target, identity, ledger)
            elif cell.quantity in _COLUMN_OF:
                columns.setdefault((cell.quantity, heading_of(cell)), []).append(Judged(cell, obs, target))
            else:
                _judge_attribute(cell, target, identity, ledger)
    rules: dict[str, Rule | None] = {}
    for (quantity, heading), cells in columns.items():
        rule, batch = _judge_column(_COLUMN_OF[quantity], cells, table, identity, ledger)
        rules[f"{quantity} {heading}"] = rule
        rules.setdefault(quantity, rule)
        rules.setdefault(_COLUMN_OF[quantity], rule)
        ledger.conventions.setdefault(quantity, rule.words if rule is not None else "unknown")
        ledger.batch = max(ledger.batch, batch)
    return rules


def heading_of(cell: Cell) -> str:
    """What the column of a cell is called: ``weights:`` and ``params:`` of one listing are one column."""
    return "" if cell.label.endswith(("name",)) else re.sub(r"[^a-z]", "", cell.label.lower())


def _judged_once(obs: Obs, identity: Identity) -> tuple[Cell, ...]:
    """The cells of a row; of a row that stands for several layers only once."""
    first = next(o for o in identity.observations if o.row is obs.row)
    return obs.row.cells if first is obs or obs.row.repeats == 1 else ()


def with_passing(identity: Identity) -> Iterator[tuple[Obs, Target | None]]:
    """Each row with its layer. A row that only passes its map on (ReLU, dropout) gets a layer made for it."""
    assert identity.network is not None
    targets = identity.network.targets
    current = targets[0]
    for o, t in identity.pairs:
        if o is None:
            if t is not None and targets[t].is_hard:
                current = targets[t]
            continue
        obs = identity.observations[o]
        if obs.row.type == "container":
            yield obs, _container(o, identity)
            continue
        if t is not None:
            current = targets[t]
            yield obs, current
            continue
        made = _passing(obs, current)
        if made is not None and obs.kind == "flatten":
            current = made
        yield obs, made


def _container(index: int, identity: Identity) -> Target | None:
    """A module that holds others gives what the last of them gives."""
    assert identity.network is not None
    depth = identity.observations[index].row.depth
    last = None
    for o, t in identity.pairs:
        if o is None or o <= index:
            continue
        if identity.observations[o].row.depth <= depth:
            break
        last = identity.network.targets[t] if t is not None else last
    return (
        None
        if last is None
        else Target(
            "other",
            identity.observations[index].row.name,
            "module",
            last.shape,
            last.shape,
            0,
            0,
            0,
            None,
            None,
            None,
            Ops(),
            (),
        )
    )


def _passing(obs: Obs, before: Target) -> Target | None:
    """The layer of a row that no network holds as such: its shape follows from the one before."""
    shape: Shape = before.shape
    weights = biases = buffers = 0
    if obs.kind == "flatten":
        shape = (prod(before.shape),)
    elif obs.kind == "bn":
        weights = biases = before.shape[0]
        buffers = 2 * before.shape[0]
    elif obs.kind == "zeropad" and len(before.shape) == 3:
        channels, height, width = before.shape
        shape = (channels, height + 2, width + 2)
    elif obs.kind == "avgpool" and obs.dims and len(before.shape) == 3 and before.shape[1:] == (7, 7):
        shape = before.shape  # an adaptive pool to 7x7 changes nothing here
    elif obs.kind not in ("relu", "dropout", "softmax"):
        return None
    return Target(
        obs.kind,
        obs.row.name,
        obs.kind,
        shape,
        before.shape,
        weights,
        biases,
        buffers,
        None,
        None,
        None,
        Ops(),
        (weights,) if weights else (),
    )


def _alone(cell: Cell, ledger: Ledger) -> None:
    """A cell of a layer that is not known: only its own arithmetic can be judged."""
    from vggstat.claims.arithmetic import judge_arithmetic

    if not judge_arithmetic(cell, ledger):
        ledger.skip(cell, "the row is not a layer of the recognised network")


def _judge_shape(cell: Cell, obs: Obs, target: Target, identity: Identity, ledger: Ledger) -> None:
    dims = parse_dims(cell.flow)
    if dims is None:
        ledger.skip(cell, "no shape can be read in it")
        return
    batch = dims.batch
    if len(target.shape) == 1 and len(dims.numbers) == 2 and not dims.open_batch and 1 not in dims.numbers:
        batch = dims.numbers[0]
    if shape_agrees(obs._replace(dims=dims), target.shape, identity.layout) and _batch_agrees(
        batch, identity
    ):
        ledger.passed(cell, identity.layout)
        return
    if (
        obs.kind in ("zeropad", "avgpool", "flatten", "other")
        and len(dims.without_batch) == 2
        and len(target.shape) == 3
    ):
        ledger.skip(cell, "two numbers, of which it is not clear what they are")
        return
    expected = _shape_like(cell.flow.text, target.shape, identity)
    code = "V102" if target.kind == "input" else "V101"
    noun = "the image is" if target.kind == "input" else f"{_title(target)} gives"
    ledger.fail(
        code,
        cell.flow,
        f"{noun} {describe(target.shape)}, not {cell.flow.text.strip('[]() ')}",
        expected=expected,
        quantity="shape",
        layer=target.name,
        fixable=bool(expected),
        derivation=_shape_derivation(target),
        notes=(_shape_note(dims.without_batch, target, identity),),
    )


def _batch_agrees(batch: int | None, identity: Identity) -> bool:
    return batch is None or batch == identity.batch


def _shape_note(printed: tuple[int, ...], target: Target, identity: Identity) -> str:
    if len(target.shape) != 3 or len(printed) != 3:
        return ""
    if sorted(printed) == sorted(target.shape):
        first = "height, width, channels" if identity.layout == "hwc" else "channels, height, width"
        return f"the other shapes of the table are {first}"
    _, height, width = target.shape
    spatial = printed[:2] if identity.layout == "hwc" else printed[1:]
    if (
        target.kernel
        and target.kind == "conv"
        and spatial == (height - target.kernel + 1, width - target.kernel + 1)
    ):
        return "that is the size without padding; the table's other layers are padded"
    return ""


def _shape_derivation(target: Target) -> str:
    if target.kind in ("conv", "pool") and len(target.in_shape) == 3 and target.kernel:
        before, after = target.in_shape[1], target.shape[1]
        return f"({before} + 2*{target.padding} - {target.kernel})/{target.stride} + 1 = {after}"
    if target.kind == "flatten":
        return "*".join(map(str, target.in_shape)) + f" = {target.shape[0]}"
    return ""


def _shape_like(text: str, shape: Shape, identity: Identity) -> str:
    """The right shape in the form of the printed one."""
    dims = list(re.finditer(r"None|-1|\?|\d+", text))
    sides = shape
    if len(shape) == 3:
        channels, height, width = shape
        sides = (height, width, channels) if identity.layout == "hwc" else shape
    open_or_batch = len(dims) - len(sides)
    if open_or_batch not in (0, 1):
        return ""
    out, start = "", 0
    for match, side in zip(dims, [None, *sides] if open_or_batch else sides, strict=True):
        kept = (
            match[0]
            if side is None and not match[0].isdigit()
            else str(identity.batch if side is None else side)
        )
        out += text[start : match.start()] + kept
        start = match.end()
    return out + text[start:]


def _title(target: Target) -> str:
    return target.name or target.label


def _judge_attribute(cell: Cell, target: Target, identity: Identity, ledger: Ledger) -> None:
    """A number in a layer's name or arguments: kernel, channels, stride, size."""
    written = (
        r"\d{1,3}(?:,\d{3})+(?!\d)|\d{1,9}" if cell.quantity in ("channels", "in_channels") else r"\d{1,9}"
    )
    numbers = [int(text.replace(",", "")) for text in re.findall(written, cell.flow.text)]
    flat = target.in_shape[0] if len(target.in_shape) == 1 else prod(target.in_shape)
    fc_as_map = target.kind == "conv" and len(target.in_shape) == 3
    wanted: dict[str, tuple[int | None, ...]] = {
        "kernel": (target.kernel,),
        "channels": (target.shape[0],),
        "in_channels": (target.in_shape[0],) if fc_as_map or len(target.in_shape) == 3 else (flat,),
        "stride": (target.stride,),
        "padding": (target.padding,),
        "size": target.shape[1:] if len(target.shape) == 3 else (1,),
        "receptive_field": (target.field,),
    }
    expected = wanted.get(cell.quantity)
    if expected is None or not numbers or None in expected:
        ledger.skip(cell, f"nothing is known about {cell.quantity} of {target.name}")
        return
    if cell.quantity == "padding" and any(o.kind == "zeropad" for o in identity.observations):
        ledger.skip(cell, "the padding is a row of its own")
        return
    values = expected * len(numbers) if len(expected) == 1 else expected
    if len(expected) == 2 and len(numbers) == 1:
        values = expected[:1]
    if tuple(numbers) == tuple(values[: len(numbers)]) and len(numbers) <= len(values):
        ledger.passed(cell)
        return
    if target.kind == "pool" and cell.quantity in ("kernel", "padding", "stride") and identity.own:
        ledger.skip(cell, "the window of a pool cannot be told from shapes")
        return
    if cell.quantity == "in_channels" and target.kind == "fc" and _open_image(identity, target, numbers[0]):
        ledger.skip(cell, "the size of the image is not known")
        return
    text = _replace_ints(cell.flow.text, [value for value in values if value is not None])
    what = {"channels": "outputs", "in_channels": "inputs", "size": "output size"}.get(
        cell.quantity, cell.quantity
    )
    words = "×".join(str(value) for value in values[: len(numbers)])
    ledger.fail(
        "V103",
        cell.flow,
        f"{_title(target)} has {what.replace('_', ' ')} {words}, not {cell.flow.text.strip()}",
        expected=text,
        quantity=cell.quantity,
        layer=target.name,
        fixable=True,
        notes=(_digits_note("".join(map(str, numbers)), "".join(map(str, values[: len(numbers)]))),),
    )


def _open_image(identity: Identity, target: Target, inputs: int) -> bool:
    """Whether no shape tells the image, and some image gives the first FC layer so many inputs."""
    assert identity.network is not None
    maps = [t for t in identity.network.targets if len(t.shape) == 3]
    first = next((t for t in identity.network.targets if t.kind == "fc"), None)
    shaped = any(obs.dims for obs in identity.observations)
    return first is target and not shaped and bool(maps) and inputs % maps[-1].shape[0] == 0


def _digits_note(found: str, expected: str) -> str:
    from vggstat.claims.slips import digit_slip

    return digit_slip(found, expected)


def _replace_ints(text: str, values: Sequence[int]) -> str:
    left = list(values)
    return re.sub(r"\d+", lambda match: str(left.pop(0)) if left else match[0], text)


def _judge_column(
    column: str, cells: list[Judged], table: ClaimTable, identity: Identity, ledger: Ledger
) -> tuple[Rule | None, int]:
    """Judge a column; its convention (None where it follows none that is known) and the number of images."""
    in_bytes = any(number.unit.bytes for cell in cells for number in cell.numbers)
    if column == "params":
        rules = param_rules(table.family)
    elif column == "memory":
        rules = memory_rules(in_bytes=in_bytes)
    else:
        rules = ops_rules()
    preferred = "weights" if column == "params" and _says_weights(table, cells) else ""
    ballots = [(c.numbers[-1], c.target) for c in cells if c.numbers]
    batch = identity.batch
    chosen = vote(rules, ballots, batch, preferred)
    if column != "params" and not _explains(chosen.rule, ballots, batch):
        batch = _batch_of(rules, ballots)
        chosen = vote(rules, ballots, batch)
        if not _explains(chosen.rule, ballots, batch):
            for cell in cells:
                ledger.skip(cell.cell, "the column follows no known way to count")
            return None, 1
        identity = identity.replace(batch=batch)
    if column == "params" and table.params_are == "weights":
        chosen = chosen._replace(rule=next(rule for rule in rules if rule.name.startswith("weights")))
    exact = any(number.whole is not None and number.whole % 1000 for cell in cells for number in cell.numbers)
    indian = sum(number.is_indian for cell in cells for number in cell.numbers) > 1
    for cell in cells:
        _judge_cell(column, cell, chosen.rule, rules, table, identity, ledger, indian=indian, digits=exact)
    return chosen.rule, batch


def _explains(rule: Rule, ballots: Sequence[tuple[Number, Target]], batch: int) -> bool:
    """Whether the rule admits most of the cells that are not 0."""
    telling = [
        (number, target) for number, target in ballots if number.readings[0].mantissa or rule.exact(target)
    ]
    admitted = sum(rule.admits(number, target, batch) for number, target in telling)
    return len(telling) < 2 or admitted >= MOST * len(telling) or 1 < admitted == len(telling) - 1


def _batch_of(rules: Sequence[Rule], ballots: Sequence[tuple[Number, Target]]) -> int:
    """The number of images that most whole numbers are for; 1 where they are for none in common."""
    votes: Counter[int] = Counter()
    for number, target in ballots:
        for rule in rules:
            exact = rule.exact(target)
            if number.whole and exact and number.whole % exact == 0 and not rule.binary:
                votes[number.whole // exact] += 1
    usual = [(count, times) for count, times in votes.most_common(4) if 1 < count <= 4096]
    return usual[0][0] if usual and usual[0][1] * 2 > len(ballots) else 1


def _says_weights(table: ClaimTable, cells: list[Judged]) -> bool:
    return table.params_are == "weights" or any(cell.cell.quantity == "weights" for cell in cells)


def _judge_cell(
    column: str,
    judged: Judged,
    rule: Rule,
    rules: Sequence[Rule],
    table: ClaimTable,
    identity: Identity,
    ledger: Ledger,
    *,
    indian: bool,
    digits: bool,
) -> None:
    """``digits``: the column's bare numbers are exact, so that a 0 at the end is a digit."""
    cell, target, parts = judged.cell, judged.target, judged.parts
    if not parts:
        if re.fullmatch(r"[\s\-_.?nNaA/]*", judged.flow.text):
            return
        ledger.skip(cell, "no number can be read in it")
        return
    exact = rule.exact(target, identity.batch)
    if exact is None:
        ledger.skip(cell, f"no rule is known for {target.label}")
        return
    if table.family in ("keras", "torchsummary", "torchinfo") and column == "params" and target.kind == "bn":
        exact = target.params + (target.buffers if table.family == "keras" else 0)
    product = next((part for part in parts if isinstance(part, Expression)), None)
    numbers = judged.numbers
    wrong_product = product is not None and not _product_agrees(product, target, column, rules, identity)
    number = numbers[-1] if numbers else None
    for earlier in numbers[:-1]:
        if not _admits(earlier, exact, rule) and not _eaten(earlier.digits, target, column):
            _fail_number(column, judged, earlier, exact, rule, rules, identity, ledger, product)
            return
    loose = number is not None and digits and number.whole is not None and number.readings[0].decimals == 0
    if number is not None and (not _admits(number, exact, rule) or (loose and number.whole != exact)):
        _fail_number(column, judged, number, exact, rule, rules, identity, ledger, product)
        return
    if (
        number is not None
        and not number.well_grouped
        and number.is_exact
        and not (indian and number.is_indian)
    ):
        _fail_grouping(column, judged, number, exact, ledger)
        return
    if product is not None and wrong_product:
        _fail_product(column, judged, product, exact, ledger)
        return
    if product is not None and number is not None:
        value = product.value
        eaten = _eaten(product.digits, target, column) and not any(
            prod(factors) == value for factors in _canonical(target, column)
        )
        if value is not None and not eaten and not _admits(number, value, rule):
            _fail_false_product(column, judged, product, number, ledger)
            return
    ledger.passed(cell, rule.words)


def _admits(number: Number, exact: int, rule: Rule) -> bool:
    return number.admits(exact, rule.scale(number))


def _canonical(target: Target, column: str) -> tuple[tuple[int, ...], ...]:
    """The factors of a layer's figure in the orders that people write them."""
    if column == "memory":
        if len(target.shape) == 3:
            channels, height, width = target.shape
            return (height, width, channels), (channels, height, width)
        return (target.shape,)
    if column == "params" and target.factors:
        flat = (
            (*target.in_shape[1:], target.in_shape[0], target.shape[0]) if len(target.in_shape) == 3 else ()
        )
        return target.factors, flat, (7, 7, 512, *target.factors[1:])
    return ()


def _eaten(digits: str, target: Target, column: str) -> bool:
    """Whether these are the digits of the right product whose signs Markdown has eaten."""
    return any(digits == "".join(map(str, factors)) for factors in _canonical(target, column) if factors)


def _product_agrees(
    product: Expression, target: Target, column: str, rules: Sequence[Rule], identity: Identity
) -> bool:
    value = product.value
    exact = {rule.exact(target, batch) for rule in rules for batch in (1, identity.batch)}
    return value in exact or _eaten(product.digits, target, column)


def _fail_number(
    column: str,
    judged: Judged,
    number: Number,
    exact: int,
    rule: Rule,
    rules: Sequence[Rule],
    identity: Identity,
    ledger: Ledger,
    product: Expression | None,
) -> None:
    """A number that its column's rule does not admit: under another rule a mixture, else plainly wrong."""
    target = judged.target
    expected = format_like(number, exact, rule.scale(number))
    other = next(
        (r for r in rules if r.admits(number, target, identity.batch) or r.admits(number, target)), None
    )
    if other is rule or (
        number.whole is not None and other is not None and number.whole != other.exact(target)
    ):
        other = None
    contradicts = product is not None and product.value is not None and not number.admits(product.value)
    noun = _noun(column, rule)
    shown = f"{exact:,}"
    note = likely_slip(number, exact, target, column, identity)
    if other is not None and not (contradicts and column == "params"):
        ledger.fail(
            "V601",
            judged.flow,
            f"{_title(target)}: {number.text.strip()} is {other.words}, the table's other "
            f"rows are "
            f"{rule.words}: {shown} here",
            span=(number.start, number.end),
            expected=expected,
            quantity=judged.cell.quantity,
            layer=target.name,
            derivation=_derivation(target, column, exact),
            fixable=True,
        )
        return
    if contradicts and other is not None and product is not None:
        _fail_false_product(column, judged, product, number, ledger)
        return
    notes: tuple[str, ...] = (note,)
    if contradicts and product is not None and product.value == exact:
        notes = (f"{product.text} = {exact:,}: the line contradicts its own product", note)
    ledger.fail(
        f"V{FAMILIES[column]}01",
        judged.flow,
        f"{_title(target)} has {shown} {noun}, not {number.text.strip()}",
        span=(number.start, number.end),
        expected=expected,
        quantity=_quantity(column, rule),
        layer=target.name,
        derivation=_derivation(target, column, exact),
        notes=notes,
        fixable=True,
    )


def _noun(column: str, rule: Rule) -> str:
    if column == "params":
        return "weights" if rule.name.startswith("weights") else "parameters"
    if column == "memory":
        return "bytes of output" if rule.name.startswith("bytes") else "output values"
    return f"operations ({rule.name})"


def _quantity(column: str, rule: Rule) -> str:
    return "weights" if column == "params" and rule.name.startswith("weights") else column


def _derivation(target: Target, column: str, exact: int) -> str:
    if column == "params" and target.factors:
        product = "*".join(map(str, target.factors))
        if target.kind == "bn":
            return ""
        return product if exact == target.weights else f"{product} + {target.biases}"
    if column == "memory" and len(target.shape) == 3:
        channels, height, width = target.shape
        return f"{height}*{width}*{channels}"
    return ""


def _fail_grouping(column: str, judged: Judged, number: Number, exact: int, ledger: Ledger) -> None:
    expected = f"{exact:,}"
    ledger.fail(
        f"V{FAMILIES[column]}03",
        judged.flow,
        f"a separator stands in the wrong place: {number.text} is {expected}",
        span=(number.start, number.end),
        expected=expected,
        quantity=column,
        layer=judged.target.name,
        fixable=True,
    )


def _fail_product(column: str, judged: Judged, product: Expression, exact: int, ledger: Ledger) -> None:
    canonical = next((factors for factors in _canonical(judged.target, column) if factors), ())
    expected = "*".join(map(str, canonical)) if prod(canonical) == exact else ""
    value = f"{product.value:,}" if product.value is not None else "no whole number"
    ledger.fail(
        f"V{FAMILIES[column]}02",
        judged.flow,
        f"{product.text} = {value} is not the product of {_title(judged.target)}: {exact:,}",
        span=(product.start, product.end),
        expected=expected,
        quantity=column,
        layer=judged.target.name,
        derivation=_derivation(judged.target, column, exact),
        fixable=False,
    )


def _fail_false_product(
    column: str, judged: Judged, product: Expression, number: Number, ledger: Ledger
) -> None:
    value = product.value or 0
    target = judged.target
    biases = number.whole is not None and number.whole - value == target.biases and target.biases
    note = f"{number.text.strip()} has the {target.biases} biases in it" if biases else ""
    ledger.fail(
        f"V{FAMILIES[column]}02",
        judged.flow,
        f"a false product: {product.text} = {value:,}, not {number.text.strip()}",
        span=(number.start, number.end),
        expected=format_like(number, value),
        quantity=column,
        layer=target.name,
        derivation=f"{product.text} = {value:,}",
        notes=(note,),
        fixable=True,
    )
