// Makes src/types.ts from the server's own JSON Schemas: every event, the workflow, sessions, the bodies of requests.
//
//   node generate.mjs [--check]    with --check nothing is written: it fails when the file is not what it would be

import { readFileSync, writeFileSync } from "node:fs";
import { compile } from "json-schema-to-typescript";

const SCHEMAS = new URL("../../docs/schemas/", import.meta.url);
const TYPES = new URL("src/types.ts", import.meta.url);
const BANNER =
  "// What a server says and takes, made from docs/schemas by `npm run generate -w client`. Not to be edited.\n";

const read = (name) => JSON.parse(readFileSync(new URL(name, SCHEMAS), "utf8"));
const isAnything = (schema) => !["type", "enum", "const", "anyOf", "oneOf", "$ref"].some((name) => name in schema);
const isOpen = (schema) => schema.type === "object" && !schema.properties && schema.additionalProperties === undefined;

/**
 * Rewrites what would make noise: titles of properties would become types of their own, an object that lists its
 * members would take any other ones, and a docstring's indentation would stay in it.
 */
function plain(schema, isNamed = false) {
  if (Array.isArray(schema)) return schema.map((one) => plain(one));
  if (schema === null || typeof schema !== "object") return schema;
  const { title, examples, default: _, discriminator, $defs, ...kept } = schema;
  for (const [name, value] of Object.entries(kept)) {
    if (name === "properties")
      kept.properties = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
    else if (name === "$ref") kept.$ref = value.replace(/#.(components.schemas|\$defs)./, "#/definitions/");
    else if (name === "description") kept.description = value.replaceAll(/\n +/g, "\n");
    else kept[name] = plain(value);
  }
  // Bounds on lists and numbers are the server's to check; of a list they would make tuples.
  for (const bound of ["minItems", "maxItems"]) delete kept[bound];
  if (isAnything(kept)) kept.tsType = "unknown";
  else if (isOpen(kept)) kept.additionalProperties = true;
  else if (kept.properties) kept.additionalProperties ??= false;
  return isNamed ? { title, ...kept } : kept;
}

const named = (schemas) =>
  Object.fromEntries(Object.entries(schemas).map(([name, one]) => [name, plain({ title: name, ...one }, true)]));

const events = read("events.json");
const components = named(read("openapi.json").components.schemas);
components.Problem.additionalProperties = true; // each error may have members of its own
const stream = named(events.$defs);
for (const name of Object.keys(stream).filter((name) => name in components))
  if (JSON.stringify(stream[name]) !== JSON.stringify(components[name]))
    throw new Error(`two things are called ${name}`);

const event = { title: "CantataEvent", description: "All that a stream can say, told apart by `type`." };
// The compiler writes what nothing refers to only beside an interface: this one is taken out again.
const root = {
  title: "Root",
  type: "object",
  properties: {},
  additionalProperties: false,
  definitions: { CantataEvent: { ...event, anyOf: plain(events).anyOf }, ...stream, ...components },
};
const compiled = await compile(root, "Root", {
  bannerComment: BANNER,
  unreachableDefinitions: true,
  style: { printWidth: 120 },
});
const text = compiled
  .replace(/^export interface Root \{\}\n/m, "")
  .replaceAll(
    /^ \* (\n \* )?This (interface|type) was referenced by `Root`'s JSON-Schema\n \* via the `definition` .*\n/gm,
    "",
  )
  .replaceAll(/^ \*\n \*\/$/gm, " */")
  .replaceAll(/^\/\*\*\n \*\/\n/gm, "");

if (!process.argv.includes("--check")) writeFileSync(TYPES, text);
else if (readFileSync(TYPES, "utf8") !== text) {
  console.error("web/client/src/types.ts is not what the schemas say: run `npm run generate -w client` in web/");
  process.exitCode = 1;
}
