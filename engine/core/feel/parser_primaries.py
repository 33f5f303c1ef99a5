"""What an expression begins with: constants, names, brackets, and if, for, some and every."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.feel import nodes as n
from engine.core.feel.errors import FeelSyntaxError
from engine.core.feel.literals import at_literal, number_literal
from engine.core.feel.parser_types import TypeParser
from engine.errors import N_

if TYPE_CHECKING:
    from engine.core.feel.lexer import Token

COMPARISONS: Final = frozenset(["=", "!=", "<", "<=", ">", ">="])
ADDITIVE: Final = 4
"""The precedence of + and -, the operators that both ends of a range may hold."""


class PrimaryParser(TypeParser):
    """Needs the operators, which `Parser` adds."""

    def _binary(self, lowest: int, left: n.Node | None = None) -> n.Node:
        raise NotImplementedError

    def _test(self) -> n.Node:
        raise NotImplementedError

    def _comparison_test(self) -> n.Comparison:
        raise NotImplementedError

    def _primary(self) -> n.Node:
        token = self.token
        if token.kind == "number":
            self.at += 1
            return n.Literal(token.pos, number_literal(token.value, token.pos, self.text))
        if token.kind == "string":
            self.at += 1
            return n.Literal(token.pos, token.value)
        if token.kind == "at":
            self.at += 1
            return n.Literal(token.pos, at_literal(token.value))
        if token.kind == "name":
            return self._word_primary(token)
        if token.value in {"(", "[", "]", "{"} and token.kind == "op":
            outer, self.range_end = self.range_end, False
            node = self._bracket(self._next())
            self.range_end = outer
            return node
        raise self._unexpected()

    def _bracket(self, token: Token) -> n.Node:
        if token.value == "{":
            return self._context(token.pos)
        if token.value == "(":
            if self.token.kind == "op" and self.token.value in COMPARISONS:
                node: n.Node = self._comparison_test()
            else:
                node = self._expression()
                if self._accept(".."):
                    return self._range_end(token.pos, node, low_closed=False)
            self._expect(")")
            return node
        if token.value == "]":
            node = self._expression()
            self._expect("..")
            return self._range_end(token.pos, node, low_closed=False)
        if self._accept("]"):
            return n.ListNode(token.pos, ())
        items = [self._test()]
        if self._accept(".."):
            return self._range_end(token.pos, items[0], low_closed=True)
        while self._accept(","):
            items.append(self._test())
        self._expect("]")
        return n.ListNode(token.pos, tuple(items))

    def _range_end(self, pos: int, low: n.Node, *, low_closed: bool) -> n.Node:
        outer, self.range_end = self.range_end, True
        high = self._binary(ADDITIVE)
        self.range_end = outer
        token = self.token
        if token.kind != "op" or token.value not in {"]", ")", "["}:
            raise self._missing("]")
        self.at += 1
        return n.RangeNode(pos, low, high, low_closed, token.value == "]")

    def _context(self, pos: int) -> n.Node:
        keys: list[str] = []
        values: list[n.Node] = []
        scope = self.scopes
        self.scopes = scope.child()
        while not self._accept("}"):
            key_token = self.token
            key = self._next().value if key_token.kind == "string" else self._key()
            self._expect(":")
            if key in keys:
                raise FeelSyntaxError(
                    N_("Position {position}: the context has two entries “{key}”."), key_token.pos, self.text, key=key
                )
            values.append(self._expression())
            keys.append(key)
            self.scopes.add(key)
            if not self._accept(",") and self.token.value != "}":
                raise self._missing("}")
        self.scopes = scope
        return n.ContextNode(pos, tuple(keys), tuple(values))

    def _key(self) -> str:
        """Everything up to the colon: names of entries may hold spaces and signs."""
        start = self.at
        while self.token.kind in {"name", "number"} or self.token.value in {".", "/", "-", "'", "+", "*", "**"}:
            self.at += 1
        if self.at == start or self.tokens[start].kind != "name":
            raise self._unexpected()
        return self._joined(start, self.at)

    def _word_primary(self, token: Token) -> n.Node:
        word = token.value
        following = self._peek()
        if following.value == "(" and word == "function":
            return self._function()
        known = self.scopes.longest(self.tokens, self.at)
        if not known[0]:
            if word in {"true", "false", "null"}:
                self.at += 1
                return n.Literal(token.pos, {"true": True, "false": False}.get(word))
            if word == "if":
                return self._if()
            if word == "for" and following.kind == "name":
                return self._for()
            if word in {"some", "every"} and following.kind == "name":
                return self._quantified()
        return n.Name(token.pos, self._name(known))

    def _if(self) -> n.Node:
        pos = self._next().pos
        condition = self._expression()
        self._expect_word("then")
        yes = self._expression()
        self._expect_word("else")
        return n.If(pos, condition, yes, self._expression())

    def _for(self) -> n.Node:
        scope = self.scopes
        pos = self._next().pos
        iterators = self._iterators()
        self._expect_word("return")
        self.scopes.add("partial")
        body = self._expression()
        self.scopes = scope
        return n.For(pos, iterators, body)

    def _quantified(self) -> n.Node:
        scope = self.scopes
        token = self._next()
        iterators = self._iterators()
        self._expect_word("satisfies")
        condition = self._expression()
        self.scopes = scope
        return n.Quantified(token.pos, token.value, iterators, condition)

    def _iterators(self) -> tuple[n.Iterator, ...]:
        result: list[n.Iterator] = []
        self.scopes = self.scopes.child()
        while True:
            start = self.at
            while self.token.kind == "name" and not self._word("in"):
                self.at += 1
            if self.at == start:
                raise self._unexpected()
            name = self._joined(start, self.at)
            self._expect_word("in")
            source = self._expression()
            end = self._expression() if self._accept("..") else None
            result.append(n.Iterator(self.tokens[start].pos, name, source, end))
            self.scopes.add(name)
            if not self._accept(","):
                return tuple(result)
