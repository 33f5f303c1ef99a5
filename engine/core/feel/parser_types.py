"""The parser's ground floor: cursor, names, types, functions and error messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.feel import nodes as n
from engine.core.feel.errors import FeelSyntaxError
from engine.core.feel.lexer import Token, tokens
from engine.core.feel.names import KNOWN, Names
from engine.errors import N_

if TYPE_CHECKING:
    from collections.abc import Iterable

_TYPE_NAMES = (
    ("years", "and", "months", "duration"), ("days", "and", "time", "duration"), ("date", "and", "time"),
)  # fmt: skip
_KEYWORDS = frozenset(
    ["and", "or", "in", "between", "then", "else", "return", "satisfies", "instance", "if", "true", "false", "null"]
)


class TypeParser:
    """Everything that reads no expression; `Parser` adds those."""

    MAX_DEPTH: Final = 48
    """How deep brackets, branches and minus signs may nest: far from Python's own limit, far above any real rule."""

    def __init__(self, text: str, names: Iterable[str]) -> None:
        """Start at the first token."""
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        self.depth = 0
        self.range_end = False
        self.scopes = Names.of(names, KNOWN)

    def _expression(self) -> n.Node:
        raise NotImplementedError

    # -- cursor ----------------------------------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        """The token to read next."""
        return self.tokens[self.at]

    def _peek(self) -> Token:
        return self.tokens[min(self.at + 1, len(self.tokens) - 1)]

    def _next(self) -> Token:
        token = self.tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def _word(self, word: str) -> bool:
        token = self.tokens[self.at]
        return token.kind == "name" and token.value == word

    def _accept(self, sign: str) -> bool:
        token = self.tokens[self.at]
        if token.kind == "op" and token.value == sign:
            self.at += 1
            return True
        return False

    def _accept_word(self, word: str) -> bool:
        if self._word(word):
            self.at += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._accept(sign):
            raise self._missing(sign)

    def _expect_word(self, word: str) -> None:
        if not self._accept_word(word):
            raise self._missing(word)

    def _enter(self) -> None:
        self.depth += 1
        if self.depth > self.MAX_DEPTH:
            raise self._too_deep()

    # -- errors ----------------------------------------------------------------------------------------------------

    def _found(self) -> str:
        token = self.token
        return self.text[token.pos : token.end][:40]

    def _missing(self, sign: str) -> FeelSyntaxError:
        if self.token.kind == "end":
            template = N_("Position {position}: “{sign}” is missing at the end.")
            return FeelSyntaxError(template, self.token.pos, self.text, sign=sign)
        template = N_("Position {position}: “{sign}” is expected before “{found}”.")
        return FeelSyntaxError(template, self.token.pos, self.text, sign=sign, found=self._found())

    def _unexpected(self) -> FeelSyntaxError:
        if self.token.kind == "end":
            return FeelSyntaxError(
                N_("Position {position}: the expression is not complete."), self.token.pos, self.text
            )
        template = N_("Position {position}: “{found}” is not expected here.")
        return FeelSyntaxError(template, self.token.pos, self.text, found=self._found())

    def _too_deep(self) -> FeelSyntaxError:
        template = N_("Position {position}: the expression is nested more than {limit} deep.")
        return FeelSyntaxError(template, self.token.pos, self.text, limit=self.MAX_DEPTH)

    # -- names -----------------------------------------------------------------------------------------------------

    def _joined(self, start: int, end: int) -> str:
        """The tokens as one name, with single spaces where the text has any."""
        parts: list[str] = []
        for index in range(start, end):
            token = self.tokens[index]
            if index > start and token.pos > self.tokens[index - 1].end:
                parts.append(" ")
            parts.append(token.value)
        return "".join(parts)

    def _name(self, known: tuple[int, str] = (0, "")) -> str:
        """A variable: the known name found here, else all identifiers that follow one another."""
        start = self.at
        if known[0]:
            self.at += known[0]
            return known[1]
        if self.token.value in _KEYWORDS:
            raise self._unexpected()
        self.at += 1
        while self.token.kind == "name" and self.token.value not in _KEYWORDS:
            self.at += 1
        return self._joined(start, self.at)

    def _member_name(self) -> str:
        """A name behind a dot: here only the text itself can say how far it goes."""
        if self.token.kind != "name":
            raise self._unexpected()
        known = self.scopes.longest(self.tokens, self.at)
        if known[0] > 1:
            return self._name(known)
        start = self.at
        self.at += 1
        while self.token.kind == "name" and self.token.value not in _KEYWORDS:
            self.at += 1
        return self._joined(start, self.at)

    # -- types and functions ---------------------------------------------------------------------------------------

    def _type(self) -> n.Type:
        self._enter()
        for words in _TYPE_NAMES:
            if tuple(token.value for token in self.tokens[self.at : self.at + len(words)]) == words:
                self.at += len(words)
                result = n.Type(" ".join(words))
                break
        else:
            result = self._named_type()
        self.depth -= 1
        return result

    def _named_type(self) -> n.Type:
        if self.token.kind != "name":
            raise self._unexpected()
        word = self.token.value
        if self._peek().value == "<" and word in {"list", "range", "context", "function"}:
            self.at += 2
            return self._generic(word)
        name = self._name()
        while self._accept("."):
            name = f"{name}.{self._name()}"
        return n.Type(name)

    def _generic(self, word: str) -> n.Type:
        args: list[n.Type] = []
        members: list[str] = []
        while not self._accept(">"):
            if word == "context":
                members.append(self._name())
                self._expect(":")
            args.append(self._type())
            if not self._accept(",") and self.token.value != ">":
                raise self._missing(">")
        result = None
        if word == "function":
            self._expect("->")
            result = self._type()
        return n.Type(word, tuple(args), tuple(members), result)

    def _function(self) -> n.Node:
        outer = self.range_end, self.scopes
        self.range_end = False
        pos = self._next().pos
        self._expect("(")
        params: list[str] = []
        types: list[n.Type | None] = []
        self.scopes = self.scopes.child()
        while not self._accept(")"):
            start = self.at
            while self.token.kind == "name":
                self.at += 1
            if start == self.at:
                raise self._unexpected()
            params.append(self._joined(start, self.at))
            types.append(self._type() if self._accept(":") else None)
            self.scopes.add(params[-1])
            if not self._accept(",") and self.token.value != ")":
                raise self._missing(")")
        external = self._accept_word("external")
        body = self._expression()
        self.range_end, self.scopes = outer
        return n.FunctionNode(pos, tuple(params), tuple(types), body, external)
