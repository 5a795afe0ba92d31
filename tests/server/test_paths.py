"""The path that is looked at before a request is routed is the one that is routed."""

import pytest

from cantata.server.paths import path_of


@pytest.mark.parametrize(
    ("mount", "path", "beneath"),
    [
        ("", "/docs", "/docs"),
        ("", "", "/"),
        ("/agents", "/agents/docs", "/docs"),
        ("/agents", "/agents", "/"),
        ("/agents", "/agents/", "/"),
        ("/agents", "/agents/agents/docs", "/agents/docs"),
        ("/agents", "/agents2/docs", "/agents2/docs"),
        ("/agents", "/docs", "/docs"),
    ],
)
def test_a_path_begins_where_the_application_is_mounted(mount: str, path: str, beneath: str) -> None:
    assert path_of({"type": "http", "root_path": mount, "path": path}) == beneath
