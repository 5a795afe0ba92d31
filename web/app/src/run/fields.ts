/** The fields of a form that follows a JSON Schema, and the value that their texts make. */
import { isRecord, pretty } from "./values.ts";

export interface Field {
  /** Empty where the whole answer is one value. */
  name: string;
  label: string;
  hint: string;
  kind: "text" | "number" | "integer" | "boolean" | "choice" | "json";
  choices: unknown[];
  isRequired: boolean;
  initial: string;
}

export function fieldsOf(schema: Record<string, unknown>): Field[] {
  const { properties } = schema;
  if (!isRecord(properties)) return [fieldOf("", schema, true)];
  const required: unknown[] = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(properties).map(([name, property]) =>
    fieldOf(name, isRecord(property) ? property : {}, required.includes(name)),
  );
}

function fieldOf(name: string, schema: Record<string, unknown>, isRequired: boolean): Field {
  const choices: unknown[] = Array.isArray(schema.enum) ? schema.enum : [];
  const title = typeof schema.title === "string" ? schema.title : name.replaceAll("_", " ");
  return {
    name,
    label: title || "Answer",
    hint: typeof schema.description === "string" ? schema.description : "",
    kind: choices.length > 0 ? "choice" : kindOf(schema.type),
    choices,
    isRequired,
    initial: schema.default === undefined ? "" : pretty(schema.default),
  };
}

function kindOf(type: unknown): Field["kind"] {
  if (type === "string") return "text";
  return type === "boolean" || type === "number" || type === "integer" ? type : "json";
}

export type Filled = { value: unknown; faults?: undefined } | { value?: undefined; faults: Record<string, string> };

/** Makes the answer of what was filled in, or says what is wrong with it. The server checks it once more. */
export function filled(fields: readonly Field[], texts: Readonly<Record<string, string>>): Filled {
  const faults: Record<string, string> = {};
  const members: Record<string, unknown> = {};
  for (const field of fields) {
    const text = texts[field.name] ?? field.initial;
    if (text === "" && field.kind !== "boolean") {
      if (field.isRequired && field.kind !== "text") faults[field.name] = "An answer is needed.";
      else if (field.isRequired) members[field.name] = "";
      continue;
    }
    const [value, fault] = read(field, text);
    if (fault) faults[field.name] = fault;
    else if (value !== undefined) members[field.name] = value;
  }
  if (Object.keys(faults).length > 0) return { faults };
  const [only] = fields;
  return { value: fields.length === 1 && only?.name === "" ? members[""] : members };
}

function read(field: Field, text: string): [value: unknown, fault?: string] {
  switch (field.kind) {
    case "text":
      return [text];
    case "boolean":
      return [text === "true" ? true : text === "false" || field.isRequired ? false : undefined];
    case "choice":
      return [field.choices.find((choice) => pretty(choice) === text)];
    case "number":
    case "integer": {
      const value = Number(text);
      if (!Number.isFinite(value)) return [undefined, "This is no number."];
      return field.kind === "integer" && !Number.isInteger(value) ? [undefined, "This is no whole number."] : [value];
    }
    case "json":
      return readJson(text);
  }
}

/** Reads JSON; what does not look like it is a text. */
export function readJson(text: string): [value: unknown, fault?: string] {
  try {
    return [JSON.parse(text) as unknown];
  } catch {
    return /^\s*[[{"]/.test(text) ? [undefined, "This is no JSON yet: a bracket or a quote is open."] : [text];
  }
}
