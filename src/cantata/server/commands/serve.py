"""`cantata serve`: the server as a process, from its options to its exit status."""

import argparse
import asyncio
import ipaddress
import logging
import os
import platform
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Any, cast

import uvicorn
import uvloop
from fastapi import FastAPI

from cantata.server.app import create_app, opened, shut_down, tune_interpreter
from cantata.server.commands.options import add_database, settings_of
from cantata.server.errors import Unprotected
from cantata.server.logs import configure_logs
from cantata.server.masking import mask_log
from cantata.server.settings import Settings
from cantata.server.transport import TransportLimits, connections_possible, protocol_within

logger = logging.getLogger(__name__)

DEFAULT_CONFIG = Path("langgraph.json")
SHUTDOWN_SECONDS = 15  # for connections to end once their streams have
CONFIG_VARIABLE = "CANTATA_CONFIG"  # hands --config on to the processes of --reload


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=8000, help="port to listen on (default: %(default)s)")
    parser.add_argument(
        "--config", metavar="FILE", help="a langgraph.json (default: ./langgraph.json, if there is one)"
    )
    add_database(parser, "everything is kept")
    parser.add_argument("--reload", action="store_true", help="start again when a source file changes; for development")
    parser.set_defaults(run=serve)


def serve(options: argparse.Namespace) -> None:
    """Serve until a signal comes; the second one does not wait."""
    settings = settings_of(options)
    if settings.is_open and not _is_loopback(options.host):
        raise Unprotected(
            f"Without authentication the server listens on loopback only, not on {options.host}: leave --host out, or"
            " set JWT_SECRET, OIDC_ISSUER, INTERNAL_API_KEY, or AUTHENTICATION=on for API keys alone."
        )
    _configure_logs(settings)
    if options.reload:
        _serve_reloading(options)
        return
    app = create_app(settings, _config_path(options.config))
    config = _uvicorn_config(app, options, settings)
    uvloop.run(_serve(app, config))


async def _serve(app: FastAPI, config: uvicorn.Config) -> None:
    # Entered here and not by uvicorn, which would log a traceback where one sentence helps.
    async with opened(app):
        server = Server(config)
        await server.serve()
    logger.info("server stopped")
    # Everything is durable and closed. A cancelled sync node may still hold its thread, for which the interpreter
    # would wait however long it takes.
    _leave(0 if server.started else 3)


class Server(uvicorn.Server):
    """Lets runs come to rest while the streams that watch them are still open."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say where."""
        await super().startup(sockets)
        if self.started:
            tune_interpreter()
            port = self.servers[0].sockets[0].getsockname()[1]  # of --port 0 the system chose one
            print(f"Cantata listens on http://{_shown(self.config.host)}:{port}", flush=True)
            settings: Settings = cast(FastAPI, self.config.app).state.settings
            logger.info("server started", extra={"told": _about(settings, port)})
            if settings.is_open:
                print("Nobody is asked who they are: everybody on this machine is the one local admin.", flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to shut down at the first signal; leave at once at the second."""
        if self.should_exit:
            _leave(1)
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain, end the streams, then close connections."""
        if self.started:
            await shut_down(cast(FastAPI, self.config.app))
        # A node that does not stop when it is cancelled must not keep the process.
        asyncio.get_running_loop().call_later(2 * SHUTDOWN_SECONDS, _leave, 1)
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM while serving; not raised again afterwards, as uvicorn does, for we have to close."""
        previous = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


def reloading_app() -> FastAPI:
    """Build the application in a process that `--reload` started."""
    settings = Settings()
    _configure_logs(settings)
    return create_app(settings, _config_path(os.environ.get(CONFIG_VARIABLE)))


def _configure_logs(settings: Settings) -> None:
    configure_logs(settings.log_format, settings.log_level, settings.log_levels)
    mask_log(settings.secrets())


def _serve_reloading(options: argparse.Namespace) -> None:
    if options.config:
        os.environ[CONFIG_VARIABLE] = options.config
    uvicorn.run(
        "cantata.server.commands.serve:reloading_app",
        factory=True,
        reload=True,
        host=options.host,
        port=options.port,
        loop="uvloop",
        http="httptools",
        proxy_headers=False,  # which hops are believed is for TRUSTED_PROXIES to say
    )


def _uvicorn_config(app: FastAPI, options: argparse.Namespace, settings: Settings) -> uvicorn.Config:
    limits = TransportLimits(
        max_connections=connections_possible(settings.max_connections),
        max_header_bytes=settings.max_header_bytes,
        header_timeout_seconds=settings.header_timeout_seconds,
        body_timeout_seconds=settings.body_timeout_seconds,
        send_timeout_seconds=settings.send_timeout_seconds,
    )
    return uvicorn.Config(
        app,
        host=options.host,
        port=options.port,
        loop="uvloop",
        http=protocol_within(limits),
        lifespan="off",
        ws="none",
        access_log=False,  # a line a request costs more than a poll
        log_config=None,
        log_level=logging.WARNING,
        backlog=4096,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        server_header=False,
        proxy_headers=False,  # which hops are believed is for TRUSTED_PROXIES to say
    )


def _about(settings: Settings, port: int) -> dict[str, Any]:
    """Tell what somebody needs first who reads this log because something went wrong."""
    return {
        "version": version("cantata"),
        "python": platform.python_version(),
        "langgraph": version("langgraph"),
        "port": port,
        "database": str(settings.database_path),
        "is_open": settings.is_open,
    }


def _leave(status: int) -> None:
    logging.shutdown()
    sys.stdout.flush()
    os._exit(status)


def _config_path(told: str | None) -> Path | None:
    """Return the `langgraph.json` to read: the told one, else the one in the current folder if there is one."""
    if told is not None:
        return Path(told)
    return DEFAULT_CONFIG if DEFAULT_CONFIG.is_file() else None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text} is no port from 0 to 65535")
    return int(text)
