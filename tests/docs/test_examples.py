"""The programs that the documentation shows run, and print what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/python.md"
PROGRAMS = re.findall(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?", PAGE.read_text(), re.MULTILINE | re.DOTALL)
OWN_PROGRAM = """\
look …
  weather: It rains in Cairo.
look: ok
advise …
Take an umbrella.
advise: ok
"""


@pytest.mark.parametrize(("program", "printed"), PROGRAMS, ids=range(1, len(PROGRAMS) + 1))
def test_a_program_of_the_page_prints_what_the_page_says(tmp_path: Path, program: str, printed: str) -> None:
    assert run(tmp_path, "-c", program).strip() == printed.strip()


def test_a_program_with_a_graph_of_its_own_tells_its_events(tmp_path: Path) -> None:
    assert run(tmp_path, str(ROOT / "docs/examples/own_program.py")) == OWN_PROGRAM


def run(folder: Path, *arguments: str) -> str:
    """Run a program where there is nothing, and return what it printed."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", "ignore:Binding:DeprecationWarning", *arguments],
        cwd=folder,
        env=environment | {"OFFLINE_DEMO_TOKEN_DELAY_MS": "0", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
