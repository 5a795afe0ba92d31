"""The calculator: right, bounded, and clear about what it refuses."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.graphs.tools.calculator import CalculationError, calculate, calculator


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("17*23", "391"),
        ("17 × 23 =", "391"),
        ("2^10", "1024"),
        ("1,000 * 2", "2000"),
        ("10/4", "2.5"),
        ("8/4", "2"),
        ("-(3 - 5) ** 2", "-4"),
        ("7 // 2 + 7 % 2", "4"),
        ("sqrt(16) + abs(-1)", "5"),
        ("round(pi, 2)", "3.14"),
        ("max(1, 2, 3)", "3"),
        ("2**-1", "0.5"),
    ],
)
def test_calculates(expression: str, value: str) -> None:
    assert calculate(expression) == value


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("1/0", "divides by zero"),
        ("9**9**9", "too large"),
        ("1e308*10", "too large"),
        ("(-8)**0.5", "not a real number"),
        ("two plus two", "not an arithmetic expression"),
        ("__import__('os').system('true')", "not arithmetic that this calculator knows"),
        ("(1).__class__", "not arithmetic that this calculator knows"),
        ("True + 1", "not arithmetic that this calculator knows"),
        ("'a' * 9", "not arithmetic that this calculator knows"),
        ("[1][0]", "not arithmetic that this calculator knows"),
        ("x + 1", "not arithmetic that this calculator knows"),
        ("sqrt(-1)", "undefined"),
        ("min()", "undefined"),
        ("1+" * 150 + "1", "longer than 200 characters"),
        ("", "not an arithmetic expression"),
    ],
)
def test_refuses_with_a_reason(expression: str, reason: str) -> None:
    with pytest.raises(CalculationError, match=reason):
        calculate(expression)


def test_a_power_tower_is_refused_before_it_is_calculated() -> None:
    started = time.thread_time()  # the machine may be busy with something else

    with pytest.raises(CalculationError):
        calculate("(9**900)**9999999")

    assert time.thread_time() - started < 0.5


@given(st.text(alphabet="0123456789+-*/%^().,e sqrtpi×", max_size=60))
def test_whatever_is_asked_gives_a_text_or_a_calculation_error(expression: str) -> None:
    try:
        answer = calculate(expression)
    except CalculationError as error:
        answer = str(error)

    assert answer


async def test_the_tool_tells_models_what_it_wants() -> None:
    schema = calculator.get_input_jsonschema()

    assert await calculator.ainvoke({"expression": "6*7"}) == "42"
    assert schema["required"] == ["expression"]
    assert "sqrt" in schema["properties"]["expression"]["description"]
