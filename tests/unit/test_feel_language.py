"""FEEL by example: what an expression says, and what it answers."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from engine.core import feel

LOOSE = feel.Env(strict=False)


def ask(text: str, env: feel.Env | None = None, **variables: object) -> object:
    return feel.compile(text).evaluate(variables, env)


SAME = """
1 + 2 * 3 = 7
(1 + 2) * 3 = 9
2 ** 3 ** 2 = 64
-3 ** 2 = 9
0.1 + 0.2 = 0.3
"a" + "b" = "ab"
7 between 5 and 9 and true
5 in (1..5]
not(1 in ]1..5[)
5 in (> 3, < 1)
"b" in ("a", "b")
"b" in ["a".."c"]
[1, 2, 3][2] = 2
[1, 2, 3][-1] = 3
[1, 2, 3][item > 1] = [2, 3]
[{x: 1}, {x: 2}][x = 2].x = [2]
[{x: 1}, {y: 2}][x = 1] = [{x: 1}]
(for i in 1..3 return i * i) = [1, 4, 9]
(for i in 3..1 return i) = [3, 2, 1]
(for x in [1, 2], y in [x, 9] return x * y) = [1, 9, 4, 18]
(for i in 0..4 return if i = 0 then 1 else i * partial[-1]) = [1, 1, 2, 6, 24]
(for d in @"2026-02-27"..@"2026-03-01" return d.day) = [27, 28, 1]
some x in [1, 2] satisfies x > 1
every x in [1, 2] satisfies x > 0
if null then false else true
{a: 1, b: a + 1}.b = 2
{monthly income: 10, year: monthly income * 12}.year = 120
{f: function(n) if n <= 1 then 1 else n * f(n - 1), r: f(20)}.r = 2432902008176640000
(function(a, b) a - b)(b: 1, a: 3) = 2
1 instance of number
[1, 2] instance of list<number>
{a: 1} instance of context<a: number>
not(null instance of string)
date("2026-01-31") + duration("P1M") = date("2026-02-28")
@"2026-03-01T10:00:00+08:00" = @"2026-03-01T02:00:00Z"
@"2026-03-01T10:00:00+08:00" + @"PT15H" = @"2026-03-02T01:00:00+08:00"
@"2026-03-02" - @"2026-03-01" = @"P1D"
@"2026-03-01T10:00:00@Asia/Shanghai".time offset = @"PT8H"
@"P1Y6M".months = 6
years and months duration(@"2025-01-15", @"2026-03-14") = @"P1Y1M"
day of week(@"2026-03-02") = "Monday"
week of year(@"2026-03-02") = 10
@"-0044-03-15" < @"2026-03-01"
@"12026-03-01T00:00:00Z" > @"9999-12-31T23:59:59Z"
string(date(-44, 3, 15)) = "-0044-03-15"
string length("🐎ab") = 3
substring("投诉工单", 3) = "工单"
matches("13812345678", "^1[3-9]\\d{9}$")
replace("abcd", "(ab)|(a)", "[1=$1][2=$2]") = "[1=ab][2=]cd"
split("a; b;c", ";\\s*") = ["a", "b", "c"]
string join(["a", null, "c"], "-") = "a-c"
decimal(2.5, 0) = 2
round half up(2.5, 0) = 3
modulo(-12, 5) = 3
median([8, 2, 5, 3, 4]) = 4
sort([3, 1, 2], function(a, b) a > b) = [3, 2, 1]
distinct values([1, 1.0, "a", "a", [1], [1]]) = [1, "a", [1]]
flatten([[1, [2]], 3]) = [1, 2, 3]
context put({x: {y: 1}}, ["x", "y"], 2) = {x: {y: 2}}
list replace([1, 2, 3], function(item, newItem) item > 1, 0) = [1, 0, 0]
before([1..5), 5)
overlaps before([1..5], [3..8])
during([2..3], [1..5])
range("[18..21)").end = 21
string(@"PT90M") = "PT1H30M"
string([1, "a", {b: null}]) = "[1, \\"a\\", {b: null}]"
number("1.234,5", ".", ",") = 1234.5
""".strip().splitlines()


@pytest.mark.parametrize("text", SAME)
def test_says_true(text: str) -> None:
    assert ask(text) is True


@pytest.mark.parametrize(
    "text",
    ['1 = "a"', "1 < null", '"a" < 1', "null + 1", "1 / 0", "null and true", "not(null)", "[][1]", '{a: 1}["x"].b',
     "5 in (null..10]", 'date("2026-02-30")', "sum([])", 'substring("abc", 0)', "{a: 1}.b", "sqrt(-1)", "log(0)"],
)  # fmt: skip
def test_has_no_answer(text: str) -> None:
    assert ask(text) in (None, [])


def test_three_valued_logic() -> None:
    assert ask("false and null") is False
    assert ask("true or null") is True
    assert ask("true and null") is None
    assert ask("(some x in [1, null] satisfies x > 5)") is None


def test_json_goes_in_and_out() -> None:
    variables = {"round": 2, "rate": 0.1, "tags": ["漏水"], "house": {"no": "1-101", "area": 89}}
    assert ask("rate * 3", **variables) == Decimal("0.3")
    assert feel.to_json(ask("{n: round + 1, area: house.area / 2, tags: tags}", **variables)) == {
        "n": 3,
        "area": 44.5,
        "tags": ["漏水"],
    }
    assert feel.to_json([date(2026, 3, 1), time(10, 30), timedelta(hours=2), feel.YearsMonths(14)]) == [
        "2026-03-01", "10:30:00", "PT2H", "P1Y2M",
    ]  # fmt: skip
    assert variables["house"] == {"no": "1-101", "area": 89}


def test_chinese_names_and_texts() -> None:
    assert ask('紧急程度 in ("特急", "紧急") and 轮次 >= 2', 紧急程度="特急", 轮次=2) is True


def test_names_with_spaces_and_signs() -> None:
    expression = feel.compile("loan amount - down-payment", names=["loan amount", "down-payment"])
    assert expression.names == {"loan amount", "down-payment"}
    assert expression.evaluate({"loan amount": 10, "down-payment": 3}) == 7


def test_functions_of_the_caller() -> None:
    env = feel.Env(functions={"working days between": lambda a, b: (b - a).days, "half": lambda n: n / 2})
    assert ask('working days between(@"2026-03-01", @"2026-03-04") + half(3)', env) == Decimal("4.5")
    with pytest.raises(feel.FeelError, match="half"):
        ask('half("x")', env)


def test_the_clock_is_the_callers() -> None:
    env = feel.Env(now=datetime(2026, 3, 1, 17, 30, tzinfo=UTC), zone=ZoneInfo("Asia/Shanghai"))
    assert ask("today()", env) == date(2026, 3, 2)
    assert ask('now() > date and time("2026-03-02T01:00:00")', env) is True
    with pytest.raises(feel.FeelError, match="clock"):
        ask("now()")


def test_free_names() -> None:
    expression = feel.compile("count(defects[state = open_state]) > limit and some d in defects satisfies d.late")
    assert expression.names == {"defects", "limit"}
    assert expression.possible_names == {"state", "open_state"}
    assert feel.compile("f(x) + abs(y)").functions == {"f"}


def test_a_variable_may_be_called_like_a_function() -> None:
    expression = feel.compile("count > 2 and count(items) = 1 and date = null")
    assert expression.names == {"count", "items", "date"}
    assert expression.evaluate({"count": 3, "items": ["a"], "date": None}) is True


def test_cells() -> None:
    def cell(text: str, value: object, **more: object) -> object:
        return feel.compile(text, unary=True).evaluate({"?": value, **more})

    assert cell("-", None) is True
    assert cell("", 5) is True
    assert cell("< 5, > 10", 12) is True
    assert cell("[1..3]", 3) is True
    assert cell("not(1, 2)", 3) is True
    assert cell('"a", "b"', "b") is True
    assert cell("false", False) is True
    assert cell("? > 2 and ? < 5", 3) is True
    assert cell("limit", 5, limit=5) is True
    assert cell('date("2026-03-01")', date(2026, 3, 1)) is True
    assert cell("not(null)", None) is False
    assert cell('contains(?, "水")', "漏水") is True


ERRORS = {
    "urgencyy = 1": "Position 1: there is no variable “urgencyy”. Did you mean “urgency”?",
    "lenght(urgency)": "Position 1: there is no function “lenght”",
    "substring(urgency)": "“substring” takes the arguments (string, start position, length)",
    "1 +": "Position 4: the expression is not complete.",
    "(1": "Position 3: “)” is missing at the end.",
    "if 1 then 2": "“else” is missing",
    '"abc': "Position 1: the string has no closing",
    "a （b）": "Position 3: “（” is not FEEL; write (",
    "a == b": "Position 4: “=” is not expected here.",
    "urgency && x": "Position 9: “&” is not FEEL; write and",
    "{a: 1, a: 2}": "two entries “a”",
    "9**9999999": "too large",
    'matches("a", "(")': "not a regular expression",
}


@pytest.mark.parametrize("text", ERRORS)
def test_errors_name_the_place(text: str) -> None:
    with pytest.raises(feel.FeelProblem) as caught:
        ask(text, urgency="特急")
    assert ERRORS[text] in str(caught.value)
    assert feel.in_chinese(caught.value) != str(caught.value)


def test_not_strict_means_null() -> None:
    assert ask("missing + 1", LOOSE) is None
    assert ask("missing(1)", LOOSE) is None
    assert ask("[{a: 1}, {b: 2}][a = 1]") == [{"a": 1}]


JUEL = {
    "${a == 'x' && b > 1}": 'a = "x" and b > 1',
    "${!ok}": "ok != true",
    "${a.b.c}": "a.b.c",
    "${items[0].name}": "items[1].name",
    "${a['k']}": 'get value(a, "k")',
    "#{not ok or n le 3}": "ok != true or n <= 3",
    "${ok ? 'x' : 'y'}": 'if ok then "x" else "y"',
    "${n % 2 == 0}": "modulo(n, 2) = 0",
    "${(a || b) && c}": "(a or b) and c",
}


@pytest.mark.parametrize("text", JUEL)
def test_juel(text: str) -> None:
    assert feel.from_juel(text) == JUEL[text]


def test_juel_empty() -> None:
    expression = feel.compile(feel.from_juel("${!empty x}"))
    assert [expression.evaluate({"x": x}) for x in (None, "", [], {}, "a", [1], 0)] == [False] * 4 + [True] * 3


@pytest.mark.parametrize(
    "text", ["${bean.call(1)}", "a${x}", "${execution.id}", "${'a' + b}", "${x = 1}", "${", "${a[b]}"]
)
def test_juel_without_counterpart(text: str) -> None:
    with pytest.raises(feel.FeelSyntaxError):
        feel.from_juel(text)
