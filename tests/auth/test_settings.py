"""Settings that could not protect anybody are refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from cantata.server.__main__ import _explained
from cantata.server.settings import Settings

OIDC = {"oidc_issuer": "https://issuer.example", "oidc_audience": "cantata"}


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"jwt_secret": "x" * 31}, r"jwt_secret\n.*needs 32 bytes"),
        ({"internal_api_key": "short"}, r"internal_api_key\n.*needs 16 or more visible"),
        ({"internal_api_key": "with spaces in it, and long"}, r"internal_api_key\n.*visible ASCII"),
        ({"api_key_pepper": "short"}, r"api_key_pepper\n.*needs 16"),
        ({"invalid_key_status": 200}, r"invalid_key_status\n.*is 401 or 403"),
        ({"oidc_issuer": "https://issuer.example"}, "OIDC_AUDIENCE"),
        ({"oidc_client_id": "x"}, "OIDC_ISSUER"),
        ({**OIDC, "jwt_secret": "x" * 32}, "JWT_SECRET or OIDC_ISSUER"),
        ({**OIDC, "oidc_algorithms": "HS256"}, r"oidc_algorithms\n.*may name ES256"),
        ({**OIDC, "oidc_algorithms": "none"}, r"oidc_algorithms\n.*may name ES256"),
        ({**OIDC, "oidc_algorithms": ""}, r"oidc_algorithms\n.*may name ES256"),
        ({"workspace_retention": {"acme": -1}}, "workspace_retention"),
    ],
)
def test_what_protects_nobody_is_refused(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        Settings(**settings)


@pytest.mark.parametrize(
    ("settings", "is_open"),
    [
        ({}, True),
        ({"api_key_pepper": "p" * 16}, True),
        ({"authentication": True}, False),
        ({"jwt_secret": "x" * 32}, False),
        ({"internal_api_key": "x" * 16}, False),
        (OIDC, False),
    ],
)
def test_what_asks_for_credentials(settings: dict[str, Any], is_open: bool) -> None:
    assert Settings(**settings).is_open is is_open


def test_no_secret_is_shown() -> None:
    settings = Settings(jwt_secret="x" * 32, internal_api_key="y" * 16, api_key_pepper="z" * 16)  # type: ignore[arg-type]  # as text

    shown = repr(settings)

    assert set(settings.secrets()) == {"x" * 32, "y" * 16, "z" * 16}
    assert not any(secret in shown for secret in settings.secrets())


@pytest.mark.parametrize(
    "settings", [{"jwt_secret": "x"}, {"rate_limit_failed_logins": "x"}, {"invalid_key_status": 1}]
)
def test_a_setting_that_is_refused_is_named_once(settings: dict[str, Any]) -> None:
    (name,) = settings
    with pytest.raises(ValidationError) as refused:
        Settings(**settings)

    assert _explained(refused.value).count(name.upper()) == 1
