"""Regular expressions of XPath 3.1, read into a small program for `regex`.

Python's own engine cannot be used: it backtracks without limit, and a pattern comes from whoever draws a diagram.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    CharTest = Callable[[str], bool]

MAX_PROGRAM: Final = 2000
_MAX_NESTING = 40
_MAX_COUNT = 1000
_MAX_TESTS = 20
"""Named classes inside one pair of brackets."""
_COUNT = re.compile("[0-9]{1,4}")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_LITERAL = set("\\|.-^?*+{}()[]$ #/:;,<>=!&%@~'\"_`")
_BLOCKS = {
    "BasicLatin": (0, 0x7F),
    "Latin-1Supplement": (0x80, 0xFF),
    "LatinExtended-A": (0x100, 0x17F),
    "Greek": (0x370, 0x3FF),
    "Cyrillic": (0x400, 0x4FF),
    "Hebrew": (0x590, 0x5FF),
    "Arabic": (0x600, 0x6FF),
    "Hiragana": (0x3040, 0x309F),
    "Katakana": (0x30A0, 0x30FF),
    "CJKUnifiedIdeographs": (0x4E00, 0x9FFF),
    "HangulSyllables": (0xAC00, 0xD7AF),
}


class PatternError(ValueError):
    """The text is no regular expression, or a too large one."""


class Instruction(NamedTuple):
    """`op` is char, split, jump, save, start, end, back or match; `x` and `y` are targets or numbers."""

    op: str
    x: int = 0
    y: int = 0
    test: CharTest | None = None


class Program(NamedTuple):
    """A compiled pattern."""

    code: tuple[Instruction, ...]
    groups: int
    backward: bool


def compile_pattern(pattern: str, flags: str = "") -> Program:
    """Read a pattern with the flags s, m, i, x, q. Raises PatternError."""
    if set(flags) - set("smixq"):
        raise PatternError(flags)
    reader = _Reader(_without_blanks(pattern) if "x" in flags and "q" not in flags else pattern, flags)
    body = reader.literal() if "q" in flags else reader.whole()
    code = [Instruction("save", 0), *_shift(body, 1), Instruction("save", 1), Instruction("match")]
    return Program(tuple(code), reader.groups, reader.backward)


def _without_blanks(pattern: str) -> str:
    """The pattern under the flag x: blanks count only inside brackets."""
    parts: list[str] = []
    depth = 0
    escaped = False
    for ch in pattern:
        if ch in " \t\r\n" and not depth:
            continue
        if not escaped:
            depth += (ch == "[") - (ch == "]" and depth > 0)
        escaped = ch == "\\" and not escaped
        parts.append(ch)
    return "".join(parts)


def _shift(code: list[Instruction], by: int) -> list[Instruction]:
    return [item._replace(x=item.x + by, y=item.y + by) if item.op in {"split", "jump"} else item for item in code]


class _CharReader:
    """Reads what matches one character."""

    def __init__(self, pattern: str, flags: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.flags = flags
        self.groups = 0
        self.closed: set[int] = set()
        self.backward = False
        self.depth = 0

    def _one(self, ch: str) -> Instruction:
        if "i" not in self.flags:
            return self._char(lambda other: other == ch)
        return self._char(lambda other: other.casefold() == ch.casefold())

    @staticmethod
    def _char(test: CharTest) -> Instruction:
        return Instruction("char", test=test)

    def _named_class(self) -> CharTest:
        """After a backslash: d s w i c, their opposites in capitals, p{…} and P{…}."""
        ch = self.pattern[self.at] if self.at < len(self.pattern) else ""
        self.at += 1
        if ch and ch in "pP":
            end = self.pattern.find("}", self.at)
            if not self.pattern.startswith("{", self.at) or end < 0:
                raise PatternError(self.pattern)
            test = _category(self.pattern[self.at + 1 : end])
            self.at = end + 1
        else:
            found = _SHORTHANDS.get(ch.lower())
            if found is None or not ch:
                raise PatternError(self.pattern)
            test = found
        return (lambda other: not test(other)) if ch.isupper() else test

    def _class(self) -> CharTest:
        self.depth += 1
        if self.depth > _MAX_NESTING:
            raise PatternError(self.pattern)
        negated = self._class_char() == "^"
        if negated:
            self.at += 1
        tests: list[CharTest] = []
        singles, ranges = set[str](), list[tuple[str, str]]()
        excluded: CharTest | None = None
        first = True
        while (ch := self._class_char()) != "]" or first:
            first = False
            if ch == "-" and self.pattern.startswith("-[", self.at):
                self.at += 2
                excluded = self._class()
                if self._class_char() != "]":
                    raise PatternError(self.pattern)
                break
            if ch == "[":
                raise PatternError(self.pattern)
            self._class_item(ch, singles, ranges, tests)
        self.at += 1
        self.depth -= 1
        if len(tests) > _MAX_TESTS:
            raise PatternError(self.pattern)
        if ranges:
            tests.append(_in_ranges(ranges))
        return self._class_test(singles, tests, excluded, negated=negated)

    def _class_test(
        self, singles: set[str], tests: list[CharTest], excluded: CharTest | None, *, negated: bool
    ) -> CharTest:
        def inside(ch: str) -> bool:
            return ch in singles or any(test(ch) for test in tests)

        fold = "i" in self.flags

        def test(ch: str) -> bool:
            found = inside(ch) or (fold and (inside(ch.lower()) or inside(ch.upper())))
            return found is not negated and not (excluded is not None and excluded(ch))

        return test

    def _class_char(self) -> str:
        if self.at >= len(self.pattern):
            raise PatternError(self.pattern)
        return self.pattern[self.at]

    def _class_item(self, ch: str, singles: set[str], ranges: list[tuple[str, str]], tests: list[CharTest]) -> None:
        """One character, a range or an escape inside brackets."""
        self.at += 1
        if ch == "\\":
            ch = self._class_char()
            if ch not in _LITERAL and ch not in _ESCAPES:
                tests.append(self._named_class())
                return
            self.at += 1
            ch = _ESCAPES.get(ch, ch)
        following = self.pattern[self.at : self.at + 2]
        if len(following) == 2 and following[0] == "-" and following[1] not in "][":  # noqa: PLR2004
            self.at += 2
            high = following[1]
            if high == "\\":
                high = _ESCAPES.get(self._class_char(), self._class_char())
                self.at += 1
            if high < ch:
                raise PatternError(self.pattern)
            ranges.append((ch, high))
        else:
            singles.add(ch)


class _Reader(_CharReader):
    """Recursive descent; code fragments have targets relative to their own start."""

    def literal(self) -> list[Instruction]:
        return [self._one(ch) for ch in self.pattern]

    def whole(self) -> list[Instruction]:
        code = self._alternatives()
        if self.at < len(self.pattern):
            raise PatternError(self.pattern)
        return code

    def _peek(self) -> str:
        return self.pattern[self.at] if self.at < len(self.pattern) else ""

    def _alternatives(self) -> list[Instruction]:
        self.depth += 1
        if self.depth > _MAX_NESTING:
            raise PatternError(self.pattern)
        branches = [self._branch()]
        while self._peek() == "|":
            self.at += 1
            branches.append(self._branch())
        self.depth -= 1
        size = sum(len(branch) + 2 for branch in branches) - 2
        if size > MAX_PROGRAM:
            raise PatternError(self.pattern)
        code: list[Instruction] = []
        for branch in branches[:-1]:
            base = len(code)
            code += [Instruction("split", base + 1, base + len(branch) + 2), *_shift(branch, base + 1)]
            code.append(Instruction("jump", size))
        return code + _shift(branches[-1], len(code))

    def _check(self, code: list[Instruction]) -> None:
        if len(code) > MAX_PROGRAM:
            raise PatternError(self.pattern)

    def _branch(self) -> list[Instruction]:
        code: list[Instruction] = []
        while (ch := self._peek()) and ch not in "|)":
            piece = self._repeated(self._atom())
            code += _shift(piece, len(code))
            self._check(code)
        return code

    def _repeated(self, atom: list[Instruction]) -> list[Instruction]:
        ch = self._peek()
        if not ch or ch not in "*+?{":
            return atom
        low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(ch, (0, 0))
        self.at += 1
        if ch == "{":
            low, high = self._counts()
        lazy = self._peek() == "?"
        if lazy:
            self.at += 1
        if self._peek() and self._peek() in "*+?{":
            raise PatternError(self.pattern)
        if (low + (high or 0) + 1) * len(atom) > MAX_PROGRAM:
            raise PatternError(self.pattern)
        return _repeat(atom, low, high, lazy=lazy)

    def _counts(self) -> tuple[int, int | None]:
        end = self.pattern.find("}", self.at)
        low, comma, high = self.pattern[self.at : max(end, self.at)].partition(",")
        if end < 0 or not _COUNT.fullmatch(low) or (high and not _COUNT.fullmatch(high)):
            raise PatternError(self.pattern)
        self.at = end + 1
        least, most = int(low), (int(high) if high else None) if comma else int(low)
        if least > _MAX_COUNT or (most is not None and (most > _MAX_COUNT or most < least)):
            raise PatternError(self.pattern)
        return least, most

    def _atom(self) -> list[Instruction]:
        ch = self.pattern[self.at]
        self.at += 1
        if ch == "(":
            return self._group()
        if ch == "^":
            return [Instruction("start", int("m" in self.flags))]
        if ch == "$":
            return [Instruction("end", int("m" in self.flags))]
        if ch == ".":
            return [self._char((lambda _ch: True) if "s" in self.flags else (lambda ch: ch not in "\n\r"))]
        if ch == "[":
            return [self._char(self._class())]
        if ch == "\\":
            return [self._escape()]
        if ch in "*+?{}]":
            raise PatternError(self.pattern)
        return [self._one(ch)]

    def _group(self) -> list[Instruction]:
        if self.pattern.startswith("?:", self.at):
            self.at += 2
            code = self._alternatives()
        elif self._peek() == "?":
            raise PatternError(self.pattern)
        else:
            self.groups += 1
            number = self.groups
            code = [
                Instruction("save", 2 * number),
                *_shift(self._alternatives(), 1),
                Instruction("save", 2 * number + 1),
            ]
            self.closed.add(number)
        if self._peek() != ")":
            raise PatternError(self.pattern)
        self.at += 1
        return code

    def _escape(self) -> Instruction:
        ch = self.pattern[self.at] if self.at < len(self.pattern) else ""
        if ch.isdigit():
            number = int(ch)
            self.at += 1
            if number not in self.closed:
                raise PatternError(self.pattern)
            self.backward = True
            return Instruction("back", number, int("i" in self.flags))
        if (ch and ch in "nrt") or (ch in _LITERAL and ch):
            self.at += 1
            return self._one(_ESCAPES.get(ch, ch))
        return self._char(self._named_class())


def _repeat(atom: list[Instruction], low: int, high: int | None, *, lazy: bool) -> list[Instruction]:
    code: list[Instruction] = []
    for _ in range(low):
        code += _shift(atom, len(code))
    size = len(atom)

    def split(inside: int, outside: int) -> Instruction:
        return Instruction("split", outside, inside) if lazy else Instruction("split", inside, outside)

    if high is None:
        base = len(code)
        code += [split(base + 1, base + size + 2), *_shift(atom, base + 1), Instruction("jump", base)]
        return code
    end = low * size + (high - low) * (size + 1)
    for _ in range(high - low):
        base = len(code)
        code += [split(base + 1, end), *_shift(atom, base + 1)]
    return code


def _in_ranges(ranges: list[tuple[str, str]]) -> CharTest:
    """Whether a character lies in one of some ranges, however many there are."""
    lows, highs = list[str](), list[str]()
    for low, high in sorted(ranges):
        if highs and low <= highs[-1]:
            highs[-1] = max(highs[-1], high)
        else:
            lows.append(low)
            highs.append(high)

    def test(ch: str) -> bool:
        at = bisect_right(lows, ch) - 1
        return at >= 0 and ch <= highs[at]

    return test


def _category(name: str) -> CharTest:
    if name.startswith("Is") and name[2:] in _BLOCKS:
        low, high = _BLOCKS[name[2:]]
        return lambda ch: low <= ord(ch) <= high
    if not name or len(name) > 2 or name[0] not in "LMNPZSC":  # noqa: PLR2004  such as L or Lu
        raise PatternError(name)
    return lambda ch: unicodedata.category(ch).startswith(name)


def _is_word(ch: str) -> bool:
    return unicodedata.category(ch)[0] not in "PZC"


_SHORTHANDS: dict[str, CharTest] = {
    "d": lambda ch: unicodedata.category(ch) == "Nd",
    "s": lambda ch: ch in " \t\n\r",
    "w": _is_word,
    "i": lambda ch: ch.isalpha() or ch in "_:",
    "c": lambda ch: ch.isalnum() or ch in "_:-.\u00b7",
}
