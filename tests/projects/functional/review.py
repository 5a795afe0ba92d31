"""A human is asked in the middle of a function; what was done before is not done again."""

from langgraph.func import entrypoint, task
from langgraph.types import interrupt

drafts: list[str] = []


@task
def draft(topic: str) -> str:
    drafts.append(topic)
    return f"Draft {drafts.count(topic)} on {topic}"


@task
def ask(text: str) -> str:
    return interrupt({"text": text, "question": "Accept?"})


@entrypoint()
def review(request: dict) -> dict:
    text = draft(request["topic"]).result()
    title = interrupt({"question": "Which title?"})
    verdict = ask(text).result()
    return {"final_response": f"{title}: {text} ({verdict})"}
