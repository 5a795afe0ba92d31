"""The cache of compiled workflows: bounded by their sizes, not by their number."""

from cantata.graphs.recent import Recent


def test_the_oldest_goes_when_the_sizes_add_up_to_too_much() -> None:
    recent: Recent[str] = Recent(10)
    for key in "abc":
        recent.keep(key, key.upper(), 4)

    assert [recent.get(key) for key in "abc"] == [None, "B", "C"]


def test_what_is_used_stays() -> None:
    recent: Recent[str] = Recent(10)
    recent.keep("a", "A", 4)
    recent.keep("b", "B", 4)

    recent.get("a")
    recent.keep("c", "C", 4)

    assert [recent.get(key) for key in "abc"] == ["A", None, "C"]


def test_what_is_too_large_is_kept_alone() -> None:
    recent: Recent[str] = Recent(10)
    recent.keep("a", "A", 4)
    recent.keep("b", "B", 40)

    assert [recent.get(key) for key in "ab"] == [None, "B"]


def test_what_is_kept_again_counts_once() -> None:
    recent: Recent[str] = Recent(10)
    for _ in range(5):
        recent.keep("a", "A", 4)
    recent.keep("b", "B", 4)

    assert [recent.get(key) for key in "ab"] == ["A", "B"]


def test_after_a_clear_everything_fits_again() -> None:
    recent: Recent[str] = Recent(10)
    recent.keep("a", "A", 8)

    recent.clear()
    recent.keep("b", "B", 4)
    recent.keep("c", "C", 4)

    assert [recent.get(key) for key in "abc"] == [None, "B", "C"]
