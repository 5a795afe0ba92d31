"""A search for the cases of a customer, or about a subject, in the sample case database."""

import asyncio
from collections.abc import Sequence
from typing import Literal

from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

from cantata.graphs.data import cases

MAX_RESULTS = 10


class FindCasesInput(BaseModel):
    """The search's arguments."""

    query: str = Field(
        description="A customer's name or a part of it, a case id such as C-1042, or words of the subject.",
        min_length=1,
        max_length=200,
    )
    status: Literal["open", "pending", "closed"] | None = Field(None, description="Only cases with this status.")


@tool(args_schema=FindCasesInput)
async def find_cases(query: str, status: str | None = None) -> str:
    """Find customers' cases with their ids, status and last message. Names that are only alike are told apart."""
    return await asyncio.to_thread(describe_cases, query, status)


def describe_cases(query: str, status: str | None = None) -> str:
    """Tell which cases fit.

    Raises:
        ToolException: *query* is an id that no case has.
    """
    wanted = query.strip(" .?!\"'")
    if (case_id := cases.case_id_in(wanted)) is not None:
        return _one_case(case_id)
    found, similar, title = cases.cases_of(wanted), cases.similar_customers(wanted), f"for {wanted}"
    if not found and not similar:
        found, title = cases.cases_about(wanted), f"about {wanted!r}"
    fitting = [case for case in found if status in (None, case.status)]
    parts = [_list(fitting, f"{status} " if status else "", title), _others(similar)]
    return "\n".join(part for part in parts if part)


def _one_case(case_id: str) -> str:
    case = cases.case_of(case_id)
    if case is None:
        raise ToolException(f"There is no case {case_id}.")
    return f"{_line(case)}\nCustomer: {case.customer}, {case.email}."


def _list(found: Sequence[cases.Case], status: str, title: str) -> str:
    if not found:
        return f"There are no {status}cases {title}."
    count = f"1 {status}case" if len(found) == 1 else f"{len(found)} {status}cases"
    rest = len(found) - MAX_RESULTS
    more = [f"and {rest} more."] if rest > 0 else []
    owners = len({case.customer for case in found}) > 1
    lines = [_line(case, with_owner=owners) for case in found[:MAX_RESULTS]]
    return "\n".join([f"{count} {title}:", *(f"- {line}" for line in (*lines, *more))])


def _line(case: cases.Case, *, with_owner: bool = False) -> str:
    last = cases.messages_of(case.id)[-1]
    owner = f"{case.customer}, " if with_owner else ""
    return (
        f"{case.id} ({owner}{case.status}): {case.subject}. Last message {last.sent_on}, {last.sender}: “{last.text}”"
    )


def _others(names: Sequence[str]) -> str:
    ids = {name: ", ".join(case.id for case in cases.cases_of(name)) for name in names}
    listed = "; ".join(f"{name} ({ids[name]})" for name in names)
    return f"Other people with names like it: {listed}." if names else ""
