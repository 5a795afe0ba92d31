"""The embedded database's reading threads."""

from pathlib import Path

import pytest

from cantata.server.persistence.sqlite import READERS, Database


async def test_what_a_read_raises_is_the_callers_and_ends_no_thread(tmp_path: Path) -> None:
    database = Database(tmp_path / "cantata.db")

    for _ in range(READERS + 1):
        with pytest.raises(ZeroDivisionError):
            await database.read(lambda connection: 1 // 0)

    assert await database.read(lambda connection: connection.execute("SELECT 7").fetchone()) == (7,)
    await database.close()
