-- One file holds everything; one writer writes it. Times are ISO 8601 UTC with milliseconds, ids are TypeIDs.
PRAGMA user_version = 6;

CREATE TABLE sessions (
    owner      TEXT NOT NULL,
    id         TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL, -- when a run of it was created or ended
    workspace  TEXT NOT NULL, -- of whoever began it
    title      TEXT,
    head_id    TEXT,          -- the run that the next one follows
    PRIMARY KEY (owner, id)
) WITHOUT ROWID;
CREATE INDEX sessions_by_activity ON sessions (owner, updated_at, id);

-- A thread is LangGraph's conversation: one for each session and graph, and one more for each branch.
CREATE TABLE threads (
    id          TEXT PRIMARY KEY,
    owner       TEXT NOT NULL,
    session_id  TEXT NOT NULL,
    graph       TEXT NOT NULL,
    last_run_id TEXT -- whoever follows it goes on here; NULL at the beginning, when its runs were removed
) WITHOUT ROWID;
CREATE INDEX threads_by_session ON threads (owner, session_id, graph);

CREATE TABLE runs (
    number             INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    owner              TEXT NOT NULL,
    workspace          TEXT NOT NULL,
    session_id         TEXT NOT NULL,
    parent_id          TEXT, -- the run that it follows
    question_id        TEXT, -- the user's message that it answers; runs may share one
    last_message_id    TEXT, -- of what it said; until it has ended, the question
    thread_id          TEXT NOT NULL,
    graph              TEXT NOT NULL,
    status             TEXT NOT NULL,
    attempt            INTEGER NOT NULL DEFAULT 1,
    created_at         TEXT NOT NULL,
    started_at         TEXT,
    worker             TEXT,
    takeover           TEXT,
    base_checkpoint_id TEXT,
    request_hash       TEXT NOT NULL,
    idempotency_key    TEXT,
    feedback           BLOB, -- what its owner says of its answer
    answers            BLOB, -- what may be large goes last: whoever looks at the rest need not read it
    resumption         BLOB,
    spec               BLOB NOT NULL,
    workflow           BLOB NOT NULL
);
CREATE INDEX runs_by_owner ON runs (owner, id);
CREATE INDEX runs_by_session ON runs (owner, session_id, number);
CREATE INDEX runs_by_parent ON runs (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX runs_active ON runs (status, number) WHERE status IN ('queued', 'running', 'interrupted');
CREATE UNIQUE INDEX runs_by_key ON runs (owner, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- Where each run's log ends, and in which epoch it may be written. Every append rewrites this row, so it is a narrow one.
CREATE TABLE heads (
    run_id     TEXT PRIMARY KEY,
    epoch      INTEGER NOT NULL DEFAULT 0,
    last_seq   INTEGER NOT NULL,
    updated_at TEXT NOT NULL,
    is_open    INTEGER NOT NULL DEFAULT 1 -- until the terminal event
) WITHOUT ROWID;

-- In the order of their ends, for retention; an append does not touch it.
CREATE INDEX heads_ended ON heads (updated_at) WHERE is_open = 0;

-- A row for each run and flush. A rowid table with an index is written faster than one clustered by run.
CREATE TABLE events (
    number    INTEGER PRIMARY KEY,
    run_id    TEXT NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    frames    BLOB NOT NULL
);
CREATE UNIQUE INDEX events_by_run ON events (run_id, first_seq);

-- What the user and the agents of a session said, as a tree. A run that has not ended has only its question here.
CREATE TABLE messages (
    number        INTEGER PRIMARY KEY,
    message_id    TEXT NOT NULL UNIQUE,
    owner         TEXT NOT NULL,
    session_id    TEXT NOT NULL,
    run_id        TEXT NOT NULL,
    parent_id     TEXT,
    role          TEXT NOT NULL,
    content       TEXT NOT NULL,
    content_parts BLOB NOT NULL,
    cause_by      TEXT NOT NULL,
    sent_from     TEXT NOT NULL,
    send_to       BLOB NOT NULL,
    trace_id      TEXT,
    timestamp     TEXT NOT NULL,
    metadata      BLOB NOT NULL
);
CREATE INDEX messages_by_session ON messages (owner, session_id, timestamp);
CREATE INDEX messages_by_parent ON messages (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX messages_by_trace ON messages (trace_id) WHERE trace_id IS NOT NULL;

-- Removed sessions' runs and threads whose events and checkpoints are still to be removed.
CREATE TABLE leftovers (
    number    INTEGER PRIMARY KEY,
    run_id    TEXT,
    thread_id TEXT
);

-- Workflows that clients have stored: a row for each version, which never changes but for its retirement.
CREATE TABLE definitions (
    owner        TEXT NOT NULL,
    name         TEXT NOT NULL,
    version      INTEGER NOT NULL,
    description  TEXT NOT NULL,
    spec         BLOB NOT NULL,
    input_schema BLOB,
    created_at   TEXT NOT NULL,
    is_retired   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (owner, name, version)
) WITHOUT ROWID;

-- What statistics keep of each run that has ended, whether or not the run itself is still there.
CREATE TABLE run_records (
    number INTEGER PRIMARY KEY,
    owner  TEXT NOT NULL,
    record BLOB NOT NULL
);
CREATE INDEX run_records_by_owner ON run_records (owner, number);

-- What model calls used, summed up; a call of unknown price counts in `unpriced`, and costs nothing here.
CREATE TABLE usage (
    owner            TEXT NOT NULL,
    day              TEXT NOT NULL, -- UTC
    session_id       TEXT NOT NULL,
    graph            TEXT NOT NULL,
    agent            TEXT NOT NULL,
    model            TEXT NOT NULL,
    calls            INTEGER NOT NULL,
    unpriced         INTEGER NOT NULL,
    input_tokens     INTEGER NOT NULL,
    output_tokens    INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    cached_tokens    INTEGER NOT NULL,
    cost_usd         REAL NOT NULL,
    PRIMARY KEY (owner, day, session_id, graph, agent, model)
) WITHOUT ROWID;
CREATE INDEX usage_by_day ON usage (day);
CREATE INDEX usage_by_session ON usage (owner, session_id);
-- What each owner's model calls have used up, by day (UTC).
CREATE TABLE spending (
    owner    TEXT NOT NULL,
    day      TEXT NOT NULL,
    tokens   INTEGER NOT NULL,
    cost_usd REAL NOT NULL,
    PRIMARY KEY (owner, day)
) WITHOUT ROWID;

CREATE TABLE stats_resets (
    owner      TEXT PRIMARY KEY,
    reset_at   TEXT NOT NULL,
    last_number INTEGER NOT NULL -- of the records that do not count any more
) WITHOUT ROWID;

-- API keys: of what a client holds only an HMAC is here.
CREATE TABLE api_keys (
    id           TEXT PRIMARY KEY,
    owner        TEXT NOT NULL,
    name         TEXT NOT NULL,
    role         TEXT NOT NULL,
    scopes       TEXT NOT NULL, -- separated by spaces
    workspace    TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    expires_at   TEXT,
    revoked_at   TEXT,
    last_used_at TEXT,
    digest       BLOB NOT NULL
) WITHOUT ROWID;

-- The server's own: what keys are hashed with, and what logins are encrypted with.
CREATE TABLE secrets (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- Stream tickets, hashed.
CREATE TABLE tickets (
    digest     BLOB PRIMARY KEY,
    owner      TEXT NOT NULL,
    run_id     TEXT NOT NULL,
    workspace  TEXT NOT NULL,
    connect_by TEXT NOT NULL,
    used_at    TEXT, -- first
    expires_at TEXT,
    key_id     TEXT
) WITHOUT ROWID;

-- Looks of admins at what is another's.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    at     TEXT NOT NULL,
    admin  TEXT NOT NULL,
    action TEXT NOT NULL,
    owner  TEXT NOT NULL,
    target TEXT NOT NULL
);

CREATE TABLE checkpoints (
    thread_id     TEXT NOT NULL,
    namespace     TEXT NOT NULL,
    checkpoint_id TEXT NOT NULL,
    parent_id     TEXT,
    run_id        TEXT,
    type          TEXT NOT NULL,
    checkpoint    BLOB NOT NULL,
    metadata_type TEXT NOT NULL,
    metadata      BLOB NOT NULL,
    PRIMARY KEY (thread_id, namespace, checkpoint_id)
) WITHOUT ROWID;
CREATE INDEX checkpoints_by_run ON checkpoints (run_id) WHERE run_id IS NOT NULL;

CREATE TABLE checkpoint_values (
    thread_id TEXT NOT NULL,
    namespace TEXT NOT NULL,
    channel   TEXT NOT NULL,
    version   TEXT NOT NULL,
    type      TEXT NOT NULL,
    value     BLOB NOT NULL,
    PRIMARY KEY (thread_id, namespace, channel, version)
) WITHOUT ROWID;

CREATE TABLE checkpoint_writes (
    thread_id     TEXT NOT NULL,
    namespace     TEXT NOT NULL,
    checkpoint_id TEXT NOT NULL,
    task_id       TEXT NOT NULL,
    position      INTEGER NOT NULL,
    task_path     TEXT NOT NULL,
    channel       TEXT NOT NULL,
    type          TEXT NOT NULL,
    value         BLOB NOT NULL,
    PRIMARY KEY (thread_id, namespace, checkpoint_id, task_id, position)
) WITHOUT ROWID;
