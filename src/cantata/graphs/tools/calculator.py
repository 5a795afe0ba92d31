"""Arithmetic without `eval`: the expression is parsed and walked, and every step is bounded."""

import ast
import math
import operator
import re
from collections.abc import Callable

from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

MAX_CHARACTERS = 200
_MAX_DEPTH = 40
_MAX_DIGITS = 1000  # of an integer; 10**999 is the largest power of ten

Number = int | float

_BINARY: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: dict[type[ast.unaryop], Callable[[Number], Number]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
_FUNCTIONS: dict[str, Callable[..., Number]] = {
    "abs": abs,
    "ceil": math.ceil,
    "cos": math.cos,
    "exp": math.exp,
    "floor": math.floor,
    "ln": math.log,
    "log": math.log10,
    "max": max,
    "min": min,
    "round": round,
    "sin": math.sin,
    "sqrt": math.sqrt,
    "tan": math.tan,
}
_CONSTANTS = {"pi": math.pi, "e": math.e}
_SPELLINGS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "^": "**"})
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")


class CalculationError(ToolException):
    """The expression cannot be calculated; the message tells the model why."""


class CalculatorInput(BaseModel):
    """The calculator's argument."""

    expression: str = Field(
        description=(
            "An arithmetic expression, for example '17*23' or 'sqrt(2) * (3 + 4) ** 2'. It may hold + - * / // % **,"
            " parentheses, pi, e, and abs, ceil, cos, exp, floor, ln, log (base 10), max, min, round, sin, sqrt, tan."
        ),
        min_length=1,
        max_length=MAX_CHARACTERS,
    )


@tool(args_schema=CalculatorInput)
async def calculator(expression: str) -> str:
    """Calculate an arithmetic expression exactly. Use it for every calculation."""
    return calculate(expression)


def calculate(expression: str) -> str:
    """Give the value as text; `^` means power and `1,000` is a thousand.

    Raises:
        CalculationError: Not arithmetic, undefined, or larger than the bounds allow.
    """
    if len(expression) > MAX_CHARACTERS:
        message = f"The expression is longer than {MAX_CHARACTERS} characters."
        raise CalculationError(message)
    try:
        tree = ast.parse(_normalised(expression), mode="eval")
        return _text(_value(tree.body, 0))
    except ZeroDivisionError:
        message = f"{expression} divides by zero."
    except (OverflowError, MemoryError, RecursionError):
        message = f"{expression} is too large to calculate."
    except SyntaxError:
        message = f"{expression!r} is not an arithmetic expression."
    except (ValueError, TypeError) as error:
        message = f"{expression} is undefined: {error}."
    raise CalculationError(message)


def _normalised(expression: str) -> str:
    plain = _THOUSANDS.sub(lambda match: match[0].replace(",", ""), expression)
    return plain.translate(_SPELLINGS).strip().rstrip("=?").strip()


def _value(node: ast.expr, depth: int) -> Number:
    if depth > _MAX_DEPTH:
        raise RecursionError
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return _bounded(value)
        case ast.Name(id=name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            return _UNARY[type(op)](_value(operand, depth + 1))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _operate(op, _value(left, depth + 1), _value(right, depth + 1))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            return _bounded(_FUNCTIONS[name](*(_value(argument, depth + 1) for argument in arguments)))
        case _:
            message = f"{ast.unparse(node)!r} is not arithmetic that this calculator knows."
            raise CalculationError(message)


def _operate(op: ast.operator, left: Number, right: Number) -> Number:
    # Checked before the power is taken: 9**9**9 would never come back.
    if isinstance(op, ast.Pow) and _is_huge_power(left, right):
        raise OverflowError
    return _bounded(_BINARY[type(op)](left, right))


def _is_huge_power(base: Number, exponent: Number) -> bool:
    is_whole = isinstance(base, int) and isinstance(exponent, int)
    return is_whole and abs(base) > 1 and exponent * math.log10(abs(base)) > _MAX_DIGITS


def _bounded(value: Number) -> Number:
    if isinstance(value, complex):
        message = "the result is not a real number"
        raise ValueError(message)
    if isinstance(value, int) and value.bit_length() > _MAX_DIGITS * math.log2(10):
        raise OverflowError
    if isinstance(value, float) and not math.isfinite(value):
        raise OverflowError
    return value


def _text(value: Number) -> str:
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value)
