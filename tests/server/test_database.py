"""The embedded database's file, and its reading threads."""

from pathlib import Path

import pytest

from cantata.server.errors import DatabaseUnusable, StorageUnavailable
from cantata.server.persistence.sqlite import READERS, Database


def readable_by_others(folder: Path) -> list[str]:
    return [file.name for file in folder.glob("cantata.db*") if file.stat().st_mode & 0o077 and file.stat().st_size]


async def test_nobody_else_can_read_what_was_written(tmp_path: Path) -> None:
    """Not in the log of what is not yet in the file either, of which the first process lays down the mode."""
    database = Database(tmp_path / "cantata.db")
    await database.submit(lambda cursor: cursor.execute("INSERT INTO secrets (name, value) VALUES ('a', x'00')"))

    found = readable_by_others(tmp_path)
    await database.close()

    assert found == []


async def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    """As are the files that a process which was killed left beside it."""
    await Database(tmp_path / "cantata.db").close()
    for name in ("cantata.db", "cantata.db-wal"):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(0o644)

    database = Database(tmp_path / "cantata.db")
    await database.read(lambda connection: connection.execute("SELECT count(*) FROM runs").fetchone())
    found = readable_by_others(tmp_path)
    await database.close()

    assert found == []


async def test_what_a_read_raises_is_the_callers_and_ends_no_thread(tmp_path: Path) -> None:
    database = Database(tmp_path / "cantata.db")

    for _ in range(READERS + 1):
        with pytest.raises(ZeroDivisionError):
            await database.read(lambda connection: 1 // 0)

    assert await database.read(lambda connection: connection.execute("SELECT 7").fetchone()) == (7,)
    await database.close()


async def test_what_a_write_raises_undoes_its_batch_and_the_next_one_is_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Else whoever had submitted with it, or did so later, would wait for ever."""
    database = Database(tmp_path / "cantata.db")

    with pytest.raises(StorageUnavailable) as caught:
        await database.submit(
            lambda cursor: cursor.execute("INSERT INTO secrets (name, value) VALUES ('a', ?)", ("\ud800",))
        )
    await database.submit(lambda cursor: cursor.execute("INSERT INTO secrets (name, value) VALUES ('b', x'00')"))

    names = await database.read(lambda connection: connection.execute("SELECT name FROM secrets").fetchall())
    assert isinstance(caught.value.__cause__, UnicodeEncodeError)
    assert "its batch is undone" in caplog.text
    assert names == [("b",)]
    await database.close()


async def test_a_folder_in_place_of_the_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "cantata.db"
    folder.mkdir()
    mode = folder.stat().st_mode

    with pytest.raises(DatabaseUnusable):
        Database(folder)

    assert folder.stat().st_mode == mode
