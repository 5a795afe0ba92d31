"""The instruments by themselves: bounded labels, and a list that the documentation can trust."""

from cantata.server.metrics import MOST_WORDS, OTHER, Metrics, Words, listed

TEN_THOUSAND = [f"name-{number}" for number in range(10_000)]


def test_ten_thousand_names_make_a_bounded_number_of_series() -> None:
    """Names of agents and models come from clients."""
    metrics = Metrics()
    for name in TEN_THOUSAND:
        metrics.stream_chunks.labels(metrics.agents.word(name)).inc()

    (family,) = [family for family in metrics.registry.collect() if family.name == "stream_chunks_sent"]

    assert len(family.samples) == MOST_WORDS + 1
    assert sum(sample.value for sample in family.samples) == 10_000
    assert max(family.samples, key=lambda sample: sample.value).labels == {"agent": OTHER}


def test_a_word_that_was_known_before_stays_itself() -> None:
    words = Words(2)

    assert [words.word(name) for name in ("a", "b", "c", "a", "b")] == ["a", "b", OTHER, "a", "b"]


def test_no_label_names_a_user_a_session_or_a_run() -> None:
    labels = {label for _, _, names, _ in listed(Metrics()) for label in names}

    assert labels == {
        "agent",
        "status",
        "error_type",
        "reason",
        "strategy",
        "cause",
        "model",
        "type",
        "kind",
        "score",
        "tool",
        "format",
        "code",
        "workspace",
    }


def test_two_applications_in_one_process_count_for_themselves() -> None:
    one, other = Metrics(), Metrics()

    one.gaps.inc()

    assert one.registry.get_sample_value("stream_gaps_total") == 1
    assert other.registry.get_sample_value("stream_gaps_total") == 0


def test_the_process_is_told_of_under_the_same_prefix() -> None:
    """Its memory, and when it started: an operator sees that it starts again and again."""
    names = {family.name for family in Metrics("amrikyy").registry.collect()}

    assert {name for name in names if not name.startswith("amrikyy_")} == set()
