import assert from "node:assert/strict";
import { test } from "node:test";
import type { Spec } from "@cantata/client";
import {
  begin,
  edited,
  firstDraft,
  isChanged,
  marked,
  readDraft,
  redone,
  undone,
  type Draft,
} from "../src/compose/draft.ts";
import { faultsByStep, faultsOf } from "../src/compose/faults.ts";
import { namesOf, stepsByNode } from "../src/compose/nodeNames.ts";
import { readSpec } from "../src/compose/readSpec.ts";
import { curlOf, requestOf } from "../src/compose/requests.ts";
import {
  at,
  changed,
  duplicated,
  inserted,
  moved,
  removed,
  replaced,
  reshaped,
  stepsOf,
  unwrapped,
  wrapped,
  type Shape,
} from "../src/compose/specEdit.ts";
import { TEMPLATES } from "../src/compose/templates.ts";
import { readRun } from "./fixtures/runs.ts";

const SPEC: Shape = {
  type: "sequential",
  steps: [
    { agent: "researcher" },
    {
      type: "parallel",
      tasks: [
        { type: "sequential", name: "text", steps: [{ agent: "writer" }, { agent: "reviewer", method: "critique" }] },
        { agent: "content", method: "draft" },
      ],
      aggregate: { agent: "reviewer" },
    },
  ],
};
const BEFORE = structuredClone(SPEC);
const agents = (spec: Shape) => stepsOf(spec).flatMap(({ step }) => ("agent" in step ? [step.agent] : []));

test("a step is found at its path, and nothing where there is none", () => {
  assert.deepEqual(at(SPEC, "steps.1.tasks.0.steps.1"), { agent: "reviewer", method: "critique" });
  assert.equal(at(SPEC, "steps.7.tasks.0"), undefined);
});

test("edits return a new spec and leave the old one as it was", () => {
  const next = changed(removed(inserted(SPEC, "steps.1", 0, { agent: "travel" }), "steps.0"), "steps.0", {
    on_error: "continue",
  });

  assert.deepEqual(agents(next), ["travel", "writer", "reviewer", "content"]);
  assert.equal(next.type === "sequential" && (next.steps[0] as { on_error?: string }).on_error, "continue");
  assert.deepEqual(SPEC, BEFORE);
});

test("a member that is undefined is taken away", () => {
  assert.deepEqual(at(changed(SPEC, "steps.1.tasks.1", { method: undefined }), "steps.1.tasks.1"), {
    agent: "content",
  });
});

test("a step moves among its siblings, and stays at the ends", () => {
  const { spec, path } = moved(SPEC, "steps.1.tasks.1", -1);

  assert.equal(path, "steps.1.tasks.0");
  assert.deepEqual(agents(spec), ["researcher", "content", "writer", "reviewer"]);
  assert.equal(moved(SPEC, "steps.0", -1).spec, SPEC);
});

test("a copy stands after its step, without its name", () => {
  const next = duplicated(SPEC, "steps.1.tasks.0");

  assert.equal((at(next, "steps.1.tasks.1") as { name?: string }).name, undefined);
  assert.deepEqual(agents(next), ["researcher", "writer", "reviewer", "writer", "reviewer", "content"]);
});

test("a step is put into a shape and taken out of it again", () => {
  const inside = wrapped(SPEC, "steps.0", "parallel");

  assert.deepEqual(at(inside, "steps.0"), { type: "parallel", tasks: [{ agent: "researcher" }] });
  assert.deepEqual(unwrapped(inside, "steps.0"), SPEC);
});

test("a reference that is put into a shape becomes a step", () => {
  const led = TEMPLATES[2]!.spec;

  assert.deepEqual(at(wrapped(led, "subAgents.1", "sequential"), "subAgents.1"), {
    type: "sequential",
    steps: [{ agent: "writer", method: "report" }],
  });
});

test("a shape becomes another one with the same steps", () => {
  const led = reshaped(SPEC, "", "hierarchical");

  assert.deepEqual(agents(led), agents(SPEC));
  assert.deepEqual(led.type === "hierarchical" && led.master, { name: "assistant" });
  assert.deepEqual(agents(reshaped(led, "", "parallel")), agents(SPEC));
});

test("a manager does not lead itself", () => {
  const own: Shape = { type: "sequential", steps: [{ agent: "assistant" }] };
  const led = reshaped(own, "", "hierarchical");

  assert.deepEqual(led.type === "hierarchical" && led.master, { name: "writer" });
});

test("the server's errors stand at the steps that they name", () => {
  const faults = faultsOf({
    errors: [
      { path: "spec.steps.1.tasks.0.steps.1.method", message: "no" },
      { path: "spec.steps.1.aggregate.agent", message: "none" },
      { path: "steps", message: "few" },
    ],
  });
  const found = faultsByStep(SPEC, faults);

  assert.deepEqual(found.get("steps.1.tasks.0.steps.1"), [{ path: "method", message: "no" }]);
  assert.deepEqual(found.get("steps.1"), [{ path: "aggregate.agent", message: "none" }]);
  assert.deepEqual(found.get(""), [{ path: "steps", message: "few" }]);
});

