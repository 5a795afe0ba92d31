"""Tasks that fail at first, and tasks whose result is kept."""

import asyncio
import os
import time
from collections import Counter

from langgraph.cache.memory import InMemoryCache
from langgraph.func import entrypoint, task
from langgraph.types import CachePolicy, RetryPolicy

WORK_SECONDS = float(os.environ.get("WORK_SECONDS", "0"))

tries: Counter[str] = Counter()


@task(retry_policy=RetryPolicy(max_attempts=3, initial_interval=0.01, jitter=False))
async def fetch(name: str) -> str:
    tries[name] += 1
    if tries[name] < 3:
        raise ConnectionError("the line is busy")
    await asyncio.sleep(WORK_SECONDS)
    return f"{name} at last"


@entrypoint()
async def flaky(request: dict) -> dict:
    return {"final_response": await fetch(request["name"])}


@task(cache_policy=CachePolicy(ttl=60))
def expensive(name: str) -> str:
    time.sleep(WORK_SECONDS)
    tries[name] += 1
    return f"{name} computed {tries[name]} times"


@entrypoint(cache=InMemoryCache())
def cached(request: dict) -> dict:
    first, second = expensive(request["name"]).result(), expensive(request["name"]).result()
    return {"final_response": first, "same": first == second}
