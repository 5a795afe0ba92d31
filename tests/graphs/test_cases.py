"""The sample case database: names that are alike stay apart, and whatever is asked is only words."""

from importlib.resources import files

import pytest
from langchain_core.tools import ToolException

from cantata.graphs.data import make_cases
from cantata.graphs.tools.find_cases import find_cases
from cantata.graphs.tools.find_messages import find_messages

HOSTILE = ['"', "' OR 1=1 --", "%", "_", 'refund" OR "', "NEAR(a b)", "subject:*", "\x00", "((", "日本語"]


@pytest.mark.parametrize("name", ["cases.csv", "messages.csv"])
def test_the_sample_data_is_what_its_script_makes(name: str) -> None:
    stored = (files("cantata.graphs.data") / name).read_text(encoding="utf-8")

    assert make_cases.tables()[name] == stored


async def test_a_customer_s_cases_are_told_with_id_status_and_last_message() -> None:
    told = await find_cases.ainvoke({"query": "John Smith"})

    assert told.startswith("4 cases for John Smith:\n- C-1025 (closed): Parcel did not arrive. Last message 2026-02-26")
    assert all(case_id in told for case_id in ("C-1001", "C-1002", "C-1004", "C-1025"))


async def test_people_with_names_like_it_are_named_apart() -> None:
    told = await find_cases.ainvoke({"query": "John Smith"})

    cases, others = told.split("\nOther people with names like it: ")
    assert others == "Jon Smyth (C-1006); Joan Smithson (C-1013, C-1008)."
    assert "C-1006" not in cases


@pytest.mark.parametrize("query", ["john smith", " JOHN SMITH. ", "Smith John", "Smith"])
async def test_a_name_is_found_however_it_is_written(query: str) -> None:
    assert (await find_cases.ainvoke({"query": query})).startswith("4 cases for")


async def test_a_name_with_a_slip_leads_to_those_that_are_like_it() -> None:
    told = await find_cases.ainvoke({"query": "John Smithh"})

    assert told.startswith("There are no cases for John Smithh.\nOther people with names like it: John Smith (C-1025")


async def test_cases_are_found_by_status_id_and_subject() -> None:
    by_status = await find_cases.ainvoke({"query": "John Smith", "status": "closed"})
    by_id = await find_cases.ainvoke({"query": "case c-1001"})
    by_subject = await find_cases.ainvoke({"query": "a broken screen"})

    assert by_status.startswith("1 closed case for John Smith:\n- C-1025")
    assert by_id.startswith("C-1001 (open): Invoice with the wrong address.")
    assert by_id.endswith("Customer: John Smith, john.smith@example.com.")
    assert "C-1002 (John Smith, open): Screen is broken" in by_subject


async def test_what_is_not_there_is_said() -> None:
    assert await find_cases.ainvoke({"query": "Zzyzx"}) == "There are no cases about 'Zzyzx'."
    assert await find_messages.ainvoke({"query": "Zzyzx"}) == "There are no messages about 'Zzyzx'."
    with pytest.raises(ToolException, match=r"There is no case C-9999\."):
        await find_cases.ainvoke({"query": "C-9999"})
    with pytest.raises(ToolException, match=r"There is no case C-9999\."):
        await find_messages.ainvoke({"query": "C-9999"})


@pytest.mark.parametrize("query", HOSTILE)
async def test_hostile_words_find_nothing_and_break_nothing(query: str) -> None:
    assert (await find_cases.ainvoke({"query": query})).startswith(("There are no cases", "6 cases about"))
    assert (await find_messages.ainvoke({"query": query})).startswith(("There are no messages", "Messages for"))


async def test_messages_are_found_by_case_name_and_words() -> None:
    of_case = await find_messages.ainvoke({"query": "C-1001"})
    of_person = await find_messages.ainvoke({"query": "Jon Smyth"})
    about = await find_messages.ainvoke({"query": "refund"})

    assert of_case.splitlines()[:2] == [
        "Messages of C-1001:",
        "- C-1001, 2026-01-06, John Smith: “The invoice still shows my old address.”",
    ]
    assert "C-1006" in of_person
    assert "please refund it" in about
