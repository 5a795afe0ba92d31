"""Main entrypoint for the conversational retrieval graph."""

from contextlib import contextmanager
from typing import cast

from langchain.chat_models import init_chat_model
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.messages import BaseMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableConfig
from langgraph.graph import StateGraph
from pydantic import BaseModel

from retrieval_graph.state import InputState, State

SHELF = ["The lighthouse was built in 1811.", "Its keeper is called Ada.", "Bread is made of flour."]


class SearchQuery(BaseModel):
    """Search the indexed documents for a query."""

    query: str


class ShelfRetriever(BaseRetriever):
    """Finds what has most words in common."""

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        words = set(query.lower().strip("?").split())
        best = max(SHELF, key=lambda text: len(words & set(text.lower().strip(".").split())))
        return [Document(page_content=best, metadata={"shelf": 1})]


@contextmanager
def make_retriever(config: RunnableConfig):
    """Create a retriever for the agent, based on the current configuration."""
    yield ShelfRetriever()


def format_docs(docs: list[Document]) -> str:
    """Format a list of documents as XML."""
    return "".join(f"<document>{doc.page_content}</document>" for doc in docs)


async def generate_query(state: State, *, config: RunnableConfig) -> dict[str, list[str]]:
    """Generate a search query based on the current state and configuration."""
    if len(state.messages) == 1:
        return {"queries": [str(state.messages[-1].content)]}
    prompt = ChatPromptTemplate.from_messages([("system", "Time: {system_time}"), ("placeholder", "{messages}")])
    model = init_chat_model("openai/gpt-5-nano", model_provider="openai").with_structured_output(SearchQuery)
    message_value = await prompt.ainvoke({"messages": state.messages, "system_time": "now"}, config)
    generated = cast(SearchQuery, await model.ainvoke(message_value, config))
    return {"queries": [generated.query]}


async def retrieve(state: State, *, config: RunnableConfig) -> dict[str, list[Document]]:
    """Retrieve documents based on the latest query in the state."""
    with make_retriever(config) as retriever:
        response = await retriever.ainvoke(state.queries[-1], config)
        return {"retrieved_docs": response}


async def respond(state: State, *, config: RunnableConfig) -> dict[str, list[BaseMessage]]:
    """Call the LLM powering our "agent"."""
    prompt = ChatPromptTemplate.from_messages([("system", "Answer from the documents."), ("human", "{docs}")])
    model = init_chat_model("gpt-5-nano", model_provider="openai")
    message_value = await prompt.ainvoke({"docs": format_docs(state.retrieved_docs)}, config)
    response = await model.ainvoke(message_value, config)
    return {"messages": [response]}


builder = StateGraph(State, input_schema=InputState)

builder.add_node(generate_query)
builder.add_node(retrieve)
builder.add_node(respond)
builder.add_edge("__start__", "generate_query")
builder.add_edge("generate_query", "retrieve")
builder.add_edge("retrieve", "respond")

graph = builder.compile(
    interrupt_before=[],  # if you want to update the state before calling the tools
    interrupt_after=[],
)
graph.name = "RetrievalGraph"
