"""The model is chosen by whoever runs the graph, in its config as it was done of old."""

from typing import TypedDict

from langchain.chat_models import init_chat_model
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, MessagesState, StateGraph

configurable_model = init_chat_model(temperature=0, max_retries=0)


class ConfigSchema(TypedDict, total=False):
    model: str
    temperature: float


def call_model(state: MessagesState, config: RunnableConfig) -> dict:
    name = config["configurable"].get("model", "openai:gpt-5-nano")
    answer = configurable_model.invoke(state["messages"], {"configurable": {"model": name}})
    return {"messages": [answer]}


graph = (
    StateGraph(MessagesState, context_schema=ConfigSchema).add_node(call_model).add_edge(START, "call_model").compile()
)
