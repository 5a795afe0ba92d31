"""What every test shares."""

import pytest
from hypothesis import HealthCheck, settings

import cantata.server  # noqa: F401 — sets what LangGraph reads at its own import, which some test's would precede

# A loaded machine is no failure: pytest-timeout bounds the whole test.
settings.register_profile("cantata", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("cantata")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests and fixtures on asyncio, the only loop the server runs on."""
    return "asyncio"
