"""Models of other providers, each by the LangChain package that its provider has; no provider is known by name here.

Importing a provider's package takes up to a second, so this is done when such a model is asked for.
"""

import importlib
from typing import Any

from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr, ValidationError

from cantata.graphs.faults import ModelUnavailable, UnknownModel
from cantata.graphs.model_settings import ModelOptions, ModelSettings


def provider_chat(name: str, options: ModelOptions, settings: ModelSettings) -> BaseChatModel:
    """Construct the model that `<provider>:<model>` names; keys and addresses come from the environment.

    Raises:
        UnknownModel: LangChain knows no such provider.
        ModelUnavailable: Its package or its key is missing, or its class refuses the options; the message says which.
    """
    provider, _, model = name.partition(":")
    try:
        chat = _init_chat_model(model, provider, _arguments(options, settings))
    except ImportError as error:
        message = f"The model {name} needs a package that is not installed: {error}."
        raise ModelUnavailable(message) from error
    except ValidationError as error:
        # Not chained: pydantic's message repeats its input, which may be a key.
        reasons = "; ".join(str(detail["msg"]) for detail in error.errors(include_input=False, include_context=False))
        message = f"The model {name} cannot be had: {reasons}."
        raise ModelUnavailable(message) from None
    # Each SDK has its own exception for a missing key.
    except Exception as error:
        if "Unsupported provider" in str(error):
            message = f"No model is named {name!r}: LangChain knows no provider {provider!r}."
            raise UnknownModel(message) from error
        message = f"The model {name} cannot be had: {str(error).rstrip('.')}."
        raise ModelUnavailable(message) from error
    _check_keys(name, chat)
    return chat


def _init_chat_model(model: str, provider: str, arguments: dict[str, Any]) -> BaseChatModel:
    try:
        init_chat_model = importlib.import_module("langchain.chat_models").init_chat_model
    except ModuleNotFoundError as error:
        message = "please install it with `pip install langchain`, and that of the provider"
        raise ImportError(message) from error
    chat: BaseChatModel = init_chat_model(model, model_provider=provider, **arguments)
    return chat


def _arguments(options: ModelOptions, settings: ModelSettings) -> dict[str, Any]:
    chosen = {
        "temperature": options.temperature,
        "top_p": options.top_p,
        "max_tokens": options.max_output_tokens,  # LangChain's name for it
    }
    given = {name: value for name, value in chosen.items() if value is not None}
    # Of the timeout the SDKs make the longest silence, as httpx does.
    return {**given, "timeout": settings.idle_seconds, "max_retries": settings.attempts - 1}


def _check_keys(name: str, chat: BaseChatModel) -> None:
    for attribute, variable in chat.lc_secrets.items():
        key = getattr(chat, attribute, None)
        if isinstance(key, SecretStr) and not key.get_secret_value():
            message = f"The model {name} needs a key: set {variable}."
            raise ModelUnavailable(message)
