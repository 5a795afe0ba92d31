"""The package as somebody gets it who installs it, and scripts that use it, run by Node."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.clients.node import NODE, PACKAGES, run_node
from tests.server_process import HANG_SECONDS, ROOT

SOURCE = ROOT / "web" / "client"
MODULES = ROOT / "web" / "node_modules"

# What every script finds: the client, quick to try again, and a way to tell the test something.
PRELUDE = """
import { CantataError, Run, createClient, createRunStore, initialWorkflow, isFinal, reduce } from "@cantata/client";
const given = JSON.parse(process.env.GIVEN);
const show = (told) => console.log(JSON.stringify(told));
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const at = (baseUrl, options) =>
  createClient({ baseUrl, backoff: () => 5 * Math.random(), pollMs: 20, ...given.options, ...options });
const client = at(given.url);
const failure = ({ name, code, status, detail, problem, isRetryable }) =>
  ({ name, code, status, detail, problem, isRetryable });
async function all(run) {
  const events = [];
  for await (const event of run) if (event.seq) events.push(event);
  return events;
}
"""


def built(folder: Path) -> Path:
    """Build the package into *folder*, beside what it depends on; return the folder for scripts that use it."""
    home = folder / "node_modules" / "@cantata" / "client"
    assert (MODULES / ".bin" / "tsc").exists(), "the npm packages of web/ are missing: run `make packages`"
    run_node(str(MODULES / ".bin" / "tsc"), "-p", str(SOURCE), "--outDir", str(home / "dist"))
    shutil.copy(SOURCE / "package.json", home)
    for name in ("react", "react-test-renderer"):
        (folder / "node_modules" / name).symlink_to(PACKAGES / name)
    (folder / "node_modules" / "eventsource-parser").symlink_to(MODULES / "eventsource-parser")
    return folder


class Package:
    """The built package."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._scripts = 0

    def script(self, text: str) -> Path:
        """Write a script that can import the package."""
        self._scripts += 1
        path = self.folder / f"script{self._scripts}.mjs"
        path.write_text(PRELUDE + text)
        return path

    def run(self, text: str, url: str = "", **given: Any) -> list[Any]:
        """Run a script to its end; return what it showed."""
        environment = {"GIVEN": json.dumps({"url": url, **given})}
        printed = run_node(str(self.script(text)), environment=environment)
        return [json.loads(line) for line in printed.splitlines()]

    @contextmanager
    def talk(self, text: str, url: str = "", **given: Any) -> Iterator["Talk"]:
        """Run a script that the test talks with, line by line."""
        environment = {"GIVEN": json.dumps({"url": url, **given}), "NODE_NO_WARNINGS": "1"}
        process = subprocess.Popen(
            [str(NODE), "--unhandled-rejections=strict", str(self.script(text))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        try:
            yield Talk(process)
        finally:
            process.kill()
            process.communicate(timeout=HANG_SECONDS)


class Talk:
    """A script that is running."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def hear(self) -> Any:
        """Wait for what the script shows next."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the script has ended"
        return json.loads(line)

    def say(self, told: Any) -> None:
        """Send the script a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()

    def rest(self) -> list[Any]:
        """Wait for the script's end; return what it showed meanwhile."""
        out, _ = self._process.communicate(timeout=HANG_SECONDS)
        assert self._process.returncode == 0, out
        return [json.loads(line) for line in out.splitlines()]
