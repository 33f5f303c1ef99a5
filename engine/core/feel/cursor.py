"""Where the parser is in the tokens, and how it says that something else is expected there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.feel.errors import FeelSyntaxError
from engine.core.feel.lexer import Token, tokens
from engine.core.feel.names import KNOWN, Names
from engine.errors import N_

if TYPE_CHECKING:
    from collections.abc import Iterable


class Cursor:
    """Moves through the tokens of one text."""

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
