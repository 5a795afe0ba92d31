"""How callers say who they are."""

from typing import Self

from pydantic import BaseModel, Field, SecretStr, model_validator

from cantata.server.settings.forms import AsymmetricAlgorithms, JwtSecret, Key, Refusal


class Authentication(BaseModel):
    """How callers say who they are."""

    authentication: bool = Field(
        False, description="Ask everybody for a credential; the settings of tokens and INTERNAL_API_KEY do so, too."
    )
    jwt_secret: JwtSecret | None = Field(None, description="Secret of HS256 tokens: 32 bytes or more.")
    jwt_issuer: str | None = Field(None, description="`iss` that HS256 tokens must have.")
    jwt_audience: str | None = Field(None, description="`aud` that HS256 tokens must have.")
    oidc_issuer: str | None = Field(
        None, description="Issuer of OpenID Connect tokens, as its `iss` says; not beside JWT_SECRET."
    )
    oidc_audience: str | None = Field(None, description="`aud` that its tokens must have; needed with OIDC_ISSUER.")
    oidc_algorithms: AsymmetricAlgorithms = Field(
        ("RS256", "ES256", "EdDSA"), description="Algorithms that its tokens may be signed with."
    )
    oidc_client_id: str | None = Field(None, description="Lets browsers log in at the issuer: our id there.")
    oidc_client_secret: SecretStr | None = Field(None, description="Our secret there, unless we are a public client.")
    oidc_scope: str = Field("openid email profile", description="What a login asks the issuer for.")
    role_claim: str = Field(
        "role", description="Claim with a role or a list of them; dots lead inwards, as in `realm_access.roles`."
    )
    login_hours: float = Field(12, gt=0, le=8_760, description="How long a browser's login lasts.")
    internal_api_key: Key | None = Field(None, description="A key of yours, 16 characters or more, for one admin.")
    api_key_pepper: Key | None = Field(
        None,
        description=(
            "What API keys are hashed with, 16 characters or more; else a secret that is made once and kept in the"
            " database."
        ),
    )
    invalid_key_status: Refusal = Field(401, description="What answers to an invalid API key: 401, or 403.")
    auth_check_seconds: float = Field(
        30, ge=0.1, le=3_600, description="How often open streams look whether their reader may read on."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.oidc_issuer is not None and self.jwt_secret is not None:
            raise ValueError("set JWT_SECRET or OIDC_ISSUER, not both: a token must have one way to be verified")
        if self.oidc_issuer is not None and self.oidc_audience is None:
            raise ValueError("OIDC_AUDIENCE is needed with OIDC_ISSUER: tokens for other services must not count here")
        if self.oidc_client_id is not None and self.oidc_issuer is None:
            raise ValueError("OIDC_CLIENT_ID needs OIDC_ISSUER")
        return self

    @property
    def is_open(self) -> bool:
        """Tell whether nobody is asked who they are."""
        told = (self.jwt_secret, self.oidc_issuer, self.internal_api_key)
        return not (self.authentication or any(value is not None for value in told))
