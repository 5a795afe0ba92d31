"""The one shape of all log lines, ours and the libraries': for people, or as JSON for machines.

Every module logs with the standard library; structlog formats what arrives. A line written while a run is executed
carries the run's id, whoever writes it.
"""

import logging
import sys
from collections.abc import Mapping
from typing import Any, Literal

import orjson
import structlog
from structlog.typing import EventDict, Processor

QUIET = {"httpx": "WARNING", "httpcore": "WARNING", "google_genai": "WARNING"}  # a line a request, with its address


def configure_logs(log_format: Literal["console", "json"], level: str, levels: tuple[str, ...] = ()) -> None:
    """Let everything that is logged go to standard error in one shape; *levels* are `module=LEVEL`."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _spread,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_rendering(log_format))
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, told in (QUIET | dict(word.split("=", 1) for word in levels)).items():
        logging.getLogger(name).setLevel(told)


def _rendering(log_format: Literal["console", "json"]) -> list[Processor]:
    without_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if log_format == "console":
        # Its own formatter shows what the variables of each frame hold: prompts, keys, whatever a graph was given.
        plain = structlog.dev.plain_traceback
        return [without_meta, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
    return [without_meta, structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_encoded)]


def _encoded(event: EventDict, **options: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _spread(logger: Any, name: str, event: EventDict) -> EventDict:
    """Make members of the line of what a caller passed as `extra={"told": {...}}`."""
    record: logging.LogRecord | None = event.get("_record")
    told: Mapping[str, Any] | None = getattr(record, "told", None)
    event.update(told or {})
    return event