test("an error about a name says what a name is", () => {
  assert.match(
    faultsOf({ errors: [{ path: "spec.steps.0.name", message: "String should match pattern '^x$'" }] })[0]!.message,
    /begins with a letter/,
  );
});

test("steps know the nodes that the server makes of them", () => {
  const drawn = readRun("nested").drawing.nodes.filter((node) => node.type !== "start" && node.type !== "end");
  const places = stepsByNode(SPEC);

  assert.deepEqual([...places.keys()].toSorted(), drawn.map((node) => node.id).toSorted());
  assert.equal(places.get("parallel/text/reviewer_critique"), "steps.1.tasks.0.steps.1");
});

test("a manager's node stands for its shape", () => {
  const spec: Shape = {
    type: "hierarchical",
    master: { name: "assistant" },
    subAgents: [{ name: "researcher" }, { agent: "writer", method: "report" }],
  };
  const drawn = readRun("led")
    .drawing.nodes.filter((node) => node.type === "agent")
    .map((node) => node.id);

  assert.deepEqual(
    drawn.map((id) => stepsByNode(spec).get(id)),
    ["", "subAgents.0", "subAgents.1"],
  );
});

test("names that are taken are numbered", () => {
  assert.deepEqual(
    namesOf([{ agent: "writer" }, { agent: "writer" }, { agent: "a b", method: "x" }, { agent: "9" }], ["writer_2"]),
    ["writer", "writer_3", "a_b_x", "agent_9"],
  );
});

test("text that is a spec is read, and what is none is told", () => {
  assert.deepEqual(readSpec(JSON.stringify(SPEC)), { spec: SPEC });
  assert.deepEqual(readSpec('{"agent":"writer"}'), { spec: { type: "sequential", steps: [{ agent: "writer" }] } });
  const error = (text: string) => (readSpec(text) as { error: string }).error;
  assert.match(error("{"), /not JSON/);
  assert.match(error("[]"), /no step/);
  assert.match(error('{"type":"sequential"}'), /`steps` must be a list/);
  assert.match(error('{"type":"parallel","tasks":[{"type":"loop"}]}'), /`tasks.0`: `type` must be one of/);
  assert.match(error('{"type":"hierarchical","subAgents":[]}'), /`master` must name an agent/);
  assert.match(error('{"type":"sequential","steps":[{"name":"x"}]}'), /`steps.0` names no agent/);
});

test("sub_agents is read as subAgents", () => {
  assert.deepEqual(readSpec('{"type":"hierarchical","master":{"name":"assistant"},"sub_agents":[{"name":"writer"}]}'), {
    spec: { type: "hierarchical", master: { name: "assistant" }, subAgents: [{ name: "writer" }] },
  });
});

test("a request has the spec's members beside its input", () => {
  assert.deepEqual(requestOf(TEMPLATES[1]!.spec, "Tea", "offline-demo").body.aggregate, "concat");
  assert.deepEqual(requestOf({ agent: "writer" } as Spec, "Tea", ""), {
    shape: "sequential",
    body: { steps: [{ agent: "writer" }], input: "Tea" },
  });
});

test("a command can be pasted whatever is in it", () => {
  assert.ok(curlOf("http://localhost:8000", SPEC, "It's tea", "").includes(`"input": "It'\\''s tea"`));
});

test("edits are undone and done again, letters of a word together", () => {
  const first = firstDraft();
  const typed = (input: string): Draft => ({ ...first, input });
  let drafts = begin(first);
  drafts = edited(drafts, typed("T"), "input", 1_000);
  drafts = edited(drafts, typed("Te"), "input", 1_200);
  drafts = edited(drafts, typed("Tea"), "input", 9_000);

  assert.equal(undone(drafts).now.input, "Te");
  assert.equal(undone(undone(drafts)).now, first);
  assert.equal(redone(undone(drafts)).now.input, "Tea");
  assert.equal(undone(begin(first)).now, first);
});

test("storing is no edit: what is undone afterwards is a change of what is stored", () => {
  const first = firstDraft();
  const drafts = edited(begin(first), { ...first, spec: replaced(first.spec, "steps.0", { agent: "travel" }) }, "", 0);
  const after = marked(drafts, { name: "tea", version: 1, description: "", spec: drafts.now.spec });

  assert.equal(isChanged(after.now), false);
  assert.equal(undone(after).now.stored?.name, "tea");
  assert.equal(isChanged(undone(after).now), true);
});

test("a draft that was kept is read again, anything else is forgotten", () => {
  const draft = firstDraft();

  assert.deepEqual(readDraft(JSON.stringify(draft)), draft);
  assert.deepEqual(["", null, "{}", "[1]", '{"spec":{"agent":"x"},"input":"","model":""}'].map(readDraft), [
    null,
    null,
    null,
    null,
    null,
  ]);
});
