/**
 * Finds the formulas in markdown, before markdown is read: to it `a_1 * b_1` is emphasis, and `\(` a bracket. A formula
 * is put into a code span, which nothing in it can leave, and is recognised there again.
 */
import { wellFormed } from "./wellFormed.ts";

export interface Formula {
  tex: string;
  isDisplay: boolean;
  /** As it was written. */
  source: string;
}

const OPEN = "\uE000"; // for private use: no text has it
const CLOSE = "\uE001";

const ENDS = { $: ["$", "$"], $$: ["$$", "$$"], "(": ["\\(", "\\)"], "[": ["\\[", "\\]"] } as const;
type Mark = keyof typeof ENDS;

/**
 * No formula begins in code, in an address or after a backslash, goes over an empty line, or is longer than a page.
 * Each character can be read in one way only: a search that fails does so at once.
 */
const PIECE = new RegExp(
  [
    String.raw`(?:^|(?<=\n))[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?` +
      String.raw`(?<fence>\x60{3,}|~{3,})[\s\S]*?(?:\n[ \t>]*\k<fence>[\x60~]*|$)`,
    String.raw`(?<!\x60)(?<ticks>\x60+)(?!\x60)(?:(?!\n[ \t]*\n)[\s\S])*?(?<!\x60)\k<ticks>(?!\x60)`,
    String.raw`(?:\]\(|https?://)[^\s)]*`,
    String.raw`\\[\\\x60$]`,
    String.raw`\$\$(?<block>(?:\\[\s\S]|[^$\\\n]|\n(?![ \t]*\n)){1,4000}?)\$\$`,
    String.raw`\\\[(?<bracket>(?:\\[^[\]]|[^\\\n]|\n(?![ \t]*\n)){1,4000}?)\\\]`,
    String.raw`\\\((?<paren>(?:\\[^()]|[^\\\n]|\n(?![ \t]*\n)){1,1000}?)\\\)`,
    String.raw`(?<![\w\\$])\$(?<dollar>(?:\\[^\n]|[^$\\\n]){1,400}?)\$(?![\d$])`,
  ].join("|"),
  "g",
);

/** Returns *text* with each formula in a code span of its own. One that is not closed yet is text. */
export function withFormulas(text: string): string {
  if (!/\$|\\[([]/.test(text)) return text;
  const said = wellFormed(text);
  let told = "";
  let from = 0;
  PIECE.lastIndex = 0;
  for (let found = PIECE.exec(said); found; found = PIECE.exec(said)) {
    const [mark, tex] = formulaIn(found);
    if (mark === null) continue;
    const end = PIECE.lastIndex;
    if (isMeant(mark, tex, said[end] ?? "")) {
      told += `${said.slice(from, found.index)}\`${OPEN}${mark}${encodeURIComponent(tex)}${CLOSE}\``;
      from = end;
    } else {
      PIECE.lastIndex = found.index + 1; // what would have closed it may open another
    }
  }
  return told + said.slice(from);
}

function formulaIn({ groups = {} }: RegExpExecArray): [Mark, string] | [null, null] {
  const { block, bracket, paren, dollar } = groups;
  if (block !== undefined) return ["$$", block];
  if (bracket !== undefined) return ["[", bracket];
  if (paren !== undefined) return ["(", paren];
  return dollar === undefined ? [null, null] : ["$", dollar];
}

const TEX = /[\\^_={}<>+*/|]/;
const WORDS = /[A-Za-z]{2,}[\s,]+[A-Za-z]{2,}/;

/** Prices, names of variables and brackets that only have a backslash are no formulas. */
function isMeant(mark: Mark, tex: string, next: string): boolean {
  if (tex.trim() === "") return false;
  if (mark === "$$") return true;
  if (mark === "[") return TEX.test(tex);
  if (mark === "(") return TEX.test(tex) || !/[A-Za-z]{2,}/.test(tex);
  if (tex !== tex.trim()) return false;
  if (/^\d/.test(tex)) return /^[\d.,]+$/.test(tex) || TEX.test(tex);
  if (/[A-Za-z]/.test(next)) return tex.length === 1 || /[\\^_]/.test(tex); // "the $n$th", and not "$HOME/$USER"
  return /[\\^_={}]/.test(tex) || !WORDS.test(tex);
}

/** Returns the formula that a code span holds, if it is one. */
export function formulaOf(code: string): Formula | null {
  const found = /^\uE000(\$\$?|[([])([^\uE001]*)\uE001$/.exec(code);
  const tex = found && decoded(found[2] ?? "");
  if (!found || tex === null) return null;
  const mark = found[1] as Mark;
  const [begin, end] = ENDS[mark];
  return { tex, isDisplay: mark === "$$" || mark === "[", source: begin + tex + end };
}

/** Returns *text* as it was written, where its code spans are not read as such. */
export const asWritten = (text: string): string =>
  text.includes(OPEN)
    ? text.replace(/`?(\uE000[^\uE001]*\uE001)`?/g, (all, code: string) => formulaOf(code)?.source ?? all)
    : text;

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null; // none of ours
  }
}
