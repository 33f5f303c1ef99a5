"""Tokens to a typed tree: precedence climbing, with names that may contain spaces.

A name is read greedily: the longest run of tokens that is a known name (a builtin, a name given by the caller, a local
variable of the expression), else all identifiers up to the next keyword or sign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.feel import nodes as n
from engine.core.feel.parser_primaries import ADDITIVE, COMPARISONS, PrimaryParser

if TYPE_CHECKING:
    from collections.abc import Iterable


_PRECEDENCE = {"or": 1, "and": 2, "between": 3, "in": 3, "+": 4, "-": 4, "*": 5, "/": 5, "**": 6}
_PRECEDENCE |= dict.fromkeys(COMPARISONS, 3)
_EQUALITY = {"=", "!="}
_STARTS_NO_EXPRESSION = COMPARISONS | {")", "]", ",", "}", ":", ".", "..", "...", "+", "*", "/", "**", ""}
_STARTS_NO_EXPRESSION |= {"and", "or", "then", "else", "return", "satisfies", "between", "in", "instance"}


def parse(text: str, *, unary: bool = False, names: Iterable[str] = ()) -> n.Node:
    """Read an expression, or the unary tests of a cell. Raises FeelSyntaxError with the position."""
    return Parser(text, names).whole(unary=unary)


class Parser(PrimaryParser):
    """One use per text."""

    def whole(self, *, unary: bool) -> n.Node:
        """Read everything up to the end of the text."""
        if unary:
            self.scopes.add("?")
        node = self._cell() if unary else self._expression()
        if self.token.kind != "end":
            raise self._unexpected()
        return node

    def _cell(self) -> n.Node:
        pos = self.token.pos
        if self.token.kind == "end" or (self.token.value == "-" and self._peek().kind == "end"):
            self.at = len(self.tokens) - 1
            return n.UnaryTests(pos, ())
        if self._word("not") and self._peek().value == "(":
            start = self.at
            self.at += 2
            tests = self._tests()
            self._expect(")")
            if self.token.kind == "end":
                return n.UnaryTests(pos, tests, negated=True)
            self.at = start  # such as `not(a) or b`: an expression that begins with a call
        return n.UnaryTests(pos, self._tests())

    def _tests(self) -> tuple[n.Node, ...]:
        tests = [self._test()]
        while self._accept(","):
            tests.append(self._test())
        return tuple(tests)

    def _test(self) -> n.Node:
        if self.token.kind == "op" and self.token.value in COMPARISONS:
            return self._comparison_test()
        return self._expression()

    def _comparison_test(self) -> n.Comparison:
        token = self._next()
        return n.Comparison(token.pos, token.value, self._binary(ADDITIVE))

    def _expression(self) -> n.Node:
        self._enter()
        node = self._binary(1)
        self.depth -= 1
        return node

    def _binary(self, lowest: int, left: n.Node | None = None) -> n.Node:
        node = self._unary() if left is None else left
        while self.token.kind in {"op", "name"}:
            operator = self.token.value
            precedence = _PRECEDENCE.get(operator, 0)
            if precedence < lowest:
                break
            pos = self._next().pos
            if operator in {"and", "or"}:
                node = self._logic(node, operator, pos)
            elif operator == "between":
                node = self._between(node, pos)
            elif operator == "in":
                node = self._in(node, pos)
            elif operator in _EQUALITY and self.token.kind == "op" and self.token.value in COMPARISONS - _EQUALITY:
                node = n.Binary(pos, operator, node, self._comparison_test())  # such as `value = >= 2`
            else:
                node = n.Binary(pos, operator, node, self._binary(precedence + 1))
        return node

    def _logic(self, left: n.Node, operator: str, pos: int) -> n.Node:
        operands = [left, self._binary(_PRECEDENCE[operator] + 1)]
        while self._accept_word(operator):
            operands.append(self._binary(_PRECEDENCE[operator] + 1))
        return n.Logic(pos, operator, tuple(operands))

    def _between(self, value: n.Node, pos: int) -> n.Node:
        low = self._binary(ADDITIVE)
        self._expect_word("and")
        return n.Between(pos, value, low, self._binary(ADDITIVE))

    def _in(self, value: n.Node, pos: int) -> n.Node:
        if self.token.kind == "op" and self.token.value in COMPARISONS:
            return n.In(pos, value, (self._comparison_test(),))
        if self.token.value != "(" or self.token.kind != "op":
            return n.In(pos, value, (self._binary(ADDITIVE),))
        start = self._next().pos
        outer, self.range_end = self.range_end, False
        first = self._test()
        self.range_end = outer
        if self._accept(".."):
            tests: tuple[n.Node, ...] = (self._range_end(start, first, low_closed=False),)
        elif self.token.value == ",":
            self.at += 1
            tests = (first, *self._tests())
            self._expect(")")
            return n.In(pos, value, tests)
        else:
            self._expect(")")
            tests = (first,) if isinstance(first, n.Comparison) else (self._binary(ADDITIVE, self._postfix(first)),)
        return n.In(pos, value, tests)

    def _unary(self) -> n.Node:
        minus: list[int] = []
        while self.token.kind == "op" and self.token.value == "-":
            minus.append(self._next().pos)
        if len(minus) > self.MAX_DEPTH:
            raise self._too_deep()
        node = self._postfix(self._primary())
        while self._word("instance") and self._peek().value == "of":
            pos = self._next().pos
            self.at += 1
            node = n.InstanceOf(pos, node, self._type())
        for pos in reversed(minus):
            node = n.Negate(pos, node)
        return node

    def _postfix(self, node: n.Node) -> n.Node:
        count = 0
        while self.token.kind == "op" and self.token.value in {".", "...", "[", "("}:
            if self.token.value == "[" and self.range_end and self._closes_range():
                break
            count += 1
            if count > self.MAX_DEPTH:
                raise self._too_deep()
            token = self._next()
            if token.value == ".":
                node = n.Path(token.pos, node, self._member_name())
            elif token.value == "...":
                node = n.Descendants(token.pos, node, self._member_name())
            elif token.value == "(":
                node = self._call(node, token.pos)
            else:
                outer, self.range_end = self.range_end, False
                node = n.Filter(token.pos, node, self._expression())
                self.range_end = outer
                self._expect("]")
        return node

    def _closes_range(self) -> bool:
        following = self._peek()
        return following.kind == "end" or (
            following.kind in {"op", "name"} and following.value in _STARTS_NO_EXPRESSION
        )

    def _call(self, function: n.Node, pos: int) -> n.Node:
        outer, self.range_end = self.range_end, False
        args: list[n.Node] = []
        names: list[str] = []
        while not self._accept(")"):
            name = self._argument_name()
            if name is not None:
                names.append(name)
            args.append(self._expression())
            if (len(names) not in {0, len(args)}) or (self.token.value not in {",", ")"}):
                raise self._unexpected()
            if self._accept(",") and self.token.value == ")":
                raise self._unexpected()
        self.range_end = outer
        return n.Call(pos, function, tuple(args), tuple(names))

    def _argument_name(self) -> str | None:
        """`name with spaces :` at the start of an argument."""
        at = self.at
        while self.tokens[at].kind == "name":
            at += 1
        if at == self.at or self.tokens[at].value != ":":
            return None
        name = " ".join(token.value for token in self.tokens[self.at : at])
        self.at = at + 1
        return name
