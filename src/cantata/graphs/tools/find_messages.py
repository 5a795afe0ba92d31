"""A search for messages of a case, or with certain words, in the sample case database."""

import asyncio

from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

from cantata.graphs.data import cases

MAX_RESULTS = 20


class FindMessagesInput(BaseModel):
    """The search's arguments."""

    query: str = Field(
        description="A case id such as C-1042 for all its messages, a customer's name, or words of the messages.",
        min_length=1,
        max_length=200,
    )


@tool(args_schema=FindMessagesInput)
async def find_messages(query: str) -> str:
    """Find what customers and support wrote to each other, with the ids of the cases."""
    return await asyncio.to_thread(describe_messages, query)


def describe_messages(query: str) -> str:
    """Tell which messages fit.

    Raises:
        ToolException: *query* is an id that no case has.
    """
    wanted = query.strip(" .?!\"'")
    case_id = cases.case_id_in(wanted)
    if case_id is not None and cases.case_of(case_id) is None:
        raise ToolException(f"There is no case {case_id}.")
    found = _messages(wanted, case_id)
    if not found:
        return f"There are no messages about {wanted!r}."
    title = f"Messages of {case_id}" if case_id else f"Messages for {wanted!r}"
    shown = found[:MAX_RESULTS]
    lines = [f"- {said.case_id}, {said.sent_on}, {said.sender}: “{said.text}”" for said in shown]
    rest = len(found) - len(shown)
    return "\n".join([f"{title}:", *lines, *([f"- and {rest} more."] if rest else [])])


def _messages(wanted: str, case_id: str | None) -> list[cases.Message]:
    if case_id is not None:
        return cases.messages_of(case_id)
    owned = [said for case in cases.cases_of(wanted) for said in cases.messages_of(case.id)]
    return owned or cases.messages_about(wanted)
