"""A site of its own into which Cantata is mounted, as its author would write it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request

from cantata.server import Settings, create_app, execute_workflow_with_streaming, opened

agents = create_app(Settings(), Path(os.environ["AGENTS_CONFIG"]))


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with opened(agents):
        yield


site = FastAPI(title="The site", lifespan=lifespan)
forgetful = FastAPI()


@site.post("/echo")
async def echo(request: Request) -> dict[str, int]:
    """Take what Cantata would refuse."""
    return {"length": len(await request.body())}


@site.get("/answer")
async def answer(question: str) -> dict[str, str]:
    """Run an agent from a route of the site, without HTTP."""
    workflow = await execute_workflow_with_streaming(None, question)
    return {"answer": workflow["final_response"]}


@site.get("/open-streams")
async def open_streams() -> dict[str, int]:
    """Count the agents' streams."""
    return {"open": len(agents.state.streams)}


site.mount(os.environ["AGENTS_PATH"], agents)
forgetful.mount("/agents", agents)
