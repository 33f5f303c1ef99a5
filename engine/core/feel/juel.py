"""`${…}` of Camunda 7 files as FEEL, where FEEL says exactly the same; otherwise a refusal that says why.

Method calls, beans, assignments and text around the braces have no counterpart. Java's indexes count from 0, FEEL's
from 1. Java takes null for false: `${!x}` becomes `x != true`.
"""

from __future__ import annotations

import re
from typing import Final

from engine.core.feel.errors import FeelSyntaxError
from engine.errors import N_

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[^\W\d]\w*)
    |(?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<op>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:().\[\],]))""",
    re.VERBOSE | re.DOTALL,
)
_WORDS = {
    "and": "&&", "or": "||", "not": "!", "eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=",
    "div": "/", "mod": "%",
}  # fmt: skip
_BINARY = {
    "||": (1, "or"), "&&": (2, "and"), "==": (3, "="), "!=": (3, "!="), "<": (4, "<"), "<=": (4, "<="), ">": (4, ">"),
    ">=": (4, ">="), "+": (5, "+"), "-": (5, "-"), "*": (6, "*"), "/": (6, "/"), "%": (6, "%"),
}  # fmt: skip
_COMPARISON = 3
_LOGIC = {1, 2}
_ATOM: Final = 9
_MAX_DEPTH = 40
_MAX_TEXT = 8192
_RESERVED = {"execution", "task", "authenticatedUserId", "instanceof"}
Part = tuple[str, int]
"""FEEL text and how tightly it binds."""


def from_juel(text: str) -> str:
    """Translate `${…}` or `#{…}` to FEEL. Raises FeelSyntaxError when FEEL cannot say it."""
    inner = text.strip()
    if not (inner[:2] in {"${", "#{"} and inner.endswith("}")) or len(text) > _MAX_TEXT:
        raise FeelSyntaxError(
            N_("Only one complete ${{…}} can be translated to FEEL; write FEEL instead."), 0, text, n=0
        )
    return _Reader(inner[2:-1], text).whole()


class _Reader:
    def __init__(self, inner: str, text: str) -> None:
        self.text = text
        self.depth = 0
        self.at = 0
        self.tokens: list[tuple[str, str]] = []
        pos = 0
        while inner[pos:].strip():
            match = _TOKEN.match(inner, pos)
            if match is None:
                raise self._refuse(inner[pos:].strip()[:20])
            found, value = match.lastgroup or "", match[match.lastgroup or 0]
            operator = found == "name" and value in _WORDS
            self.tokens.append(("op", _WORDS[value]) if operator else (found, value))
            pos = match.end()
        self.tokens.append(("end", ""))

    def _refuse(self, what: str) -> FeelSyntaxError:
        template = N_("“{what}” has no exact counterpart in FEEL; write the expression in FEEL.")
        return FeelSyntaxError(template, 0, self.text, what=what or self.text)

    def whole(self) -> str:
        text, _ = self._choice()
        if self.tokens[self.at][0] != "end":
            raise self._refuse(self.tokens[self.at][1])
        return text

    def _accept(self, sign: str) -> bool:
        if self.tokens[self.at] == ("op", sign):
            self.at += 1
            return True
        return False

    def _choice(self) -> Part:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise self._refuse("")
        condition = self._binary(1)
        if self._accept("?"):
            yes, _ = self._choice()
            if not self._accept(":"):
                raise self._refuse("?")
            no, _ = self._choice()
            condition = (f"if {condition[0]} then {yes} else {no}", 0)
        self.depth -= 1
        return condition

    def _binary(self, lowest: int) -> Part:
        left = self._unary()
        while True:
            sign = self.tokens[self.at][1] if self.tokens[self.at][0] == "op" else ""
            rank, feel = _BINARY.get(sign, (0, ""))
            if rank < lowest or not rank:
                return left
            self.at += 1
            right = self._binary(rank + 1)
            if sign == "+" and (left[0].startswith('"') or right[0].startswith('"')):
                raise self._refuse("+")
            if sign == "%":
                left = (f"modulo({left[0]}, {right[0]})", _ATOM)
            else:
                # FEEL has one level for all comparisons, so a nested one needs brackets.
                tight = rank if rank in _LOGIC else rank + (0 if rank > _COMPARISON + 1 else 2)
                left = (f"{_wrap(left, tight)} {feel} {_wrap(right, max(tight, rank + 1))}", rank)

    def _unary(self) -> Part:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise self._refuse("")
        if self._accept("!"):
            operand = self._unary()
            always_boolean = operand[0].startswith("list contains(")
            part = (f"not({operand[0]})", _ATOM) if always_boolean else (f"{_wrap(operand, _ATOM)} != true", 3)
        elif self._accept("-"):
            part = (f"-{_wrap(self._unary(), _ATOM)}", 7)
        elif self.tokens[self.at] == ("name", "empty"):
            self.at += 1
            part = (f'list contains([null, "", [], {{}}], {self._unary()[0]})', _ATOM)
        else:
            part = self._postfix()
        self.depth -= 1
        return part

    def _postfix(self) -> Part:
        text, rank = self._primary()
        while self.tokens[self.at][0] == "op" and self.tokens[self.at][1] in {".", "[", "("}:
            sign = self.tokens[self.at][1]
            kind, value = self.tokens[self.at + 1] if self.at + 2 < len(self.tokens) else ("", "")
            if sign == "(":
                raise self._refuse(text + "(…)")
            if sign == ".":
                if kind != "name":
                    raise self._refuse(text + ".")
                text, self.at = f"{text}.{value}", self.at + 2
                continue
            if self.tokens[self.at + 2] != ("op", "]"):
                raise self._refuse(text + "[…]")
            if kind == "number" and value.isdigit():
                text = f"{text}[{int(value) + 1}]"
            elif kind == "string":
                text = f"get value({text}, {_string(value)})"
            else:
                raise self._refuse(text + "[…]")
            self.at += 3
        return text, rank

    def _primary(self) -> Part:
        kind, value = self.tokens[self.at]
        self.at += 1
        if kind == "number" or (kind == "name" and value in {"true", "false", "null"}):
            return value, _ATOM
        if kind == "string":
            return _string(value), _ATOM
        if kind == "name" and value not in _RESERVED:
            return value, _ATOM
        if (kind, value) == ("op", "("):
            inner = self._choice()
            if not self._accept(")"):
                raise self._refuse("(")
            return inner if inner[1] == _ATOM else (f"({inner[0]})", _ATOM)
        raise self._refuse(value)


def _wrap(part: Part, tight: int) -> str:
    return part[0] if part[1] >= tight else f"({part[0]})"


def _string(quoted: str) -> str:
    plain = re.sub(r"\\(.)", r"\1", quoted[1:-1], flags=re.DOTALL)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
