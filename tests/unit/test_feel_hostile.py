"""Expressions made to hang a server or to fill its memory: each is refused in words, within 100 ms and 50 MB."""

from __future__ import annotations

import time
import tracemalloc
from contextlib import suppress

import pytest

from engine.core import feel

SECONDS = 0.5
"""Of CPU; 0.1 are meant, the rest is for machines that are slow or do other things too."""
BYTES = 50_000_000


def rounds(body: str, count: int = 49_000) -> str:
    return f"for i in 1..{count} return {body}"


def again(body: str, start: str, times: int) -> str:
    """A function that calls itself on its own result."""
    return f"{{f: function(s, n) if n = 0 then s else f({body}, n - 1), r: f({start}, {times})}}.r"


def over(items: str, body: str, count: int = 30_000) -> str:
    return f"{{s: for i in 1..10000 return {items}, r: for i in 1..{count} return {body}}}.r"


def text(length: int, letter: str = "a") -> str:
    return f'"{letter * length}"'


REFUSED = {
    # numbers
    "powers": "9**9**9**9**9**9", "powers from the left": "2" + "**9" * 9000, "a huge exponent": "1e99999", "a tiny base": "7 ** 9999999",
    "Euler": "exp(9e6000)", "five thousand digits": "9" * 5000, "a result too large for JSON": "9e6000", "many of them": rounds("9e6000", 20_000),
    "roots in a loop": rounds("1.5 ** 0.3"), "large powers in a loop": rounds("1.0000001 ** 123456789.123"), "logarithms in a loop": rounds("log(7)"),
    "a sum of everything": rounds("sum(s)", 9).replace("for i", "{s: for j in 1..90000 return j, r: for i", 1) + "}.r",
    # ranges and loops
    "an endless range": "count(for x in -1e30..1e30 return 1)", "a range to the largest number": "for x in 0..9e6000 return x",
    "days of ten thousand years": 'for d in @"0001-01-01"..@"9999-12-31" return d', "a product of ranges": "for a in 1..400, b in 1..400, c in 1..400 return a",
    "nothing satisfies": "some a in 1..9999, b in 1..9999, c in 1..9999 satisfies a + b + c < 0", "a million visits": "some x in [1..1000000] satisfies x < 0",
    "a body of thousands of sums": rounds(" + ".join(["1"] * 8000)), "of thousands of conditions": rounds(" and ".join(["i > 0"] * 3500), 20_000),
    "of thousands of tests": rounds("i in (" + ",".join(["-1"] * 8000) + ")", 20_000), "of thousands of items": rounds("[" + ",".join(["1"] * 8000) + "]"),
    "of thousands of entries": rounds("{" + ",".join(f"a{j}: 1" for j in range(3000)) + "}"), "partial results of partial results": rounds("partial"),
    "partial results as text": rounds("string(partial)", 900), "partial results in contexts": rounds("{a: partial, b: partial}", 900),
    "a function of thousands of sums": "{f: function(n) " + " + ".join(["n"] * 7000) + ", r: for i in 1..30000 return f(i)}.r",
    "a filter of thousands of conditions": "(for i in 1..30000 return i)[item = 0 or " + " or ".join(["item < 0"] * 2500) + "]",
    "every condition": "every i in 1..49000 satisfies " + " and ".join(["i > 0"] * 3500),
    # recursion
    "endless recursion": "{f: function(n) f(n + 1), r: f(0)}.r", "mutual recursion": "{f: function(n, g) g(n, f), r: f(1, function(n, g) g(n, f))}.r",
    "three in a ring": "{a: function(f) f(f), r: a(function(g) g(function(h) h(g)))}.r", "a function of itself": "(function(f) f(f))(function(f) f(f))",
    "Fibonacci": "{f: function(n) if n < 2 then n else f(n - 1) + f(n - 2), r: f(40)}.r",
    "Ackermann": "{a: function(m, n) if m = 0 then n + 1 else if n = 0 then a(m - 1, 1) else a(m - 1, a(m, n - 1)), r: a(3, 9)}.r",
    "sorting that sorts": "{c: function(a, b) count(sort([3, 2, 1], c)) > 0, r: sort([3, 2, 1], c)}.r",
    # texts
    "a text doubled": again("s + s", text(8), 60), "capitals that grow": again("upper case(s) + s", '"ΐ"', 60), "a text replaced by two": again('replace(s, "a", "aa")', text(1), 60),
    "joined": rounds(f'string join([{text(9000)}, "b"], {text(9000, "c")})'), "parts of a text": rounds(f"substring({text(20_000)}, 2)"),
    "searched again and again": f"{{s: {text(15_000)}, r: for i in 1..49000 return contains(s, {text(7000)})}}.r",
    "numbers as text": rounds("string(9e6000)"), "split again and again": rounds(f'split({text(300)}, "a")'),
    "replaced by its multiple": rounds(f'replace({text(300)}, "a", "$0$0$0$0$0$0$0$0")'), "a replacement that grows": f'replace({text(9000)}, "a", {text(9000, "b")})',
    # lists and contexts
    "a list doubled": again("concatenate(s, s)", "[1, 2]", 60), "a tree": again("[s, s]", "[1, 2]", 50), "a tree of contexts": again("{a: s, b: s}", "1", 50),
    "a tree as text": f"string({again('[s, s]', '[1]', 50)})", "a tree flattened": f"flatten({again('[s, s]', '[1]', 50)})",
    "trees compared": f"{again('[s, s]', '[1]', 40)} = {again('[s, s]', '[1]', 40)}", "contexts put into themselves": again('context put(s, "k" + string(n), s)', "{}", 400),
    "contexts merged into themselves": again("context merge([s, {a: s, b: s}])", "{}", 400), "entries of entries": again("get entries({a: s, b: s})", "{}", 60),
    "a path of keys": "context put({}, [" + ",".join(['"a"'] * 5000) + "], 1)", "sorted by a lie": "sort(for i in 1..90000 return i, function(a, b) true)",
    "sorted backwards": "sort(for i in 1..90000 return -i, function(a, b) a < b)", "lists without repetitions": "distinct values(for i in 1..20000 return [i])",
    "positions": over("i", "index of(s, i)"), "items replaced": over("i", "list replace(s, function(a, b) a > 0, i)"), "items inserted": over("i", "insert before(s, 1, i)"),
    "medians": over("i", "median(s)"), "modes": over("i", "mode(s)"), "least": over("i", "min(s)"), "compared with itself": over("i", "s = s"),
    "of a type": over("i", "s instance of list<number>"), "reversed": over("i", "reverse(s)"), "unions": over("i", "union(s, s)"),
    # patterns
    "pattern with counts": 'matches("a", "((a{1,1000}){1,1000}){1,1000}")', "pattern of brackets": 'matches("a", "' + "(" * 5000 + ")" * 5000 + '")',
    "pattern with back references": 'matches("' + "a" * 60 + 'b", "(a*)*(a*)*(a*)*\\\\1\\\\2\\\\3c")', "pattern that repeats itself": f'matches({text(16_000)}, "^(a*)(?:\\\\1)*b", "i")',
    "pattern of many groups": f'matches({text(20_000)}, "{"()" * 400}(?:(a)|b)*c")', "pattern of alternatives": f'matches({text(5000, "K")}, "({"k|" * 2000}x)+$", "i")',
    "pattern of classes": f'matches("a", "[{chr(92) * 2}p{{Lu}}{f"{chr(92) * 2}p{{Lu}}" * 2000}]")', "pattern after pattern": rounds('matches("aaaa", string(i) + "(a|b)*c{1,5}")'),
    "pattern that may be empty": 'replace("' + "a" * 30_000 + '", "(a?){30}b", "x")',
    # dates
    "dates in a loop": rounds('date and time("2026-01-01T10:00:00@Europe/Berlin") + duration("P1D")'), "no zones": rounds('time("10:00:00@Zone/" + string(i))'),
    # reading
    "brackets": "(" * 10_000 + "1" + ")" * 10_000, "lists": "[" * 10_000 + "]" * 10_000, "contexts": "{a:" * 8000 + "1" + "}" * 8000, "calls": "f(" * 8000 + ")" * 8000,
    "ifs": "if true then " * 2000 + "1", "functions": "function() " * 2500 + "1", "quantifiers": "some a in [1] satisfies " * 1200 + "true",
    "loops": "for a in [1] return " * 1500 + "a", "types": "1 instance of " + "list<" * 3000 + "number" + ">" * 3000, "negations": "not(" * 5000 + "true" + ")" * 5000,
    "filters in filters": "x[" * 9000 + "1" + "]" * 9000, "an open text": '"' + "a" * 32_000, "an open comment": "1 /*" * 8000, "too long": "1 + " * 9000 + "1",
    "a long name": "a " * 16_000 + "b", "unknown among many": "{" + ",".join(f"aaaaaaaaaaaaaaaaaaa{j}: 1" for j in range(1200)) + ", r: aaaaaaaaaaaaaaaaaaab}.r",
    "an unknown attribute of an unknown": "().__class__.__bases__[0].__subclasses__()", "an import": '__import__("os").system("true")',
}  # fmt: skip


def outcome(name: str) -> None:
    with pytest.raises(feel.FeelProblem) as caught:
        feel.to_json(feel.compile(REFUSED[name]).evaluate({"x": {"a": 1}}))
    assert str(caught.value)
    assert feel.in_chinese(caught.value) != str(caught.value)


def seconds(name: str) -> float:
    begin = time.thread_time()
    outcome(name)
    return time.thread_time() - begin


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_soon_and_takes_little_memory(name: str) -> None:
    tries = (seconds(name) for _ in range(3))  # a busy machine may slow any single one
    tracemalloc.start()
    try:
        outcome(name)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert any(took < SECONDS for took in tries)
    assert peak < BYTES, f"{peak / 1e6:.1f} MB"


@pytest.mark.parametrize(
    "text",
    ["{a: 1}.__class__", "[].append", '"a".format', "abs.run", "(function(x) x).call", '"{0.__class__}"', "1.real.denominator", "x.a.__add__"],
)
def test_python_is_not_there(text: str) -> None:
    with suppress(feel.FeelProblem):
        assert feel.to_json(feel.compile(text).evaluate({"x": {"a": 1}})) in (None, [], "{0.__class__}")
