"""What can be configured: read once, from the environment and `.env`, into one frozen object."""

from urllib.parse import urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from cantata.server.settings.authentication import Authentication
from cantata.server.settings.connections import Connections
from cantata.server.settings.models import Models
from cantata.server.settings.observability import Observability
from cantata.server.settings.runs import Runs
from cantata.server.settings.storage import Storage
from cantata.server.settings.user_limits import UserLimits

GROUPS = (Storage, Models, Runs, Connections, Authentication, UserLimits, Observability)
"""The settings by what they are about, in the order in which people look for them."""


class Settings(Storage, Models, Runs, Connections, Authentication, UserLimits, Observability, BaseSettings):
    """The server's settings; each is an environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    def secrets(self) -> tuple[str, ...]:
        """Return the configured secrets, which no event, log line or answer may hold."""
        told = (getattr(self, name) for name in type(self).model_fields)
        secrets = [value.get_secret_value() for value in told if isinstance(value, SecretStr)]
        passwords = [urlsplit(secret).password or "" for secret in secrets if "://" in secret]
        return tuple(secrets + passwords)
