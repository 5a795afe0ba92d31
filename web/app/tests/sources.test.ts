import assert from "node:assert/strict";
import { test } from "node:test";
import { isPicture, pictureIn } from "../src/markdown/pictures.ts";
import { isCitation, sourcesOf } from "../src/markdown/sources.ts";

const CITED =
  "Tea [1](https://www.tea.org/a), [2](https://leaf.example/b) and again [1](https://tea.org/c), " +
  "[[3]](http://cup.example).";

test("numbered links are listed by number and host, each once", () => {
  assert.deepEqual(
    sourcesOf(CITED).map(({ number, host }) => `${number} ${host}`),
    ["1 tea.org", "2 leaf.example", "3 cup.example"],
  );
});

test("few sources, and those that a text lists itself, are not listed again", () => {
  assert.deepEqual(sourcesOf("[1](https://a.example) and [2](https://b.example)"), []);
  assert.deepEqual(sourcesOf(`${CITED}\n\n## Sources\n\n- one`), []);
});

test("only what is a number stands for a source", () => {
  assert.deepEqual(["1", "[12]", "1a", "tea", ["1"]].map(isCitation), [true, true, false, false, false]);
});

const DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const PICTURE = `data:image/png;base64,${DOT}`;

test("a picture is found in each of the ways in which it is given", () => {
  const given = [
    PICTURE,
    [PICTURE],
    { type: "image_url", image_url: { url: PICTURE } },
    { type: "image_url", image_url: PICTURE },
    [{ type: "image", data: DOT, mimeType: "image/png" }],
    { type: "image", base64: DOT, mime_type: "image/png" },
  ];

  assert.deepEqual(
    given.map(pictureIn),
    given.map(() => PICTURE),
  );
});

test("what acts, is elsewhere or was cut off is no picture", () => {
  const given = [
    "data:image/svg+xml;base64,PHN2Zz4=",
    "data:text/html;base64,PHA+",
    "https://example.org/a.png",
    `${PICTURE}…`,
    { data: DOT },
    {},
    null,
    5,
  ];

  assert.deepEqual(
    given.map(isPicture),
    given.map(() => false),
  );
  assert.deepEqual(
    given.map(pictureIn),
    given.map(() => null),
  );
});
