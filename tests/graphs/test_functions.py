"""What specs may name: transformers, aggregators and JMESPath, which must not be a way to stop the server."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.graphs import functions
from cantata.graphs.expressions import (
    MAX_EXPRESSION_CHARACTERS,
    MAX_EXPRESSION_DEPTH,
    BadExpression,
    expression,
    is_true,
)
from cantata.graphs.functions import (
    aggregator,
    aggregator_names,
    register_aggregator,
    register_transformer,
    sections_of,
    text_of,
    transformer,
    transformer_names,
)

WORDS = ["word"] * 1_000
_SYNTAX = ["@", "a", "b", ".", "|", "||", "&&", "!", "&", "[", "]", "[]", "[*]", "*", "{a:", "}", "(", ")", ",", "`1`"]
_SYNTAX += [
    "'x'",
    '"q"',
    "[?",
    "==",
    "<",
    "length(",
    "map(&",
    "sort_by(",
    "join('',",
    "to_string(",
    "[0]",
    "[::2]",
    " ",
]


@pytest.fixture
def _own_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "_transformers", dict(functions._transformers))
    monkeypatch.setattr(functions, "_aggregators", dict(functions._aggregators))
    return


def refused(text: str, value: Any = None) -> str:
    """Return the sentence with which *text* is refused, at its compilation or on *value*."""
    with pytest.raises(BadExpression) as error:
        expression(text)(value)
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "value", "result"),
    [
        ("a.b", {"a": {"b": 1}}, 1),
        ("@", [1], [1]),
        ("a", "a text", None),
        ("[?n > `1`].n", [{"n": 1}, {"n": 2}], [2]),
        ("sort_by(@, &n)[0].n", [{"n": 2}, {"n": 1}], 1),
        ("contains(@, 'urgent')", "this is urgent", True),
        ("{x: a, y: [b, b]}", {"a": 1, "b": 2}, {"x": 1, "y": [2, 2]}),
    ],
)
def test_an_expression_is_applied(text: str, value: Any, result: Any) -> None:
    assert expression(text)(value) == result


def test_an_expression_may_be_as_long_as_the_limit_and_no_longer() -> None:
    longest = "'" + "x" * (MAX_EXPRESSION_CHARACTERS - 2) + "'"

    assert expression(longest)(None) == longest.strip("'")
    assert refused(longest + " ") == "The expression is longer than 1000 characters."


@pytest.mark.parametrize(
    "text", ["&a", "[&a]", "{x: &a}", "a || &a", "to_array(&a)", "not_null(@, &a)", "sort_by(@, &&a)"]
)
def test_a_reference_is_no_value(text: str) -> None:
    assert refused(text)


@pytest.mark.parametrize("text", ["map(&a, @)", "sort_by(@, &a)", "max_by(@, &a)", "min_by(@, &a)"])
def test_a_reference_is_taken_by_the_functions_that_ask_for_one(text: str) -> None:
    expression(text)([{"a": 1}, {"a": 2}])


@pytest.mark.parametrize("text", ["", "a.", "[", "a ==", "foo(", "a b", "]", "'open", "\ud800"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    assert refused(text).startswith("This is no JMESPath expression: ")


@pytest.mark.parametrize("text", ["no_such(@)", "a[?no_such(b)]", "map(&no_such(@), a)", "{x: no_such(@)}"])
def test_a_function_that_does_not_exist_is_refused_before_it_is_called(text: str) -> None:
    with pytest.raises(BadExpression, match="JMESPath has no function 'no_such'"):
        expression(text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 400 + "]" * 400,
        "(" * 400 + "a" + ")" * 400,
        "{a:" * 240 + "a" + "}" * 240,
        "!" * 900 + "a",
        "a" + "|a" * 490,
        "a" + "||a" * 330,
        "a" + "&&a" * 330,
        "a" + "[]" * 490,
        "a" + "[*].a" * 190,
        "a" + "[?a]" * 240,
        "map(" + "&" * 900 + "a, b)",
        "a" + ".*" * 490,
    ],
    ids=lambda text: text[:12],
)
def test_an_expression_nested_too_deep_is_refused_with_brackets_or_without(text: str) -> None:
    with pytest.raises(BadExpression, match=f"nested deeper than {MAX_EXPRESSION_DEPTH} levels|no JMESPath expression"):
        expression(text)


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 490,  # jmespath keeps these flat
        "a" + "[0]" * 300,
        "a" + "[*]" * 90,
        "!" * 90 + "a",
        "'[[[[[[" + "[" * 300 + "'",
        "a" + " || a" * 90,
    ],
    ids=lambda text: text[:12],
)
def test_a_long_expression_that_is_not_deep_is_taken(text: str) -> None:
    expression(text)({"a": [[]]})


@pytest.mark.parametrize(
    "text",
    [
        "|".join(["[@,@]"] * 90),
        "|".join(["[@,@][]"] * 40),
        "|".join(["{a:@,b:@}"] * 50),
        "|".join(["join('',[@,@])"] * 40).replace("join", "[to_string(@)]|[0]|join", 1),
        "to_string(" + "|".join(["[@,@]"] * 60) + ")",
        "map(&" * 14 + "@" + ", `[1,1,1,1,1,1,1,1,1,1,1,1,1,1]`)" * 14,
        "[*].join('" + "x" * 900 + "', [@,@,@,@,@,@])",
        "|".join(["[@,@]"] * 30) + "| @ == @",
    ],
    ids=lambda text: text[:20],
)
def test_an_expression_that_would_fill_the_memory_or_never_end_is_stopped(text: str) -> None:
    assert "more than" in refused(text, WORDS)


@pytest.mark.parametrize(
    ("text", "value"),
    [("sum(@)", ["a"]), ("ceil(to_number('inf'))", None), ("length(@)", 3), ("sort(@)", [1, "a"]), ("abs(a)", {})],
)
def test_an_expression_that_does_not_fit_its_value_is_told(text: str, value: Any) -> None:
    assert refused(text, value).startswith(f"{text!r} cannot be applied: ")


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # jmespath's, of literals in an old syntax
@given(st.lists(st.sampled_from(_SYNTAX), max_size=40).map("".join) | st.text(max_size=60))
def test_whatever_is_posted_as_expression_gives_a_value_or_a_sentence(text: str) -> None:
    value = {"a": [{"a": 1, "b": "x"}, 2, "y"], "b": {"a": None}}

    with suppress(BadExpression):
        json.dumps(expression(text)(value))


@pytest.mark.parametrize(
    ("value", "truth"), [(None, False), (False, False), ("", False), ([], False), ({}, False), (0, True), ("0", True)]
)
def test_truth_is_that_of_jmespath(value: Any, truth: bool) -> None:
    assert is_true(value) is truth
    assert is_true(expression("!!@")(value)) is truth


def test_a_name_is_a_transformer_and_everything_else_an_expression() -> None:
    assert transformer("text")({"a": 1}) == '{\n  "a": 1\n}'
    assert transformer("@.text")({"text": 1}) == 1
    with pytest.raises(BadExpression, match=r"no transformer 'a': there are json, lines, text\. .* written `@\.a`"):
        transformer("a")


def test_the_transformers_do_what_they_are_called() -> None:
    assert transformer("json")('{"a": [1]}') == {"a": [1]}
    assert transformer("json")({"a": 1}) == {"a": 1}
    assert transformer("lines")("one\n\n two \n") == ["one", " two "]


@pytest.mark.parametrize("text", ["{", "", "NaN", "[Infinity]", "[" * 100_000])
def test_an_output_that_is_no_json_is_told(text: str) -> None:
    with pytest.raises(BadExpression, match="The output is"):
        transformer("json")(text)


@pytest.mark.parametrize(
    "text",
    ["`1e999`", "to_number('nan')", "`123456789012345678901234567890`", '`"\\ud800"`', '{"\\ud800": @}'],
)
def test_a_result_that_json_cannot_hold_is_told(text: str) -> None:
    with pytest.raises(BadExpression, match="cannot be written as JSON"):
        transformer(text)("x")


@pytest.mark.parametrize("output", ["1e999", "123456789012345678901234567890", '{"\\ud800": 1}', "[" * 300 + "]" * 300])
def test_an_output_that_nothing_can_store_is_told(output: str) -> None:
    with pytest.raises(BadExpression, match="JSON"):
        transformer("json")(output)


def test_the_aggregators_do_what_they_are_called() -> None:
    outputs = {"a": "yes", "b": {"x": 1}, "c": "no", "d": {"x": 1}}

    assert aggregator("first")(outputs) == "yes"
    assert aggregator("vote")(outputs) == {"x": 1}
    assert aggregator("vote")({"a": "x", "b": "y"}) == "x"
    assert (
        aggregator("concat")({"a": "yes", "c": "no"})
        == "## a\n\nyes\n\n## c\n\nno"
        == sections_of({"a": "yes", "c": "no"})
    )


def test_an_aggregator_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(
        BadExpression, match="no aggregator 'x': there are list, merge, concat, first, vote; or give an"
    ):
        aggregator("x")


@pytest.mark.usefixtures("_own_names")
def test_a_program_registers_its_own() -> None:
    register_transformer("shout", lambda value: text_of(value).upper())
    register_aggregator("count", len)

    assert transformer("shout")("hey") == "HEY"
    assert aggregator("count")({"a": 1, "b": 2}) == 2
    assert "shout" in transformer_names()
    assert "count" in aggregator_names()


@pytest.mark.parametrize("name", ["", "a b", "a.b", "1a", "@", "a-b"])
def test_a_name_that_could_be_an_expression_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a name"):
        register_transformer(name, str)
