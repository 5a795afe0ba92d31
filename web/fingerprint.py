"""One hash over everything that the page is built from, kept beside the build.

`make web` writes it and a test compares it, so that a page older than its sources is noticed without Node.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

WEB = Path(__file__).resolve().parent
FINGERPRINT = WEB.parent / "src/cantata/server/page/sources.sha256"
PLACES = ("package-lock.json", "tsconfig.base.json", "client/src", "app")
NO_SOURCES = {"node_modules", "dist", "tests"}


def fingerprint() -> str:
    """Hash the names and the contents of the sources."""
    whole = hashlib.sha256()
    for file in sources():
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        whole.update(f"{content}  {file.relative_to(WEB).as_posix()}\n".encode())
    return whole.hexdigest()


def sources() -> Iterator[Path]:
    """Yield what the build reads, in an order that is the same everywhere."""
    found = (path for place in PLACES for path in (WEB / place, *(WEB / place).rglob("*")) if path.is_file())
    named = {path.relative_to(WEB).as_posix(): path for path in found}
    yield from (named[name] for name in sorted(named) if NO_SOURCES.isdisjoint(Path(name).parts))


if __name__ == "__main__":
    FINGERPRINT.write_text(f"{fingerprint()}  web\n")
