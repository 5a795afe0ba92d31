"""The `cantata` command."""

import argparse
import asyncio
import ipaddress
import logging
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import cast

import uvicorn
import uvloop
from dotenv import load_dotenv
from fastapi import FastAPI
from pydantic import ValidationError

from cantata.graphs.project import ProjectError
from cantata.server.app import create_app, opened, shut_down, tune_interpreter
from cantata.server.auth.access import pepper_of
from cantata.server.auth.api_keys import ApiKeys, key_scopes
from cantata.server.auth.tokens import development_token
from cantata.server.bootstrap import visiting_keys
from cantata.server.errors import CantataError, KeyNotFound, Unprotected
from cantata.server.logs import configure_logs
from cantata.server.masking import mask_log
from cantata.server.runs.model import DEFAULT_WORKSPACE
from cantata.server.runs.ports.credentials import ApiKey
from cantata.server.settings import Settings
from cantata.server.transport import TransportLimits, connections_possible, protocol_within

DEFAULT_CONFIG = Path("langgraph.json")
SHUTDOWN_SECONDS = 15  # for connections to end once their streams have
CONFIG_VARIABLE = "CANTATA_CONFIG"  # hands --config on to the processes of --reload


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exits with 2 when the configuration cannot be used."""
    options = _parser().parse_args(arguments)
    load_dotenv(".env")
    try:
        options.run(options)
    except (ValidationError, CantataError, ProjectError) as error:
        print(f"cantata: {_explained(error)}", file=sys.stderr)
        sys.exit(2)


def serve(options: argparse.Namespace) -> None:
    """Serve until a signal comes; the second one does not wait."""
    settings = _settings(options)
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
    # Everything is durable and closed. A cancelled sync node may still hold its thread, for which the interpreter
    # would wait however long it takes.
    _leave(0 if server.started else 3)


def create_key(options: argparse.Namespace) -> None:
    """Make an API key and print it, once; also beside a running server."""
    key, text = asyncio.run(_create_key(options, _settings(options)))
    print(text)
    print(f"{key.id}: {key.role}, acts for {key.owner}, {_until(key.expires_at)}", file=sys.stderr)


async def _create_key(options: argparse.Namespace, settings: Settings) -> tuple[ApiKey, str]:
    scopes = key_scopes(options.scope or None, options.role, options.owner)
    with visiting_keys(settings) as store:
        keys = ApiKeys(store, await pepper_of(settings, store))
        return await keys.add(
            role=options.role,
            scopes=scopes,
            name=options.name,
            owner=options.owner,
            workspace=options.workspace,
            seconds=options.expires,
        )


def list_keys(options: argparse.Namespace) -> None:
    """Print the keys, without what is secret of them."""
    with visiting_keys(_settings(options)) as store:
        for key in asyncio.run(store.all()):
            state = f"revoked {key.revoked_at}" if key.revoked_at else _until(key.expires_at)
            used = f"last used {key.last_used_at}" if key.last_used_at else "never used"
            print(f"{key.id}  {key.role:8} {key.owner}  {key.name or '-'}  {state}, {used}")


def revoke_key(options: argparse.Namespace) -> None:
    """Let a key be refused from now on."""
    with visiting_keys(_settings(options)) as store:
        if not asyncio.run(store.revoke(options.id)):
            raise KeyNotFound(f"No API key has the id {options.id!r}: `cantata key list` lists them.")


def print_token(options: argparse.Namespace) -> None:
    """Print a token for trying things out; needs JWT_SECRET and no database."""
    secret = Settings().jwt_secret
    if secret is None:
        raise CantataError("Set JWT_SECRET: a token is signed with it.")
    claims = {"sub": options.id or options.email, "email": options.email, "role": options.role}
    if options.scope:
        claims["scope"] = " ".join(options.scope)
    print(development_token(secret.get_secret_value(), claims, seconds=options.expires, now=time.time()))


def _until(at: str | None) -> str:
    return f"until {at}" if at else "for ever"


def _settings(options: argparse.Namespace) -> Settings:
    if options.database:
        os.environ["DATABASE_URL"] = options.database
    return Settings()


class Server(uvicorn.Server):
    """Lets runs come to rest while the streams that watch them are still open."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say where."""
        await super().startup(sockets)
        if self.started:
            tune_interpreter()
            port = self.servers[0].sockets[0].getsockname()[1]  # of --port 0 the system chose one
            print(f"Cantata listens on http://{_shown(self.config.host)}:{port}", flush=True)
            if cast(FastAPI, self.config.app).state.settings.is_open:
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
        "cantata.server.__main__:reloading_app",
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


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text} is no port from 0 to 65535")
    return int(text)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _explained(error: Exception) -> str:
    """Name the setting that is wrong, and how."""
    if not isinstance(error, ValidationError):
        return str(error)
    found = [(".".join(map(str, e["loc"])).upper(), e["msg"].removeprefix("Value error, ")) for e in error.errors()]
    return "; ".join(f"{place}: {message}" if place else message for place, message in found)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cantata", description="Runs agent workflows and streams what they do.")
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve", help="run the server")
    serving.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    serving.add_argument("--port", type=_port, default=8000, help="port to listen on (default: %(default)s)")
    serving.add_argument(
        "--config", metavar="FILE", help="a langgraph.json (default: ./langgraph.json, if there is one)"
    )
    serving.add_argument("--database", metavar="URL", help="where everything is kept (default: sqlite:///cantata.db)")
    serving.add_argument(
        "--reload", action="store_true", help="start again when a source file changes; for development"
    )
    serving.set_defaults(run=serve)
    _add_key_commands(commands.add_parser("key", help="make, list and revoke API keys"))
    token = commands.add_parser("token", help="print a token for trying things out")
    token.add_argument("--email", required=True, help="whom it names, and by default its `sub`")
    token.add_argument("--id", help="its `sub`")
    _add_rights(token, expires="1h")
    token.set_defaults(run=print_token)
    return parser


def _add_key_commands(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="key_command", required=True)
    creating = commands.add_parser("create", help="make a key and print it, once")
    _add_rights(creating, expires=None)
    creating.add_argument("--name", default="", help="what it is for")
    creating.add_argument("--owner", help="as whom it acts (default: somebody of its own)")
    creating.add_argument("--workspace", default=DEFAULT_WORKSPACE, help="of what it makes (default: %(default)s)")
    creating.set_defaults(run=create_key)
    commands.add_parser("list", help="list the keys").set_defaults(run=list_keys)
    revoking = commands.add_parser("revoke", help="let a key be refused from now on")
    revoking.add_argument("id", help="the part of the key between its underscores")
    revoking.set_defaults(run=revoke_key)
    for command in commands.choices.values():
        command.add_argument("--database", metavar="URL", help="where the keys are (default: sqlite:///cantata.db)")


def _add_rights(parser: argparse.ArgumentParser, *, expires: str | None) -> None:
    parser.add_argument(
        "--role", choices=("user", "premium", "admin"), default="user", help="what it is (default: %(default)s)"
    )
    parser.add_argument("--scope", action="append", help="what it may do; repeat it (default: what its role may)")
    shown = expires or "for ever"
    parser.add_argument(
        "--expires", type=_duration, default=expires, help=f"how long it lasts, as in 90d, 12h, 30m (default: {shown})"
    )


def _duration(text: str) -> float:
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if match is None or not int(match[1]):
        raise argparse.ArgumentTypeError(f"{text} is no duration: say 90d, 12h, 30m or 45s")
    return int(match[1]) * {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[match[2]]


if __name__ == "__main__":
    main()
