"""Which models there are, and for whom."""

from pydantic import BaseModel, Field, SecretStr

from cantata.server.settings.forms import Words


class Models(BaseModel):
    """Which models there are, and for whom."""

    gemini_api_key: SecretStr | None = Field(
        None,
        description="Key of Google's Gemini; `GOOGLE_API_KEY` is read too. Without one the model is `offline-demo`.",
    )
    google_api_key: SecretStr | None = Field(None, description="Another name for `GEMINI_API_KEY`.")
    default_model: str | None = Field(
        None,
        description="`provider:model` of a run that names none; else Gemini when a key is set, else `offline-demo`.",
    )
    premium_models: Words = Field((), description="Models for the roles premium and admin alone, by commas.")
