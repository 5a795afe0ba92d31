"""State and context that our graphs share, and the one way they reach their model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AnyMessage
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langgraph.graph.message import add_messages
from langgraph.runtime import Runtime
from typing_extensions import TypedDict  # pydantic refuses typing.TypedDict below Python 3.12

from cantata.graphs.model_names import resolve_model_name, short_model_name
from cantata.graphs.model_settings import ModelOptions, ModelSettings
from cantata.graphs.models import chat_model


class ChatState(TypedDict):
    """A conversation."""

    messages: Annotated[list[AnyMessage], add_messages]


@dataclass(frozen=True)
class ModelContext:
    """What a run may say about its model; None leaves the default."""

    model: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None

    @property
    def options(self) -> ModelOptions:
        """The part that goes to the model as it is."""
        return ModelOptions(self.temperature, self.top_p, self.max_output_tokens)


def model_of(runtime: Runtime[ModelContext]) -> BaseChatModel:
    """Give the model this run asks for.

    Raises:
        UnknownModel: Nothing has the name in the context.
        ModelUnavailable: It needs a key that is not set.
    """
    return _named_model_of(runtime)[1]


def model_call(
    runtime: Runtime[ModelContext], tools: Sequence[BaseTool] = (), *, tool_choice: str | None = None
) -> Runnable[LanguageModelInput, AIMessage]:
    """Give the run's model with tools bound, named `{model}_llm_call` in traces.

    Raises:
        UnknownModel: Nothing has the name in the context.
        ModelUnavailable: It needs a key that is not set.
    """
    name, model = _named_model_of(runtime)
    bound: Runnable[LanguageModelInput, AIMessage] = (
        model.bind_tools(tools, tool_choice=tool_choice) if tools else model
    )
    return bound.with_config(run_name=f"{short_model_name(name)}_llm_call")


def _named_model_of(runtime: Runtime[ModelContext]) -> tuple[str, BaseChatModel]:
    # LangGraph leaves `context` None when the caller gives none, whatever the schema says.
    context = runtime.context or ModelContext()
    settings = ModelSettings.from_environment()
    name = resolve_model_name(context.model, settings)
    return name, chat_model(name, context.options, settings)
