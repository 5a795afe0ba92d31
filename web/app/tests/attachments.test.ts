import assert from "node:assert/strict";
import { test } from "node:test";
import {
  attachmentsIn,
  blocksOf,
  bytesOf,
  mostBytes,
  pictureOf,
  textWith,
  typeOf,
  type Attachment,
} from "../src/sessions/attachments.ts";
import { inputKind, takesFiles } from "../src/sessions/inputs.ts";

const CAT: Attachment = { name: "cat.png", type: "image/png", base64: "AAAA" };
const NOTES: Attachment = { name: "notes.md", type: "text/plain", base64: "aGk=" };

test("pictures, PDFs and texts are taken, by their type or by their name", () => {
  const types = [
    { name: "cat.png", type: "image/png" },
    { name: "a.pdf", type: "" },
    { name: "notes.md", type: "" },
    { name: "data", type: "application/json" },
  ].map(typeOf);

  assert.deepEqual(types, ["image/png", "application/pdf", "text/plain", "text/plain"]);
});

for (const file of [
  { name: "a.svg", type: "image/svg+xml" },
  { name: "a.tiff", type: "image/tiff" },
  { name: "a.zip", type: "application/zip" },
  { name: "a", type: "" },
]) {
  test(`${file.name} ${file.type} is not taken`, () => assert.equal(typeOf(file), null));
}

test("a message with attachments is sent as content blocks, and read from them again", () => {
  const blocks = blocksOf("Look!", [CAT, NOTES]);

  assert.deepEqual(
    blocks.map(({ type, mime_type }) => [type, mime_type]),
    [
      ["text", undefined],
      ["image", "image/png"],
      ["file", "text/plain"],
    ],
  );
  assert.deepEqual(attachmentsIn(blocks), [CAT, NOTES]);
});

test("a picture alone needs no words", () => {
  assert.equal(blocksOf("  ", [CAT]).length, 1);
});

test("parts of other makes are no attachments, and one without a name is named by what it is", () => {
  assert.deepEqual(attachmentsIn(["text", null, { type: "image", url: "https://a.example/b.png" }]), []);
  assert.equal(attachmentsIn([{ type: "image", base64: "AAAA" }])[0]?.name, "image");
  assert.deepEqual(attachmentsIn(undefined), []);
});

test("only what can be nothing else is shown as a picture", () => {
  assert.equal(pictureOf(CAT), "data:image/png;base64,AAAA");
  assert.equal(pictureOf({ ...CAT, type: "image/svg+xml" }), null);
  assert.equal(pictureOf({ ...CAT, base64: '"><script>' }), null);
});

test("sizes are those of the files, not of what is sent", () => {
  assert.deepEqual([CAT, NOTES].map(bytesOf), [3, 2]);
});

test("what fits into a request is less than the request", () => {
  const most = mostBytes(1_048_576);

  assert.ok((most * 4) / 3 + 8_000 < 1_048_576, String(most));
  assert.ok(most > 750_000, String(most));
  assert.equal(mostBytes(1_024), 0);
});

test("a message that is copied names what was attached", () => {
  assert.equal(textWith("Look!", [CAT]), "Look!\n[attached: cat.png]");
  assert.equal(textWith("Look!", []), "Look!");
});

const graph = (properties: object, error: string | null = null) => ({
  name: "any",
  description: "",
  input_schema: { type: "object", properties },
  error,
});

test("files go to graphs of messages, and to no workflow whose value would lose them", () => {
  assert.equal(takesFiles(graph({ messages: {} })), true);
  assert.equal(takesFiles(graph({ messages: {}, input: {} })), false);
  assert.equal(takesFiles(graph({ topic: {} })), false);
  assert.equal(takesFiles(graph({ messages: {} }, "broken")), false);
  assert.equal(inputKind(graph({ messages: {}, input: {} })).kind, "text");
});
