/** Markdown that grows: cut into blocks it must look as the whole does, and nothing in it may act. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import ReactMarkdown from "react-markdown";
import { repair } from "../src/markdown/repair.ts";
import { isTooMuch, rules, safeAddress } from "../src/markdown/rules.ts";
import { partsOf, Splitter } from "../src/markdown/split.ts";
import { wellFormed } from "../src/markdown/wellFormed.ts";
import { DOCUMENTS } from "./fixtures/documents.ts";

/** The page shows no images; React would write a preload of each at the top. */
const components = { img: ({ alt }: { alt?: string }) => createElement("i", null, alt) };
const html = (text: string) =>
  renderToStaticMarkup(createElement(ReactMarkdown, { ...rules, components, children: wellFormed(text) }));
const whole = (blocks: readonly string[]) => blocks.map(html).join("\n").replace(/\s+/g, " ");

/** Feeds *text* in pieces, as a stream would, and returns the blocks at its end. */
function grown(text: string, size: number): string[] {
  const splitter = new Splitter();
  for (let end = size; end < text.length; end += size) splitter.split(text.slice(0, end), false);
  return splitter.split(text, true);
}

for (const [name, text] of Object.entries(DOCUMENTS)) {
  for (const size of [1, 3, 7, 20, 64, 500]) {
    test(`${name} in pieces of ${size} looks as the whole`, () => {
      assert.equal(whole(grown(text, size)), whole([text]));
    });
  }
}

test("blocks lose nothing of the text", () => {
  const all = Object.values(DOCUMENTS).map((text) => [grown(text, 5).join(""), text]);

  assert.deepEqual(
    all.map(([joined]) => joined),
    all.map(([, text]) => text),
  );
});

test("a settled block is the same string the next time, and is not read again", () => {
  const splitter = new Splitter();
  const text = Array.from({ length: 40 }, (_, n) => `Paragraph ${n}.`).join("\n\n");

  const before = splitter.split(text, false);
  const after = splitter.split(`${text} And more.`, false);

  assert.deepEqual(after.slice(0, 39), before.slice(0, 39));
  assert.equal(after.at(-1), "Paragraph 39. And more.");
});

test("a part of a text that did not change is the same object", () => {
  const blocks = Array.from({ length: 20 }, (_, n) => `Paragraph ${n}.\n\n`);

  const before = partsOf(blocks, []);
  const after = partsOf([...blocks.slice(0, 19), "Another."], before);

  assert.deepEqual(
    after.map((part) => part.length),
    [8, 8, 4],
  );
  assert.deepEqual(
    after.map((part, at) => part === before[at]),
    [true, true, false],
  );
});

test("another text begins anew", () => {
  const splitter = new Splitter();
  splitter.split("one\n\ntwo\n\nthree\n\nfour\n\nfive\n\nsix\n\nseven", false);

  assert.deepEqual(splitter.split("other", false), ["other"]);
});

test("a text with definitions is one block once it is complete", () => {
  const text = "See [a][1].\n\nMore.\n\n[1]: https://example.org\n";

  assert.deepEqual(grown(text, 4), [text]);
});

test("carriage returns are line ends", () => {
  assert.deepEqual(new Splitter().split("a\r\n\r\nb", true), ["a\n\n", "b"]);
});

const REPAIRED: [string, string][] = [
  ["**bold te", "**bold te**"],
  ["a **", "a"],
  ["some `code", "some `code`"],
  ["a [link](http://exa", "a link"],
  ["a [li", "a li"],
  ["an ![image](http://x", "an image"],
  ["~~gone", "~~gone~~"],
  ["*slanted", "*slanted*"],
  ["* an item", "* an item"],
  ["2 * 3 is 6", "2 * 3 is 6"],
  ["17*23 = 391", "17*23 = 391"],
  ["17*23 is *big", "17*23 is *big*"],
  ["an *end* and", "an *end* and"],
  ["Text\n-", "Text"],
  ["Text\n==", "Text"],
  ["## ", ""],
  ["```js\nlet a = **", "```js\nlet a = **"],
  ["| a | b", "| a | b|\n| --- | --- |"],
  ["| a | b |\n|--", "| a | b |\n| --- | --- |"],
  ["| a | b |\n|---|---|\n| 1 |", "| a | b |\n|---|---|\n| 1 |"],
  ["done.", "done."],
  ["a <scr", "a "],
  ["`**` is a mark", "`**` is a mark"],
];

for (const [open, shown] of REPAIRED) {
  test(`${JSON.stringify(open)} is shown as ${JSON.stringify(shown)}`, () => {
    assert.equal(repair(open), shown);
  });
}

const HOSTILE: Record<string, string> = {
  script: "Hi <script>alert(1)</script>",
  handler: 'Hi <img src=x onerror="alert(1)">',
  frame: '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  style: "<style>*{display:none}</style>",
  svg: "<svg onload=alert(1)>",
  link: "[click](javascript:alert(1))",
  entity: "[click](&#106;avascript:alert(1))",
  data: "[click](data:text/html;base64,PHNjcmlwdD4=)",
  image: "![x](javascript:alert(1))",
  autolink: "<javascript:alert(1)>",
  frames: "text\n\nevent: admin\ndata: {}\n\n",
  nul: "a\0b",
  surrogate: "a\uD800b",
};

for (const [name, text] of Object.entries(HOSTILE)) {
  test(`hostile ${name} is text`, () => {
    const shown = html(text);

    assert.doesNotMatch(shown, /<(?:script|img [^>]*onerror|iframe|style|svg)/i);
    assert.doesNotMatch(shown, /(?:href|src)="(?:javascript|data)/i);
  });
}

test("a tag can be read as it was written", () => {
  assert.match(html("Hi <script>alert(1)</script>"), /&lt;script&gt;alert\(1\)&lt;\/script&gt;/);
});

test("frames in a text stay text", () => {
  assert.match(html("text\n\nevent: admin\ndata: {}"), /event: admin/);
});

test("NUL and halves of characters are replaced, whole characters are not", () => {
  assert.equal(wellFormed("a\0b\uD800c😀"), "a\uFFFDb\uFFFDc😀");
});

test("only the web, mail and the text itself can be linked", () => {
  const addresses = [
    "https://a.b/c",
    "http://a",
    "mailto:a@b",
    "#fn",
    "javascript:x",
    " javascript:x",
    "//evil",
    "/path",
    "ftp://a",
    "JaVaScript:x",
    "https://a b",
    "java\nscript:x",
  ];

  assert.deepEqual(addresses.filter(safeAddress), ["https://a.b/c", "http://a", "mailto:a@b", "#fn"]);
});

test("what is too large or too deep is not rendered", () => {
  const hostile = [
    "|a".repeat(9_000),
    "> ".repeat(5_000) + "x",
    "[".repeat(10_000),
    "- ".repeat(500) + "x",
    "a".repeat(70_000),
  ];

  assert.deepEqual(
    hostile.map(isTooMuch),
    hostile.map(() => true),
  );
  assert.equal(isTooMuch(Object.values(DOCUMENTS).join("\n\n").slice(0, 20_000)), false);
});
