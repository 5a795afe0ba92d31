"""An agent that sends mail only when a human lets it."""

from fake_model import FakeModel, calls
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.messages import AIMessage
from langchain_core.tools import tool


@tool
def read_inbox() -> str:
    """Read the newest mail."""
    return "Ada asks for the report."


@tool
def send_mail(to: str, text: str) -> str:
    """Send a mail."""
    return f"sent to {to}: {text}"


@tool
def delete_mail(number: int) -> str:
    """Delete a mail."""
    return f"deleted {number}"


agent = create_agent(
    FakeModel(
        lines=[
            calls(("read_inbox", {})),
            calls(("send_mail", {"to": "ada", "text": "no"}), ("delete_mail", {"number": 1})),
            AIMessage("At last: {last}"),
        ]
    ),
    tools=[read_inbox, send_mail, delete_mail],
    system_prompt="You are a secretary.",
    middleware=[
        HumanInTheLoopMiddleware(
            interrupt_on={
                "send_mail": True,
                "delete_mail": {"allowed_decisions": ["approve", "reject"], "description": "Gone is gone."},
                "read_inbox": False,
            },
            description_prefix="Mail needs your approval",
        )
    ],
    name="secretary",
)
