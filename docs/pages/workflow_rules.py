"""What the page of workflows says beside what the code says."""

INTRODUCTION = (
    """
    A workflow is data: steps in turn, side by side, or under a manager, nested in any way. It is posted as JSON,
    checked as a whole before anything runs, and compiled to a LangGraph state graph whose nodes are its steps. Equal
    specs give equal graphs, node by node, and with equal answers of the model the same events in each branch.
    """,
    """
    The steps name agents: those that come with Cantata, in [graphs.md](graphs.md), and every graph of your own project
    that holds a conversation in `messages`. Below is each shape with its spec, its graph, and what a run of it tells
    with the offline model. Of the transcripts the single words and the agents' own steps are left out, branches that
    ran at once stand one after the other, and texts are cut; [events.md](events.md) has the whole of it.
    """,
)

MEMBERS = (
    ("`name`", "any step", "the name of its node; without it the agent, its method or the shape, numbered when taken"),
    ("`agent`, `method`", "agent", "who takes the turn, and in which way; `run` if not said"),
    ("`model`", "agent", "instead of the run's model"),
    ("`when`", "agent", "JMESPath over the step's input; when it is false the step is passed over: `step_skipped`"),
    ("`transform`", "agent", "a transformer's name, or JMESPath over the step's output"),
    ("`retry`", "agent", "`max_attempts`, `initial_interval`, `backoff_factor`, `max_interval`, in seconds"),
    ("`timeout_seconds`", "agent", "for each attempt"),
    ("`steps`", "sequential", "the steps"),
    ("`tasks`", "parallel", "the branches"),
    ("`max_concurrency`", "parallel", "how many branches are at work at once"),
    ("`on_error`", "parallel", "`fail`, or `continue` without the branches that fail"),
    ("`aggregate`", "parallel", "`list`, `merge`, an aggregator's name, or an agent's step"),
    ("`master`", "hierarchical", "the manager: `name` and `method`; without one its `delegate` if it has that"),
    ("`subAgents`", "hierarchical", "references of `name` and `method`, or steps of any shape"),
    ("`max_rounds`", "hierarchical", "turns in which the manager may delegate; then it must answer"),
    ("`max_delegations`", "hierarchical", "tasks that it may give in all"),
    ("`aggregator`", "hierarchical", "an aggregator's name, or an agent's step; without it the manager answers"),
    ("`prompt`", "approval", "what the human is asked"),
    ("`schema`", "approval", "the JSON Schema of the answer; without it `approved`, and perhaps `comment` and `value`"),
)

RULES = (
    """
    One value goes through a workflow: its input, then each step's output. An agent gets the value as text; what is no
    text is written as JSON, a list of texts one below the other. The steps that begin a workflow also know what was
    said before in the session; a sub-agent knows its task alone. The last value is `value` in the output, and as text
    `final_response`.
    """,
    """
    `transform` names one of {transformers}, or is a JMESPath expression; a bare name is always a transformer, so the
    member `title` is written `@.title`. `when` is always an expression, and true in JMESPath's sense. An expression
    that is none, or calls a function that does not exist, is refused with the spec; one that does not fit its value
    fails the step with `bad_expression`, and so does one that would take too long or build too much.
    """,
    """
    `aggregate` is `list` by default: the outputs in the order of the spec. `merge` makes one object of them, later
    branches winning, and what is no object stands under its branch's name. {aggregators} are registered, and a program
    registers its own; those, and an agent, get the outputs by name without those that failed. A failed branch is
    `{{"error": {{"type", "message"}}}}` in `list` and `merge`.
    """,
    """
    An agent's step that fails is tried again as often as `retry` says; only the last failure counts. It then ends the
    workflow, is told to the manager whose sub-agent it was, or is left out of a branch with `continue`. What a human
    does not approve ends the workflow wherever it was asked.
    """,
    """
    Every run of a spec keeps what has finished: after a crash, an answer to a question or a planned stop only the steps
    that had not finished run again, and the join happens once. `progress` is the share of finished steps; a manager
    counts as one, since nobody knows how often it will delegate, and a workflow that is a manager's alone tells none.
    """,
)

LIMITS = (
    ("steps of a workflow", "1,000 (`MAX_WORKFLOW_STEPS`)"),
    ("levels of steps within steps", "16 (`MAX_WORKFLOW_DEPTH`)"),
    ("characters of an expression", "1,000"),
    ("levels of an expression", "100"),
    ("steps of its evaluation", "50,000, and 1,000,000 values and characters of all that it builds"),
    ("attempts of a step", "10"),
    ("turns in which a manager delegates", "50; 5 if not said"),
    ("delegations of a manager", "200; 20 if not said"),
    ("values in an approval's schema", "2,000"),
)

POSTING = (
    """
    Each shape has a path of its own, which takes the spec's members, `input`, and whatever else a run takes: a
    `session_id`, a `model`, a `timeout_seconds`. The answer waits for the end, or streams when `text/event-stream` is
    accepted.
    """,
    """```sh
curl -N localhost:8000/api/coordinator/sequential -H 'Accept: text/event-stream' -H 'Content-Type: application/json' \\
  -d '{"steps": [{"agent": "researcher"}, {"agent": "writer"}], "input": "Tell me about tea."}'

curl localhost:8000/api/coordinator/parallel -H 'Content-Type: application/json' \\
  -d '{"tasks": [{"agent": "researcher"}, {"agent": "writer"}], "aggregate": "concat", "input": "Tell me about tea."}'

curl localhost:8000/api/coordinator/hierarchical -H 'Content-Type: application/json' \\
  -d '{"master": {"name": "assistant"}, "subAgents": [{"name": "researcher"}, {"name": "writer"}],
       "input": "Tell me about tea."}'

curl localhost:8000/api/coordinator/workflow -H 'Content-Type: application/json' \\
  -d '{"workflow": "trip_planner", "inputs": "Plan three days in Rome from Cairo in October"}'

curl localhost:8000/api/coordinator/drawing -H 'Content-Type: application/json' \\
  -d '{"spec": {"type": "parallel", "tasks": [{"agent": "researcher"}, {"agent": "writer"}]}}'
```""",
    """
    A spec that cannot be run is refused with 422 before anything runs, with the path of each field at fault:
    `{"errors": [{"path": "steps.1.agent", "message": "No agent is named 'nobody': …"}]}`. What a workflow asks is
    answered through `POST /api/workflows/{id}/resume`, as for any other run.
    """,
)
