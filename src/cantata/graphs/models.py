"""From a model's name to a chat model that is ready to call.

Equal models are made once for each event loop. Knows nothing of graphs.
"""

import threading
from asyncio import AbstractEventLoop, get_running_loop
from collections import OrderedDict
from weakref import WeakKeyDictionary

from langchain_core.language_models import BaseChatModel

from cantata.graphs.model_names import is_of_another_provider, resolve_model_name, short_model_name
from cantata.graphs.model_settings import ModelOptions, ModelSettings
from cantata.graphs.offline import OFFLINE_MODEL, OfflineChat
from cantata.graphs.providers import provider_chat

_MAX_CACHED = 32  # clients per event loop; each holds a connection pool


def check_model(name: str | None, settings: ModelSettings) -> str:
    """Give the canonical name of a model that can be had for sure; slow and blocking for another provider's first.

    Raises:
        UnknownModel: Nothing here has this name.
        ModelUnavailable: A key or a package is missing; the message names it.
    """
    canonical = resolve_model_name(name, settings)
    if is_of_another_provider(canonical):
        chat_model(canonical, None, settings)
    return canonical


def chat_model(
    name: str | None, options: ModelOptions | None = None, settings: ModelSettings | None = None
) -> BaseChatModel:
    """Give the chat model of that name, the same object for equal arguments on one event loop.

    Without settings those of the environment hold, so that a graph file runs unchanged under `langgraph dev`.
    A Gemini client's connections belong to the loop that opened them, hence one cache per loop.

    Raises:
        UnknownModel: Nothing here has this name.
        ModelUnavailable: A key or a package is missing; the message names it.
    """
    settings = settings or ModelSettings.from_environment()
    options = options or ModelOptions()
    key = (resolve_model_name(name, settings), options, settings)
    with _lock:
        models = _models_of_this_loop()
        if key not in models:
            models[key] = _construct(*key)
        models.move_to_end(key)
        while len(models) > _MAX_CACHED:
            # Not closed: a run may hold it. Its own finaliser closes it when the last run lets go.
            models.popitem(last=False)
        return models[key]


def warm_up(settings: ModelSettings) -> None:
    """Import the clients that are configured: 1.5 s that the first run would wait, with the loop stopped.

    Raises:
        UnknownModel: The default model's provider is none of LangChain's.
        ModelUnavailable: The default model's key or package is missing.
    """
    check_model(None, settings)
    if settings.gemini_api_key is not None:
        import cantata.graphs.gemini  # noqa: F401, PLC0415 - 1.5 s, and useless without a key


async def aclose_models() -> None:
    """Close the clients of this event loop and forget them. Call it once no run is left."""
    with _lock:
        models = list(_models_of_this_loop().values())
        _models_of_this_loop().clear()
    for model in models:
        if aclose := getattr(model, "aclose", None):
            await aclose()


_Key = tuple[str, ModelOptions, ModelSettings]
_lock = threading.Lock()  # sync nodes ask for models from worker threads
_by_loop: WeakKeyDictionary[AbstractEventLoop, OrderedDict[_Key, BaseChatModel]] = WeakKeyDictionary()
_without_loop: OrderedDict[_Key, BaseChatModel] = OrderedDict()


def _models_of_this_loop() -> OrderedDict[_Key, BaseChatModel]:
    try:
        loop = get_running_loop()
    except RuntimeError:
        return _without_loop
    return _by_loop.setdefault(loop, OrderedDict())


def _construct(name: str, options: ModelOptions, settings: ModelSettings) -> BaseChatModel:
    if name == OFFLINE_MODEL:
        return OfflineChat(
            temperature=options.temperature,
            top_p=options.top_p,
            max_output_tokens=options.max_output_tokens,
            token_delay_seconds=settings.offline_token_delay_seconds,
        )
    if is_of_another_provider(name):
        return provider_chat(name, options, settings)
    from cantata.graphs.gemini import gemini_chat  # noqa: PLC0415 - 1.5 s, only for those who have a key

    return gemini_chat(short_model_name(name), options, settings)
