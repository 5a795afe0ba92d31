"""Options that several commands take."""

import argparse
import os
import re

from cantata.server.settings import Settings


def settings_of(options: argparse.Namespace) -> Settings:
    """Read the settings, with the database that the options name."""
    if options.database:
        os.environ["DATABASE_URL"] = options.database
    return Settings()


def add_rights(parser: argparse.ArgumentParser, *, expires: str | None) -> None:
    """Add what a credential may do and how long it lasts."""
    parser.add_argument(
        "--role", choices=("user", "premium", "admin"), default="user", help="what it is (default: %(default)s)"
    )
    parser.add_argument("--scope", action="append", help="what it may do; repeat it (default: what its role may)")
    shown = expires or "for ever"
    parser.add_argument(
        "--expires", type=duration, default=expires, help=f"how long it lasts, as in 90d, 12h, 30m (default: {shown})"
    )


def add_database(parser: argparse.ArgumentParser, what: str) -> None:
    """Add where *what* is."""
    parser.add_argument("--database", metavar="URL", help=f"where {what} (default: sqlite:///cantata.db)")


def duration(text: str) -> float:
    """Return as seconds what is said as 90d, 12h, 30m or 45s."""
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if match is None or not int(match[1]):
        raise argparse.ArgumentTypeError(f"{text} is no duration: say 90d, 12h, 30m or 45s")
    return int(match[1]) * {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[match[2]]
