"""The browser that drives the page: Chromium as an npm package brings it, unpacked once, or one that CHROMIUM names.

It is unpacked into the environment of Python, under its version: the package's own place, `/tmp/chromium`, is taken
for a browser whatever lies there.
"""

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.clients.node import NODE

PACKAGES = Path(__file__).parent / "node_modules"
PACKAGE = PACKAGES / "@sparticuz/chromium"
AXE = PACKAGES / "axe-core/axe.min.js"
UNPACK = "process.stdout.write(require('zlib').brotliDecompressSync(require('fs').readFileSync(process.argv[1])))"


def chromium() -> Path:
    """Return the browser's program."""
    if named := os.environ.get("CHROMIUM"):
        return Path(named)
    assert PACKAGE.exists(), "the npm packages of tests/browser are missing: run `make packages`"
    version = json.loads((PACKAGE / "package.json").read_text())["version"]
    folder = Path(sys.prefix) / f"chromium-{version}"
    if not folder.exists():
        _unpack(folder)
    return folder / "chromium"


def libraries(program: Path) -> dict[str, str]:
    """Return the environment in which the program finds its libraries: the package's own, where the system has none."""
    needed = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False).stdout
    own = program.parent / "lib"
    return {"LD_LIBRARY_PATH": str(own)} if "not found" in needed and own.exists() else {}


def _unpack(folder: Path) -> None:
    """Unpack into a folder of one's own first: tests run in several processes, and one of them may be stopped."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}-", ignore_cleanup_errors=True) as name:
        unpacked = Path(name) / "whole"
        unpacked.mkdir()
        program = unpacked / "chromium"
        program.write_bytes(_decompressed("chromium.br"))
        program.chmod(0o755)
        with tarfile.open(fileobj=io.BytesIO(_decompressed("al2023.tar.br"))) as archive:
            archive.extractall(unpacked, filter="data")
        try:
            unpacked.rename(folder)
        except OSError:  # another process was faster
            assert folder.exists()


def _decompressed(name: str) -> bytes:
    command = [str(NODE), "-e", UNPACK, str(PACKAGE / "bin" / name)]
    return subprocess.run(command, capture_output=True, check=True).stdout
