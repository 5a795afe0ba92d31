import assert from "node:assert/strict";
import { test } from "node:test";
import { asWritten, formulaOf, withFormulas } from "../src/markdown/formulas.ts";

/** The formulas that are found in *text*. */
const found = (text: string) =>
  [...withFormulas(text).matchAll(/`(\uE000[^\uE001]*\uE001)`/g)].map(
    ([, code]) => formulaOf(code ?? "")?.source ?? "?",
  );

const FORMULAS: [text: string, formulas: string[]][] = [
  ["The sum $a_1 * b_1$ and \\(c\\).", ["$a_1 * b_1$", "\\(c\\)"]],
  ["$$\nx = y\n- z\n$$", ["$$\nx = y\n- z\n$$"]],
  [
    "\\[\n\\begin{aligned} a &= b \\\\[2pt] c &= d \\end{aligned}\n\\]",
    ["\\[\n\\begin{aligned} a &= b \\\\[2pt] c &= d \\end{aligned}\n\\]"],
  ],
  ["| $|x|$ | $y$ |\n| --- | --- |\n| 1 | 2 |", ["$|x|$", "$y$"]],
  ["the $n$th term, $x$-axis, ($y$)", ["$n$", "$x$", "$y$"]],
  ["It costs \\$5, $x$ costs more: $5 and $y$.", ["$x$", "$y$"]],
  ["$3x + 1$ and $42$", ["$3x + 1$", "$42$"]],
];

test("formulas are found in each of their forms", () => {
  assert.deepEqual(
    FORMULAS.map(([text]) => found(text)),
    FORMULAS.map(([, formulas]) => formulas),
  );
});

const NONE = [
  "between $5 and $6",
  "$5-$6, $5/$10 and US$7",
  "| $5 | $6 |",
  "from $100 (or 90$) on",
  "$HOME/$PATH and $USER here",
  "see https://example.org/?a=$x$&b=$y$ and [a](https://example.org/$z$)",
  "`$x$` and ``\\(y\\)``",
  "```sh\necho $x$ and $$y$$\n```",
  "~~~\n\\[x = y\\]\n",
  "\\[see below\\] \\(of the two parts\\)",
  "an unfinished $x_1 and $$ y",
  "$$\nfirst\n\nsecond\n$$",
  "$ x$, $y $ and $$$$",
];

test("what is no formula stays as it is", () => {
  assert.deepEqual(
    NONE.map(found),
    NONE.map(() => []),
  );
  assert.deepEqual(NONE.map(withFormulas), NONE);
});

test("a text that is shown without being read is as it was written", () => {
  const texts = FORMULAS.map(([text]) => text);

  assert.deepEqual(
    texts.map((text) => asWritten(withFormulas(text))),
    texts,
  );
});

test("marks that are not ours are no formula", () => {
  assert.deepEqual(["\uE000$%zz\uE001", "\uE000x\uE001", "x"].map(formulaOf), [null, null, null]);
});

test("however many marks there are, the search stays quick", () => {
  const began = performance.now();
  for (const mark of ["$", "$$", "\\[", "\\(", "`", "$x ", "$$x\n", "\\[\\\\", "\\", "~", "\n>", "\n` "])
    withFormulas(`$${mark.repeat(60_000 / mark.length)}`);

  assert.ok(performance.now() - began < 5_000);
});
