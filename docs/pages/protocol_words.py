"""What the page of the wire formats says beside what the code says."""

INTRODUCTION = (
    """
    A stream tells a run while it goes on, and one that has ended. It can be told in four formats: each is made from the
    same log of events, so a client can take whichever it likes, at any time, and two clients of one run can take two.
    The run does not know who watches.
    """,
    """```mermaid
flowchart LR
    run(["a run"]) -- events --> log[("its log, numbered 1, 2, 3 …")]
    log --> reasoning["reasoning: the events as they are"]
    log --> compat["compat: named frames around the answer's text"]
    log --> chunks["chunks: the answer's text, numbered"]
    log --> session["session: records to be stored"]
```""",
    """
    Say which with `?format=` on any URL that streams. Left out, it is `chunks` on `POST /api/stream`, `compat` on
    `GET /api/stream/{agent}`, `session` under `/api/apps`, and `reasoning` on all others: `/chat`, `/api/workflows`,
    `/api/coordinator` and `/api/sessions`.
    """,
)

CHOICE = (
    ("to show what agents think and do: steps, tools, thoughts, several messages", "`reasoning`"),
    ("only the answer's text, in as few bytes as can be", "`chunks`"),
    ("the answer's text with a few signs of progress, by named listeners", "`compat`"),
    ("records that can be stored as they are, each with its session, run and parents", "`session`"),
)

FRAMES = (
    """
    Whatever the format, a stream is
    [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html): frames of lines, with a blank
    line after each. The first bytes are `retry: 1000` and an `id` that names the run, and come before the run has done
    anything. `data` is one line of JSON, whatever a model says: line ends in a text are
    escaped. Ignore names and members that you do not know; later versions may add some.
    """,
)

CURSORS = (
    """
    `id` is `evt_`, the run's id without `wf_`, and the number of an event. **It means the same in every format**: keep
    the last one, whatever it came with, and send it as `Last-Event-ID` or `?after=` to
    `GET /api/workflows/{id}/events`, in this or in another format. What comes is what somebody gets who never left.
    """,
    """
    An event that says nothing in a format gives no frame, so the numbers may jump. One event may give several frames:
    then only the last has the `id`. Who is cut exactly between two of them gets those without `id` again, and nothing
    else is ever told twice. So apply frames at once, but be ready to see such a one again:
    """,
)

REPEATS = (
    ('`{"reset": true}`', "`chunks`, `compat`", "clear the text again; after it any `index` is new"),
    (
        "a `chunk` before a `token`",
        "`compat` with `tokens`",
        "its `index` is not above the last one: drop it. With `coalesce_ms` it may have grown: wait for its `token`",
    ),
    ("`complete`, `error` before `close`", "`compat`", "it is the same"),
    ("`agent_end` before `finish`", "`session`", "its `event_id` is the one that it had"),
)

AFTER_CURSORS = (
    """
    A run that is over answers **204** to its last id. A stream that ends without its format's last frame was cut, or
    the server is restarting: go on from the last id. If what you ask for has been removed, `stream_gap` comes instead,
    in every format, with the run's status and its text so far in the `snapshot`. `chunks` and `compat` then say `reset`
    and tell the whole answer in one piece, also to a client whose id is behind what has been removed.
    """,
    """
    `GET /api/apps/{session_id}/agent/stream-continue` tells a whole session, one run after the other. There the run in
    the `id` changes, and the same `id` goes on with the run that it names and those after it.
    """,
)

OPTIONS = (
    ("`format`", "`reasoning`, `compat`, `chunks`, `session`", "the words in which the run is told"),
    ("`tokens`", "`true`", "`compat` only: each piece of text comes as a `token`, too"),
    (
        "`include`, `exclude`",
        "types of [events](events.md), with commas",
        "what is told of; how the run ends always is. In every format the names are those of the events: "
        "`exclude=message_delta` leaves out each `chunk`",
    ),
    (
        "`coalesce_ms`",
        "0 to 10000",
        "how long a piece of text may wait for the next, to be told as one. The frame has the last one's `id`, `seq` "
        "and `index`; anything that is no text goes out at once, and the text before it; a heartbeat sends it on, too",
    ),
    ("`heartbeat_seconds`", "1 to 300", "how long the stream may be silent before it shows that it lives"),
)

HEARTBEATS = (
    """
    A heartbeat is the event `heartbeat` in `reasoning`, unless it is left out, and the comment `: heartbeat` everywhere
    else, which reaches no listener. It has no `id`.
    Where the answer is no stream these options are refused with 422, and so is the `limit` of a page where it is one.
    """,
)

