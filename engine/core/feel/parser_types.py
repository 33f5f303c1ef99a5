"""The parser's ground floor: names, types and the heads of functions."""

from __future__ import annotations

from engine.core.feel import nodes as n
from engine.core.feel.cursor import Cursor

_TYPE_NAMES = (
    ("years", "and", "months", "duration"), ("days", "and", "time", "duration"), ("date", "and", "time"),
)  # fmt: skip
_KEYWORDS = frozenset(
    ["and", "or", "in", "between", "then", "else", "return", "satisfies", "instance", "if", "true", "false", "null"]
)


class TypeParser(Cursor):
    """Everything that reads no expression; the parsers above add those."""

    def _expression(self) -> n.Node:
        raise NotImplementedError

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
