"""Other people's projects, and what must be seen of a run of each of their graphs.

What a graph is made of is in the project's folder under `tests/projects/`; its README lists them.
"""

from typing import Any

from tests.acceptance.openai_server import THOUGHT
from tests.acceptance.strangers import Case, said, step, tool, tool_end

HIGH = {"type": "object", "properties": {"height": {"type": "string"}}, "required": ["height"]}
AT_FIRST_WORD = {"type": "message_delta"}


def asks(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


def output(**members: Any) -> dict[str, Any]:
    return {"type": "workflow_completed", "output": members}


def review(question: Any) -> Any:
    """Let the first action pass changed, and refuse every later one."""
    first, *others = question["action_requests"]
    edited = {"name": first["name"], "args": first["args"] | {"text": "yes"}}
    refusals = [{"type": "reject", "message": "keep it"} for _ in others]
    return {"decisions": [{"type": "edit", "edited_action": edited}, *refusals]}


def approve(question: Any) -> Any:
    return {"decisions": [{"type": "approve"} for _ in question["action_requests"]]}


def fill_in(question: str) -> Any:
    """Give no age at first."""
    return {"What is your name?": "Ada", "How old are you?": "old"}.get(question, 41)


PROJECTS: dict[str, list[Case]] = {
    "providers": [
        Case(
            "openai",
            asks("Cairo"),
            "I found: Cairo is sunny",
            [tool("get_weather", args={"city": "Cairo"}), said("I found: Cairo is sunny", model="gpt-5-mini")],
            AT_FIRST_WORD,
        ),
        Case(
            "reasoner",
            asks("Cairo"),
            "I found: Cairo is sunny",
            [
                {"type": "agent_thinking", "delta": "tool "},
                {"type": "reasoning_step", "thought": THOUGHT, "action": "call_tools"},
                tool("get_weather", args={"city": "Cairo"}),
                said("I found: Cairo is sunny", thought=THOUGHT),
            ],
            AT_FIRST_WORD,
        ),
        Case(
            "chosen",
            asks("Hello!"),
            "You said: Hello!",
            [said("You said: Hello!", model="gpt-5-pro")],
            AT_FIRST_WORD,
            fields={"model": "openai:gpt-5-pro"},
        ),
        *(
            Case(
                graph,
                asks("What is 2 + 2?"),
                "It is four.",
                [
                    {"type": "agent_thinking"},
                    said("It is four.", thought=thought, model=model, agent=graph),
                    {"type": "reasoning_step", "thought": thought, "action": "answer"},
                ],
                AT_FIRST_WORD,
            )
            for graph, thought, model in (
                ("claude", "Hm, easy.", "claude-sonnet-4-5"),
                ("deepseek", "Let me count.", "deepseek-reasoner"),
            )
        ),
    ],
    "agents": [
        Case(
            "mail",
            asks("Answer my mail."),
            None,
            [tool_end("read_inbox"), tool("send_mail", args={"to": "ada", "text": "yes"})],
            answer=review,
        ),
        Case(
            "mail",
            asks("Answer my mail."),
            "At last: deleted 1",
            [tool_end("read_inbox"), tool("delete_mail", args={"number": 1})],
            answer=approve,
        ),
        Case(
            "weather",
            asks("Is it warm?"),
            "It says Cairo: 31 degrees.",
            [{"type": "progress", "percent": 50}, tool_end("look_up")],
            tool("look_up"),
        ),
        Case(
            "structured",
            asks("Is it warm?"),
            None,
            [tool_end("measure"), {"type": "reasoning_step", "action": "call_tools"}],
            tool("measure"),
        ),
        Case("chatty", asks("What was it?"), "It was the sea.", [tool("write_todos"), tool("recall")], tool("recall")),
        Case("shopper", asks("Buy tea."), "You paid for tea.", [tool_end("put"), tool_end("pay")], tool("pay")),
    ],
    "handoffs": [
        Case(
            "swarm",
            asks("What is 1 + 2, pirate?"),
            "Ahoy, it be 3!",
            [
                step("Alice", path=["Alice"]),
                {"type": "reasoning_step", "agent": "Alice", "action": "call_tools"},
                tool_end("add", path=["Alice", "tools"]),
                {"type": "reasoning_step", "agent": "Alice", "action": "delegate"},
                step("Bob", path=["Bob"]),
                said("Ahoy, it be 3!", agent="Bob", path=["Bob", "model"]),
            ],
            tool("add"),
        ),
        Case(
            "supervisor",
            asks("How many times 12?"),
            "All is known.",
            [
                {"type": "reasoning_step", "agent": "supervisor", "action": "delegate"},
                said("They are 1.2 million people.", agent="research_expert"),
                said("The product is 12.0.", agent="math_expert"),
                said("All is known.", agent="supervisor"),
            ],
            tool("web_search"),
        ),
        Case(
            "company",
            asks("How many?"),
            "The company knows.",
            [
                tool("web_search", path=["research_team", "research_expert", "tools"]),
                said("The team knows.", agent="team_lead"),
                said("The company knows.", agent="ceo"),
            ],
            tool("web_search"),
        ),
    ],
    "human_review": [
        Case(
            "inbox",
            {"subject": "tea"},
            "sent Coffee instead.",
            answer=lambda asked: [
                {"type": "edit", "args": {"action": "send_email", "args": {"content": "Coffee instead."}}}
            ],
        ),
        Case(
            "panel",
            {"names": ["ada", "bob"], "votes": []},
            "ada is for; bob is for; chair is for",
            answer=lambda asked: "for",
        ),
        Case("booking", asks("Cairo!"), "All is fine.", answer=lambda asked: {"type": "accept"}),
        Case(
            "toolnode",
            asks("Rome!"),
            "So I booked Astoria.",
            answer=lambda asked: {"type": "edit", "args": {"name": "Astoria"}},
        ),
        Case("form", {}, "Ada, 41", answer=fill_in),
        Case(
            "approval",
            {},
            None,
            [step("approved_path"), output(llm_output="published", decision="approved")],
            answer=lambda asked: "approve",
        ),
    ],
    "templates": [
        Case(
            "agent",
            {"changeme": "mine"},
            "mine: output from call_model. Configured with red",
            dies_at=step("call_model"),
            fields={"context": {"my_configurable_param": "red"}},
        ),
        Case(
            "react_agent",
            asks("lighthouses"),
            'I found: {"results": [{"title": "All about lighthouses"}]}',
            [tool("search", args={"query": "lighthouses"}), tool_end("search"), step("call_model")],
            AT_FIRST_WORD,
            fields={"context": {"max_search_results": 1}},
        ),
        Case(
            "react_agent",
            asks("towers"),
            'I found: {"results": [{"title": "All about towers"}, {"title": "More about towers"}]}',
            [tool("search")],
            AT_FIRST_WORD,
            fields={"config": {"configurable": {"max_search_results": 2}}},
        ),
        Case(
            "memory_agent",
            asks("I like tea"),
            "I found: Stored memory I like tea",
            [{"type": "reasoning_step", "action": "call_tools"}, step("store_memory"), step("call_model")],
            AT_FIRST_WORD,
        ),
        Case(
            "enrichment",
            {"topic": "The tower", "extraction_schema": HIGH},
            None,
            [tool("search"), tool_end("search"), step("reflect"), output(info={"height": "How high is The tower?"})],
            tool("search"),
            fields={"config": {"configurable": {"prompt": "How high is {topic}?"}}},
        ),
        Case(
            "retrieval",
            asks("when was the lighthouse built?"),
            "You said: <document>The lighthouse was built in 1811.</document>",
            [step("generate_query"), step("retrieve"), step("respond")],
            AT_FIRST_WORD,
        ),
    ],
    "stores": [
        Case("notes", {"person": "ada", "says": "tea"}, "ada said: tea", dies_at=step("remember")),
        Case(
            "agent", {"messages": [{"type": "human", "content": "tea"}]}, "I know: tea", dies_at=tool("list_memories")
        ),
    ],
    "stores_indexed": [
        Case(
            "library",
            {"texts": ["banana", "oolong", "fig"], "question": "papaya"},
            "banana",
            dies_at=step("answer"),
        ),
    ],
    "subgraphs": [
        *(
            Case(
                graph,
                {"request": "tax"},
                "1 on file, the last is tax",
                tells=[step("read", path=["clerk", "read"]), said("reading about tax"), step("report")],
                dies_at=step("read"),
            )
            for graph in ("stateful", "stateless", "plain", "called_stateful", "called_stateless", "called_plain")
        ),
        Case("called_sync", {"request": "tax"}, "1 on file, the last is tax", dies_at=step("put_away")),
        Case(
            "deep",
            {},
            "approved by way of middle > prepare > ask",
            tells=[step("ask", path=["middle", "call", "ask"]), step("close")],
        ),
    ],
    "functional": [
        Case("essay", {"topic": "Sea"}, "Sea, part 1. Sea, part 2. Sea, part 3.", dies_at=step("paragraph")),
        Case("shout", "hello", "HELLO!", dies_at=step("join")),
        Case("review", {"topic": "sea"}, "yes: Draft 1 on sea (yes)"),
        Case("cached", {"name": "sum"}, "sum computed 1 times", dies_at=step("expensive")),
    ],
    "nostream": [
        Case(
            "router",
            {"question": "Where?"},
            "this is for you",
            tells=[said("all of it at once"), said("this is for you ")],
            dies_at=step("announce"),
        ),
    ],
    "state_shapes": [
        Case("as_dataclass", {"topic": "sea"}, "On sea; yes"),
        Case("as_pydantic", {"title": " sea "}, "sea: 1 (voted, yes)"),
        Case("private", {"question": "is it so"}, "3 words", dies_at=step("use")),
        Case("values", {}, "red large book 2nd floor"),
        Case("untyped", {}, "red to Main St, Size.LARGE"),
        Case("functional", {"name": "vase"}, "large red 2.0 to vase road"),
    ],
}