RUN = """
    The same run in all four: the question “What is 17*23?” to the assistant, answered by the offline model. Ids and
    times are shown as words, and `…` stands for what is left out of a long frame.
    """

REASONING = (
    """
    For pages that show how an answer comes about. Each frame is one event; `event` is its `type`. All of them, with
    their members and examples: [events.md](events.md).
    """,
)

COMPAT = (
    """
    For clients of an agent's stream with named events. It ends with `close`. A browser's `EventSource` calls its
    `error` listener for a cut connection, too: only the server's has `data`.
    """,
)

COMPAT_FRAMES = (
    ("`connected`", "`{workflow_id, agent}`", "first of all"),
    ("`status`", "`{type, …}`: the event as it is", "a step, tool or model call begins or ends; a human is asked"),
    ("`progress`", "`{percent, message}`, either", "the run says how far it is"),
    ("`chunk`", "`{chunk, index}`", "a piece of the answer"),
    ("`token`", "`{token}`", "the same piece, after its `chunk`; only with `tokens=true`"),
    ("`status`", '`{type: "reset", reset: true}`', "clear the text: a part of it is done anew"),
    ("`complete`", "`{workflow_id, final_response, usage}`", "the run is done"),
    ("`error`", "`{error: {code, message}}`", "the run failed; the code is `cancelled` when somebody stopped it"),
    ("`close`", "`{}`", "the last frame"),
)

CHUNKS = (
    """
    For clients that want text. Its frames have no names, so a browser's `onmessage` hears them all; only `stream_gap`
    has one. Tell them apart by their members.
    """,
)

CHUNK_FRAMES = (
    ("`chunk, index`", "a piece of the answer; `index` counts from 1, after a resume too"),
    ("`reset`", "clear the text: a part of it is done anew. What stands of it comes next, as one `chunk`"),
    ("`interrupted: {workflow_id, interrupts}`", "a human is asked; the stream stays open"),
    (
        "`complete, totalChunks, fullText, usage`",
        "the last frame. `fullText` is the chunks since the last `reset`. `final_response` beside it is the run's own: "
        "it differs when the graph makes its answer of something else than its last words",
    ),
    ("`error: {code, message}`", "the last frame of a run that failed or, with the code `cancelled`, was stopped"),
)

ANSWER = """
    `chunks` and `compat` tell the *answer* and no other text. Agents and workflows that come with Cantata, or were
    posted as a spec, know whose words that is (`answer_nodes` of `workflow_started`); of any other graph it is all that
    its models say.

    Branches that speak at the same time are told one message after another, in the order in which they began to speak:
    what the others say meanwhile is held back, and comes in one piece when it is their turn.
    """

RESETS = """
    **When a step is done anew**, after a crash, a retry or a human's answer, its words come again. Before they do, the
    stream says `reset`, and then in one piece the text before them that stands. So a client that clears its text at a
    `reset` and adds every `chunk` has the right text at every moment. So it has when retention has removed a part of
    the log: whoever reads what is left is told `reset` and the whole text, in one piece:
    """

MODELS = """
    **Several models side by side**, as `models` of `POST /api/stream` asks for them, each have a `model` on their
    frames and an `index` of their own. One that fails
    gives `{"model", "error"}` while the others go on, and the last frame has `fullText` and `usage` for each:
    """

SESSION = (
    """
    For clients that keep what they get. Each frame is a record that stands for itself: `event_id`, `session_id`,
    `timestamp` (Unix seconds), `event_type`, `run_id`, `parent_ids` (the steps and tools above it), `tags`, `metadata`,
    `trace_id`, `observation_id`, for messages `message_id`, and `data`, whose members stand at the top, too.
    `message_id` is unique in the session.
    """,
)

SESSION_FRAMES = (
    ("`status`", "`agent_start`", "first of all: `{agent, input, …}`"),
    ("`status`", "`tool_start`, `tool_end`", "`{tool, args}`, `{tool, status, output, duration_ms}`"),
    ("`delta`", "`message_delta`", "`{delta, content_type}`: a piece of any message"),
    (
        "`message`",
        "`message_complete`",
        "`{role, content, status, …}`: a whole message. With the status `cancelled` or `error` it was cut, "
        "and what is done anew comes as another message",
    ),
    ("`status`", "`workflow_interrupted`", "a human is asked: `{interrupts, …}`"),
    ("`status`", "`agent_end`", "`{status, final_response, usage, …}`"),
    ("`finish`", "`finish`", "the last frame: `{status}` is `success`, `error` or `cancelled`"),
)
