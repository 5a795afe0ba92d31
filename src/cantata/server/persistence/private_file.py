"""A database that nobody but its owner can read, with all that SQLite lays beside it."""

from pathlib import Path

BESIDE = ("-wal", "-shm")  # the first one holds what was written last, in the clear
MODE = 0o600


def keep_private(path: Path) -> None:
    """Make the file, or close it to others; before it is opened, for what lies beside it is made with its mode.

    What is no file, such as a folder, is left as it is.
    """
    if not path.exists():
        path.touch(mode=MODE)
    for file in (path, *(path.with_name(path.name + ending) for ending in BESIDE)):
        if file.is_file():
            file.chmod(MODE)
