"""The parts that the rule-based model plays: no text breaks one, and material is told from a request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.graphs.offline_material import facts_in, text_in, topic_in
from cantata.graphs.offline_prompt import read_prompt
from cantata.graphs.offline_proofreading import proofread, remarks_on
from cantata.graphs.offline_roles import Part, play

ROLES = ["researcher", "writer", "copywriter", "reviewer", "planner", "summarizer"]
TOLD = ["", "sceptic", "newcomer", "a report", "every remark", "do not rewrite"]
PIECES = st.sampled_from(
    ["# A title", "## b", "- ", "- a fact [tea-01]", "[tea-01] Title: Text.", "Notes on x:", "Topic: y", "Draft:", "\n"]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=12).map("\n".join))


@given(TEXTS, TEXTS, st.sampled_from(ROLES), st.sampled_from(TOLD))
def test_no_text_breaks_a_part(prompt: str, result: str, role: str, told: str) -> None:
    part = Part(prompt=prompt, instructions=told, is_answer=bool(result))
    after_tools = Part(prompt=prompt, instructions=told, results=(result,), failures=(result,))

    assert isinstance(play(role, part), str)
    assert play(role, after_tools) != ""


@given(TEXTS)
def test_proofreading_twice_changes_no_more(text: str) -> None:
    once = proofread(text)

    assert proofread(once) == once
    assert isinstance(remarks_on(text), list)


@pytest.mark.parametrize(
    ("prompt", "topic"),
    [
        ("Write a text about the history of coffee.", "the history of coffee"),
        ("The history of the lighthouse", "the history of the lighthouse"),
        ("What is a heat pump?", "a heat pump"),
        ("Please tell me about bees, now", "bees"),
        ("Notes on tea:\n- a fact", "tea"),
        ("# Solar cells\n\nA solar cell turns light into current.", "Solar cells"),
        ("Topic: Write about rivers\n\nNotes:\n## researcher\n\nNotes on seas:\n- a", "rivers"),
    ],
)
def test_the_topic_is_found(prompt: str, topic: str) -> None:
    assert topic_in(prompt) == topic


def test_a_request_is_no_material_and_notes_are() -> None:
    assert text_in("Write a text about tea.") == ""
    assert text_in("Notes on tea:\n- a fact") == "Notes on tea:\n- a fact"
    assert facts_in("Notes on tea:\n- a fact\n- To be checked: names") == ["a fact"]


@pytest.mark.parametrize(
    ("prompt", "query"),
    [
        ("Find cases for John Smith", "John Smith"),
        ("Show me John Smith's cases", "John Smith"),
        ("Which cases does Maria Garcia have?", "Maria Garcia"),
        ('Search for "state graphs", please', "state graphs"),
        ("What do bees eat?", "What do bees eat"),
        ("Find cases about a broken screen", "a broken screen"),
    ],
)
def test_what_to_search_for_is_found(prompt: str, query: str) -> None:
    assert read_prompt(prompt).query == query


def test_the_way_goes_from_the_origin_to_the_other_places() -> None:
    prompt = read_prompt("Plan three days in Lisbon and Paris from Berlin in May")

    assert (prompt.origin, prompt.destinations) == ("Berlin", ("Lisbon", "Paris"))
