"""What models are called. Knows nothing of how they are reached.

Names are canonical from here on: "offline-demo" or "<provider>:<model>", where google_genai is Gemini by our own
client and any other provider one of LangChain's.
"""

import re

from cantata.graphs.faults import ModelUnavailable, UnknownModel
from cantata.graphs.model_settings import ModelSettings
from cantata.graphs.offline import OFFLINE_MODEL

GEMINI_PREFIX = "google_genai:"
GEMINI_DEFAULT = "google_genai:gemini-2.5-flash"
GEMINI_MODELS = (  # names to pick from; whatever else the key opens can be named all the same
    GEMINI_DEFAULT,
    "google_genai:gemini-2.5-flash-lite",
    "google_genai:gemini-2.5-pro",
    "google_genai:gemini-3.1-pro-preview",
    "google_genai:gemini-3.8-flash",
    "google_genai:gemini-4-argon",
)

_PROVIDED = re.compile(r"[a-z][a-z0-9_]*:\S+")
_WHAT_EXISTS = (
    f"Known are {OFFLINE_MODEL} and {GEMINI_PREFIX}<model>, for example {GEMINI_DEFAULT}, "
    "and <provider>:<model> of any provider whose LangChain package is installed."
)


def resolve_model_name(name: str | None, settings: ModelSettings) -> str:
    """Give the canonical name of what was asked for; None asks for the default.

    Of other providers' models no more than the form of the name is looked at; see `check_model`.

    Raises:
        UnknownModel: Nothing here has this name.
        ModelUnavailable: It is a Gemini model and no key is set.
    """
    canonical = _canonical(name or settings.default_model or _built_in_default(settings))
    if canonical.startswith(GEMINI_PREFIX) and settings.gemini_api_key is None:
        message = f"The model {canonical} needs a key: set GEMINI_API_KEY, or use {OFFLINE_MODEL}."
        raise ModelUnavailable(message)
    return canonical


def known_models(settings: ModelSettings) -> list[str]:
    """List names to pick from, the default first and `offline-demo` last.

    Raises:
        UnknownModel, ModelUnavailable: The default cannot be had; see `resolve_model_name`.
    """
    gemini = GEMINI_MODELS if settings.gemini_api_key is not None else ()
    return list(dict.fromkeys([resolve_model_name(None, settings), *gemini, OFFLINE_MODEL]))


def model_provider(canonical: str) -> str:
    """Name who provides a model; a model of our own names itself."""
    return canonical.partition(":")[0]


def short_model_name(canonical: str) -> str:
    """Drop the provider: the name that traces and prices use."""
    return canonical.partition(":")[2] or canonical


def is_of_another_provider(canonical: str) -> bool:
    """Tell whether one of LangChain's packages provides it, and no client of our own."""
    return canonical != OFFLINE_MODEL and not canonical.startswith(GEMINI_PREFIX)


def _canonical(name: str) -> str:
    if name == OFFLINE_MODEL or (_PROVIDED.fullmatch(name) and not name.startswith(GEMINI_PREFIX)):
        return name
    model = name.removeprefix(GEMINI_PREFIX).removeprefix("models/")
    is_gemini = name.startswith(GEMINI_PREFIX) or model.startswith("gemini-")
    if not is_gemini or not model or "/" in model or ":" in model:
        message = f"No model is named {name!r}. {_WHAT_EXISTS}"
        raise UnknownModel(message)
    return GEMINI_PREFIX + model


def _built_in_default(settings: ModelSettings) -> str:
    return GEMINI_DEFAULT if settings.gemini_api_key is not None else OFFLINE_MODEL
