"""Utility functions used in our graph."""


def split_model_and_provider(fully_specified_name: str) -> dict:
    """Split a name such as 'openai/gpt-5-nano' into what `init_chat_model` takes."""
    if "/" in fully_specified_name:
        provider, model = fully_specified_name.split("/", maxsplit=1)
    else:
        provider = None
        model = fully_specified_name
    return {"model": model, "provider": provider}
