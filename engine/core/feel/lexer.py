"""Text to tokens. Linear in the length of the text, which is bounded."""

from __future__ import annotations

import re
from typing import NamedTuple

from engine.core.feel.errors import FeelSyntaxError
from engine.errors import N_

MAX_TEXT = 32_768
"""The longest expression, in characters."""

_START = (
    "?A-Z_a-z\u00b7\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3004-\u3007\u3012-\ud7ff\uf900-\ufdcf\ufdf0-\ufeff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
    "\uff66-\ufffd\U00010000-\U000effff"
)
_PART = _START + "0-9\u0300-\u036f\u203f-\u2040"
_TOKEN = re.compile(
    rf"""(?P<space>[\s\u0085\u00a0\u180e\u200b\u2060\ufeff]+|//[^\n]*|/\*.*?\*/)
    |(?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<at>@\s*"(?:[^"\\]|\\.)*")
    |(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<name>[{_START}][{_PART}]*)
    |(?P<op>\*\*|\.\.\.(?!\d)|\.\.|->|<=|>=|!=|[-+*/=<>()\[\]{{}},.:'#;])""",
    re.VERBOSE | re.DOTALL,
)
_ASCII = {
    "（": "(", "）": ")", "，": ",", "。": ".", "、": ",", "：": ":", "；": ";", "“": '"',
    "”": '"', "‘": '"', "’": '"', "＜": "<", "＞": ">", "＝": "=", "＋": "+", "－": "-",
    "×": "*", "÷": "/", "【": "[", "】": "]", "［": "[", "］": "]", "｛": "{", "｝": "}",
    "≥": ">=", "≤": "<=", "≠": "!=", "！": "not(…)", "!": "not(…)", "&": "and", "|": "or",
    "'": '"',
}  # fmt: skip
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}
_PAIR = re.compile("([\ud800-\udbff])([\udc00-\udfff])")
_HIGHEST = 0x10FFFF


class Token(NamedTuple):
    """`kind` is number, string, at, name, op or end; `value` the text without quotes and escapes."""

    kind: str
    value: str
    pos: int
    end: int


def tokens(text: str) -> list[Token]:
    """Split the text; raises FeelSyntaxError at the first character that belongs to no token."""
    if len(text) > MAX_TEXT:
        raise FeelSyntaxError(N_("The expression is longer than {limit} characters."), 0, text[:80], limit=MAX_TEXT)
    result: list[Token] = []
    pos = 0
    while pos < len(text):
        match = _TOKEN.match(text, pos)
        if match is None:
            raise _unexpected(text, pos)
        kind = match.lastgroup or ""
        end = match.end()
        if kind == "op" and text.startswith("/*", pos):
            raise FeelSyntaxError(N_("Position {position}: the comment has no closing */."), pos, text)
        if kind in {"string", "at"}:
            inner = match.group()
            result.append(Token(kind, _unescape(inner[inner.index('"') + 1 : -1], pos, text), pos, end))
        elif kind != "space":
            result.append(Token(kind, match.group(), pos, end))
        pos = end
    result.append(Token("end", "", len(text), len(text)))
    return result


def _unexpected(text: str, pos: int) -> FeelSyntaxError:
    char = text[pos]
    if char == '"' or (char == "@" and '"' in text[pos : pos + 3]):
        return FeelSyntaxError(N_('Position {position}: the string has no closing ".'), pos, text)
    if char in _ASCII:
        template = N_("Position {position}: “{char}” is not FEEL; write {instead}")
        return FeelSyntaxError(template, pos, text, char=char, instead=_ASCII[char])
    return FeelSyntaxError(N_("Position {position}: unexpected character “{char}”."), pos, text, char=char)


def _unescape(inner: str, pos: int, text: str) -> str:
    if "\\" not in inner:
        return inner

    def replace(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        if code:
            number = int(code, 16)
            if number > _HIGHEST:
                raise FeelSyntaxError(N_("Position {position}: there is no such character."), pos, text)
            return chr(number)
        # An unknown escape such as \d stays as it is: regular expressions are full of them.
        return _ESCAPES.get(match[3], match[0])

    joined = _ESCAPE.sub(replace, inner)
    return _PAIR.sub(lambda m: chr(0x10000 + ((ord(m[1]) - 0xD800) << 10) + ord(m[2]) - 0xDC00), joined)
