"""The page of metrics: every instrument of the process."""

from docs.pages.markdown import code, page, table

from cantata.server.metrics import MOST_WORDS, OTHER, Metrics, listed


def metrics_page() -> str:
    """Describe every instrument, and how they are read."""
    rows = [(code(name), kind, ", ".join(map(code, labels)), about) for name, kind, labels, about in listed(Metrics())]
    return page(
        "Metrics",
        """
        `GET /metrics`, or `GET /api/metrics`, tells in Prometheus' text format how many, how long and how much. The
        metrics of HTTP requests are those of
        [prometheus-fastapi-instrumentator](https://github.com/trallnag/prometheus-fastapi-instrumentator), in which a
        stream counts up to its first byte: `http_requests_total`, `http_request_duration_seconds` and what belongs to
        them. The process itself is told of by the usual `process_` series, such as `process_resident_memory_bytes` and
        `process_start_time_seconds`, on Linux. With `METRICS_PREFIX=amrikyy` every name begins with `amrikyy_`: put
        that before the names in `deploy/grafana` and `deploy/prometheus`, too.
        """,
        table(("name", "type", "labels", "what it tells"), rows),
        f"""
        A label's value may come from a client, so each kind of label takes {MOST_WORDS} different ones; what comes
        later counts as `{OTHER}`. No label names a user, a session or a run. `agent` is the graph of a run, and of a
        model call the agent within it. The `stream_sessions`, `stream_errors` and `stream_cancellations` are of what
        was asked for at `/api/stream`; the runs of all routes are in `coordinator_workflows_total`. A stream is
        cancelled by `request`, or by `disconnect` when nobody reads it any more.
        """,
        """
        Processes that share a folder named by `PROMETHEUS_MULTIPROC_DIR` are told of together, by each of them, without
        the `process_` series. Empty the folder before they start.
        """,
    )
