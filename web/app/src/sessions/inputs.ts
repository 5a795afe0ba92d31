/** What a graph wants to be told, read from its input schema: a text, or members that a form must ask for. */

export type InputKind = { kind: "text" } | { kind: "members"; members: Member[] } | { kind: "broken"; reason: string };

export interface Member {
  name: string;
  type: string;
  description: string;
  isRequired: boolean;
}

export interface ListedGraph {
  name: string;
  description: string;
  input_schema: unknown;
  error: string | null;
}

type Schema = { [key: string]: unknown };

/** As the server does: a text becomes `messages`, else the only required text. */
export function inputKind(graph: ListedGraph): InputKind {
  if (graph.error !== null) return { kind: "broken", reason: graph.error };
  const schema = asSchema(graph.input_schema);
  const properties = asSchema(schema?.["properties"]);
  if (!schema || !properties || schema["type"] === "string" || "messages" in properties) return { kind: "text" };
  const required = Array.isArray(schema["required"]) ? schema["required"].map(String) : [];
  const members = Object.entries(properties).map(([name, value]) => memberOf(name, value, required.includes(name)));
  const [only, ...others] = members.filter((member) => member.isRequired);
  if (only?.type === "string" && others.length === 0) return { kind: "text" };
  return { kind: "members", members: members.sort((one, other) => Number(other.isRequired) - Number(one.isRequired)) };
}

/** Files go with a message. A workflow whose value goes from step to step would lose them on the way. */
export function takesFiles({ error, input_schema }: ListedGraph): boolean {
  const properties = asSchema(asSchema(input_schema)?.["properties"]) ?? {};
  return error === null && "messages" in properties && !("input" in properties);
}

/** What the form's fields hold, as the input of a run. A text member is taken as it is, any other is JSON. */
export function inputFrom(
  members: readonly Member[],
  fields: Readonly<Record<string, string>>,
): { input: Record<string, unknown> } | { faults: Record<string, string> } {
  const input: Record<string, unknown> = {};
  const faults: Record<string, string> = {};
  for (const { name, type, isRequired } of members) {
    const text = fields[name] ?? "";
    if (text.trim() === "") {
      if (isRequired) faults[name] = "This is needed.";
      continue;
    }
    if (type === "string") {
      input[name] = text;
      continue;
    }
    try {
      input[name] = JSON.parse(text);
    } catch {
      faults[name] = "This is no JSON: texts want quotes.";
    }
  }
  return Object.keys(faults).length > 0 ? { faults } : { input };
}

function memberOf(name: string, value: unknown, isRequired: boolean): Member {
  const schema = asSchema(value);
  const type = typeof schema?.["type"] === "string" ? schema["type"] : "json";
  const description = typeof schema?.["description"] === "string" ? schema["description"] : "";
  return { name, type, description, isRequired };
}

function asSchema(value: unknown): Schema | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Schema) : undefined;
}
