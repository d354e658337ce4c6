"""A table fitted to a width: which columns are kept, how wide each is, and what stands where.

At a narrow width the columns of the highest priority go first, one priority after the other; then left-aligned
text wraps at words. What is still too wide is folded: the rest of the columns follow below, behind the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vggstat.render.page import BLANK, SIGN_ROLES, Row, Table, cell_role
from vggstat.render.width import longest_word, width, wrap

__all__ = ["Grid", "Line", "bands"]

Line = list[tuple[str, str]]
Placed = list[tuple[int, str, str]]


def bands(table: Table, available: int, clean: Callable[[str], str]) -> list[Grid]:
    """The table as one grid, or as several under each other where its columns do not fit side by side."""
    whole = Grid(table, available, clean)
    if whole.used <= available or len(whole.kept) < 3:
        return [whole]
    shares = whole.shares()
    last = len(shares) - 1
    return [
        Grid(_share(table, kept, is_first=number == 0, is_last=number == last), available, clean)
        for number, kept in enumerate(shares)
    ]


def _share(table: Table, kept: list[int], *, is_first: bool, is_last: bool) -> Table:
    """The table with these columns only; its title, its notes and the words of totals are said once."""
    rows = []
    for row in table.rows:
        cells = [table.cells(row)[at] for at in kept] if row.kind != "rule" else []
        if cells and row.kind != "body" and not is_first:
            cells[0] = ""
            if not any(cell != "" for cell in cells):
                continue
        rows.append(row.replace(cells=tuple(cells)))
    return table.replace(
        columns=tuple(table.columns[at].replace(priority=0) for at in kept),
        rows=tuple(rows),
        title=table.title if is_first else "",
        notes=table.notes if is_last else (),
    )


class Grid:
    """One table fitted to a width."""

    def __init__(self, table: Table, available: int, clean: Callable[[str], str]) -> None:
        self.table = table
        self.clean = clean
        self.available = available
        self.body = [row for row in table.rows if row.kind == "body"]
        self.texts = {
            id(row): [clean(text.replace(BLANK, " ")) for text in table.texts(row)]
            for row in table.rows
            if row.kind != "rule"
        }
        self.headers = [[clean(line) for line in column.header_lines] for column in table.columns]
        signs = [width(clean(row.sign)) for row in table.rows if row.sign]
        self.left = table.indent + (max(signs) + 1 if signs else 0)
        self.contents = [
            max((width(self.texts[id(row)][at]) for row in self.body), default=0)
            for at in range(len(table.columns))
        ]
        self.kept = list(range(len(table.columns)))
        self._fit()

    @property
    def used(self) -> int:
        """The width the columns take."""
        return self.left + sum(self.sizes[at] + self._gap(at) for at in self.kept)

    def _overhang(self, at: int) -> int:
        """How far the header may really reach out: into gaps only, and not where a neighbour's does."""
        wanted = self.table.columns[at].overhang
        place = self.kept.index(at) if wanted and at in self.kept else 0
        if not 0 < place < len(self.kept) - 1:
            return 0
        before, after = (self.table.columns[self.kept[place + step]] for step in (-1, 1))
        if before.overhang or after.overhang:
            return 0
        return max(0, min(wanted, self.table.columns[at].gap - 1, after.gap - 1))

    def _gap(self, at: int) -> int:
        return 0 if at == self.kept[0] else self.table.columns[at].gap

    def _fit(self) -> None:
        """Drops columns, then narrows text, until the table fits."""
        self._measure_columns()
        while self.used > self.available:
            worst = max(self.table.columns[at].priority for at in self.kept)
            remaining = [at for at in self.kept if self.table.columns[at].priority < worst]
            if worst <= 0 or not remaining:
                break
            self.kept = remaining
            self._measure_columns()
        floors = [self._floor(at) for at in range(len(self.sizes))]
        while self.used > self.available:
            at = max(self.kept, key=lambda at: self.sizes[at] - floors[at])
            slack = self.sizes[at] - floors[at]
            if slack <= 0:
                break
            self.sizes[at] -= min(slack, self.used - self.available)

    def _measure_columns(self) -> None:
        """Gives each column the width it needs, and its least width too as far as there is room."""
        self.sizes = [
            max([content, *(width(line) - 2 * self._overhang(at) for line in self.headers[at])])
            for at, content in enumerate(self.contents)
        ]
        self._make_room()
        needed = list(self.sizes)
        wanted = [
            max(size, column.min_width) for size, column in zip(needed, self.table.columns, strict=True)
        ]
        self.sizes = list(wanted)
        while self.used > self.available and self.sizes != needed:
            self.sizes = [max(need, size - 1) for need, size in zip(needed, self.sizes, strict=True)]

    def shares(self) -> list[list[int]]:
        """The columns in as few groups as fit, the first one in each."""
        first, *others = self.kept
        base = self.left + self.sizes[first]
        groups: list[list[int]] = []
        used = 0
        for at in others:
            needed = self.table.columns[at].gap + self.sizes[at]
            if not groups or used + needed > self.available:
                groups.append([first])
                used = base
            groups[-1].append(at)
            used += needed
        return groups

    def _floor(self, at: int) -> int:
        """The narrowest the column can be: only a left-aligned one of words can be narrower than it is."""
        column = self.table.columns[at]
        if column.align != "left" or column.whole:
            return self.sizes[at]
        texts = [*self.headers[at], *(self.texts[id(row)][at] for row in self.body)]
        return max(map(longest_word, texts), default=0)

    def _make_room(self) -> None:
        """Widens columns for the cells of totals, and for the longest word of texts that run over."""
        for row in self.table.rows:
            if row.kind in ("body", "rule"):
                continue
            texts = self._shifted(row)
            for place, at in enumerate(self.kept):
                if not texts[at]:
                    continue
                if not self._runs(row, place):
                    self.sizes[at] = max(self.sizes[at], width(texts[at]))
                    continue
                start, end = self._span(row, texts, place)
                word = longest_word(texts[at])
                if end == self.available:
                    # Nothing stands after it: it ends where its longest word does, and the table with it.
                    self.sizes[at] += max(0, start + word - self.used)
                else:
                    self.sizes[at] += max(0, word - (end - start))

    def _shifted(self, row: Row) -> list[str]:
        """The row's texts; one in dropped columns at the left moves to the first column that is kept."""
        texts = self.texts[id(row)]
        if row.kind == "body" or not self.kept or texts[self.kept[0]]:
            return texts
        lost = next((text for text in texts[: self.kept[0]] if text), "")
        return [lost if at == self.kept[0] else text for at, text in enumerate(texts)] if lost else texts

    def _runs(self, row: Row, place: int) -> bool:
        """Whether the cell is a text that may run over the empty ones after it."""
        at = self.kept[place]
        return self.table.runs_over(row, at) or (
            row.kind != "body" and place == 0 and not self.texts[id(row)][at]
        )

    def _starts(self) -> dict[int, int]:
        starts = {}
        x = self.left
        for at in self.kept:
            x += self._gap(at)
            starts[at] = x
            x += self.sizes[at]
        return starts

    def _span(self, row: Row, texts: list[str], place: int) -> tuple[int, int]:
        """Where a text that may run over starts, and where it has to end."""
        starts = self._starts()
        start = starts[self.kept[place]]
        if place == 0 and not row.sign:
            start = self.table.indent
        for at in self.kept[place + 1 :]:
            if texts[at]:
                blanks = self.sizes[at] - width(texts[at]) if self.table.columns[at].align == "right" else 0
                return start, starts[at] + max(0, blanks) - min(2, self.table.columns[at].gap)
        return start, self.available

    def lines(self, measure: int, limit: int) -> Iterator[Line]:
        """The table's lines; rules are ``measure`` wide, a title may be ``limit``."""
        starts = self._starts()
        yield from self._header(starts, limit)
        for row in self.table.rows:
            if row.kind == "rule":
                yield [(self.clean("─") * measure, "rule")]
            else:
                yield from self._row(row, starts, limit)

    def _header(self, starts: dict[int, int], limit: int) -> Iterator[Line]:
        stacks = {at: self._stack(at) for at in self.kept}
        height = max(map(len, stacks.values()), default=0)
        rows: list[Placed] = []
        for index in range(height):
            placed: Placed = []
            for at in self.kept:
                line = index - height + len(stacks[at])
                text = stacks[at][line] if line >= 0 else ""
                if text:
                    placed.append((self._place(at, text, starts[at]), text, "header"))
            rows.append(placed)
        title = self.clean(self.table.title)
        if title and rows and (not rows[-1] or min(rows[-1])[0] > width(title) + 1):
            rows[-1].insert(0, (0, title, "header"))
        elif title:
            yield from ([(line, "header")] for line in wrap(title, limit))
        yield from map(_composed, rows)

    def _stack(self, at: int) -> list[str]:
        room = self.sizes[at] + 2 * self._overhang(at)
        return [part for line in self.headers[at] for part in wrap(line, room, 0)]

    def _place(self, at: int, text: str, start: int) -> int:
        """Where a text of the column begins; a header too wide for it reaches out of it."""
        align = self.table.columns[at].align
        blanks = self.sizes[at] - width(text)
        if blanks < 0:
            reach = min(self._overhang(at), (1 - blanks) // 2)
            return start - reach if align == "left" else start + blanks + reach
        return start + {"left": 0, "right": blanks}.get(align, blanks // 2)

    def _row(self, row: Row, starts: dict[int, int], limit: int) -> Iterator[Line]:
        texts = self._shifted(row)
        cells = self.table.cells(row)
        sign = SIGN_ROLES.get(row.sign, "")
        tint = sign if sign in ("added", "removed", "changed") else "" if row.kind == "body" else row.kind
        first: Placed = [(self.table.indent, self.clean(row.sign), sign)] if row.sign else []
        below: list[Placed] = []
        for place, at in enumerate(self.kept):
            text = texts[at]
            if not text:
                continue
            column = self.table.columns[at]
            look = f"{tint} {cell_role(column, cells[at])}".strip()
            if self._runs(row, place):
                start, end = self._span(row, texts, place)
                pieces = wrap(text, min(end, limit) - start)
            elif column.align == "left" and width(text) > self.sizes[at]:
                start, pieces = starts[at], wrap(text, self.sizes[at])
            else:
                start, pieces = self._place(at, text, starts[at]), [text]
            first.append((start, pieces[0], look))
            for index, piece in enumerate(pieces[1:]):
                if index == len(below):
                    below.append([])
                below[index].append((start, piece, look))
        yield from map(_composed, [first, *below])


def _composed(placed: Placed) -> Line:
    """Texts put at their places on one line; one that would touch the text before it moves right."""
    line: Line = []
    x = 0
    for start, text, role in placed:
        blanks = start - x
        if x and blanks <= 0:
            blanks = 1
        if blanks > 0:
            line.append((" " * blanks, ""))
            x += blanks
        line.append((text, role))
        x += width(text)
    return line
