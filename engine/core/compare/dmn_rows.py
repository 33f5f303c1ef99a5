"""Rows of a decision table: which is which, and which cells are different."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.core.compare import wording
from engine.core.compare.change import Change, Said, Subject, difference, told
from engine.core.compare.lists import moved

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.core.compare.change import Words
    from engine.core.dmn.model import Rule, Table

ANY = frozenset({"", "-"})
HINTS = 3
"""How many conditions tell a row apart in a line."""
MANY = 40_000
"""So many pairs of rows are not looked at one by one: what is neither there by id nor the same is new."""
ALIKE = 0.5
"""Rows without an id are one row when at least this share of their cells is the same."""


_NAMES = re.compile(r'"[^"]*"(\s*,\s*"[^"]*")*')


def rule_pairs(old: Table, new: Table, inputs: Mapping[int, int], outputs: Mapping[int, int]) -> dict[int, int]:
    """Pair rows: by id, then the same cells, then the most alike."""
    ids = {rule.id: at for at, rule in enumerate(new.rules) if rule.id}
    found = {at: ids[rule.id] for at, rule in enumerate(old.rules) if rule.id and rule.id in ids}
    before = {at: _cells(rule, list(inputs), list(outputs)) for at, rule in enumerate(old.rules) if at not in found}
    taken = set(found.values())
    after = {at: _cells(rule, list(inputs.values()), list(outputs.values()))
             for at, rule in enumerate(new.rules) if at not in taken}  # fmt: skip
    alike: dict[tuple[str, ...], list[int]] = {}
    for one, cells in after.items():
        alike.setdefault(cells, []).append(one)
    for at, cells in list(before.items()):
        if alike.get(cells):
            found[at] = alike[cells].pop(0)
            del before[at], after[found[at]]
    if len(before) * len(after) > MANY:
        return found
    for at, cells in before.items():
        likeness = {one: _alike(cells, other) for one, other in after.items()}
        best = max(likeness, key=lambda one: likeness[one], default=None)
        if best is not None and likeness[best] >= ALIKE:
            found[at] = best
            del after[best]
    return found


def _cells(rule: Rule, inputs: list[int], outputs: list[int]) -> tuple[str, ...]:
    tests = [rule.tests[i].text for i in inputs]
    return (*("-" if t in ANY else t for t in tests), *(rule.results[i].text for i in outputs))


def _alike(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    same = [a == b for a, b in zip(one, other, strict=True) if not (a == b == "-")]
    return sum(same) / len(same) if same else 1.0


def rows(
    old: Table, new: Table, inputs: Mapping[int, int], outputs: Mapping[int, int], found: Mapping[int, int],
    words: Words, subject: Subject,
) -> Iterator[Change]:  # fmt: skip
    """List the rows that are new, gone, moved, and the cells that are different."""
    for after in range(len(new.rules)):
        before = next((one for one, other in found.items() if other == after), None)
        if before is None:
            yield _row(new, after, "added", words, subject)
        else:
            yield from _changed(old, new, before, after, inputs, outputs, words, subject)
    for at in range(len(old.rules)):
        if at not in found:
            yield _row(old, at, "removed", words, subject)
    order = [str(found[at]) for at in sorted(found)]
    for one in moved(order, sorted(order, key=int)):
        after = int(one)
        before = next(a for a, b in found.items() if b == after)
        what, hint = Said("Order of rows", "行的顺序"), _hint(new, after, words)
        sentence = Said(
            f"Row {before + 1} is now row {after + 1}{hint.en}", f"第 {before + 1} 行移到第 {after + 1} 行{hint.zh}"
        )
        yield told(_subject(new, after, subject), "moved", what, sentence, (str(before + 1), str(after + 1)))


def _subject(table: Table, at: int, subject: Subject) -> Subject:
    return Subject(table.rules[at].id or subject.id, str(at + 1), "rule")


def _pairs(table: Table, at: int) -> Iterator[tuple[str, str]]:
    rule = table.rules[at]
    for column, test in zip(table.inputs, rule.tests, strict=True):
        if test.text not in ANY:
            yield column.title, test.text


def _hint(table: Table, at: int, words: Words) -> Said:
    """Tell a row apart by its first conditions: (时钟 = day5_call)."""
    parts = [(words.say(title), cell(text)) for title, text in list(_pairs(table, at))[:HINTS]]
    if not parts:
        return Said("", "")
    en, zh = ", ".join(f"{t.en} {c}" for t, c in parts), "，".join(f"{t.zh} {c}" for t, c in parts)
    return Said(f" ({en})", f"（{zh}）")


def cell(text: str) -> str:
    """Read a cell: texts without quotation marks."""
    plain = text.strip()
    if plain in ANY:
        return "–"
    if _NAMES.fullmatch(plain):
        plain = plain.replace('"', "") or '""'
    return wording.clip(plain)


def _row(table: Table, at: int, kind: str, words: Words, subject: Subject) -> Change:
    rule = table.rules[at]
    tests = [(words.say(title), cell(text)) for title, text in _pairs(table, at)]
    results = [(words.say(c.title), cell(out.text)) for c, out in zip(table.outputs, rule.results, strict=True)
               if out.text not in ANY]  # fmt: skip
    en = "; ".join(f"{t.en} {c}" for t, c in tests) + " → " + "; ".join(f"{t.en} {c}" for t, c in results)
    zh = "，".join(f"{t.zh} {c}" for t, c in tests) + " → " + "，".join(f"{t.zh} {c}" for t, c in results)
    raw = " | ".join(one.text for one in (*rule.tests, *rule.results))
    what = Said("Row", "行")
    if kind == "added":
        sentence = Said(f"New row {at + 1}: {en}", f"新增第 {at + 1} 行：{zh}")
        return told(_subject(table, at, subject), "added", what, sentence, ("", raw))
    sentence = Said(f"Removed row {at + 1}: {en}", f"删除第 {at + 1} 行：{zh}")
    return told(_subject(table, at, subject), "removed", what, sentence, (raw, ""))


def _changed(
    old: Table, new: Table, before: int, after: int, inputs: Mapping[int, int], outputs: Mapping[int, int],
    words: Words, subject: Subject,
) -> Iterator[Change]:  # fmt: skip
    one, other = old.rules[before], new.rules[after]
    where = _subject(new, after, subject)
    hint = _hint(new, after, words)
    cells = [(new.inputs[b].title, one.tests[a].text, other.tests[b].text) for a, b in inputs.items()]
    cells += [(new.outputs[b].title, one.results[a].text, other.results[b].text) for a, b in outputs.items()]
    notes = [" / ".join(rule.annotations) for rule in (one, other)]
    for title, was, now in [*cells, ("", *notes)]:
        if was == now or ({was, now} <= ANY and title):
            continue
        name = words.say(title) if title else Said("note", "备注")
        what = Said(f"Row {after + 1} “{name.en}”", f"第 {after + 1} 行“{name.zh}”")
        said = [cell(text) if title else wording.clip(text) or "–" for text in (was, now)]
        if said[0] == said[1]:
            said = [was, now]
        change = difference(where, what, Said(said[0], said[0]), Said(f"{said[1]}{hint.en}", f"{said[1]}{hint.zh}"),
                            (was, now))  # fmt: skip
        yield change
