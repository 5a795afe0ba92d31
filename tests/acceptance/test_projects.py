"""Other people's projects run, stream, and go on where their killed process stood, for a client that never leaves."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from tests.acceptance.openai_server import OpenAIServer, openai_server
from tests.acceptance.project_cases import PROJECTS
from tests.acceptance.strangers import FAST, SLOW, check_log, check_recovery, finish, follow, reach, served
from tests.server_process import ServerProcess

Serving = Callable[[str], ServerProcess]


@pytest.fixture(scope="module")
def openai() -> Iterator[OpenAIServer]:
    """Be OpenAI."""
    with openai_server() as server:
        yield server


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory, openai: OpenAIServer) -> Iterator[Serving]:
    """Serve projects, each by one process that all tests share and nobody stops."""
    with ExitStack() as stack:
        yield cache(
            lambda project: stack.enter_context(served(tmp_path_factory.mktemp(project), project, **openai.settings))
        )


@pytest.mark.parametrize("project", PROJECTS)
def test_a_strangers_project_runs_and_streams(serving: Serving, project: str) -> None:
    server = serving(project)
    runs = [(follow(server, case), case) for case in PROJECTS[project]]

    for run, case in runs:
        finish(server, run, case)

    check_log(server)


@pytest.mark.parametrize("project", PROJECTS)
def test_a_strangers_project_survives_the_kill_of_its_server(
    tmp_path: Path, openai: OpenAIServer, project: str
) -> None:
    with served(tmp_path, project, **openai.settings, **SLOW) as server:
        openai.hold()
        runs = [(follow(server, case), case) for case in PROJECTS[project]]
        for run, case in runs:
            reach(server, run, case)
        server.kill()

        openai.release()
        server.start(**FAST)

        for run, case in runs:
            check_recovery(finish(server, run, case), case)
        check_log(server)
