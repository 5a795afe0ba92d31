/** What markdown may become: no tag of its own, no address but of web and mail, nothing that a style could hide. */
import { defaultSchema, type Options as Schema } from "rehype-sanitize";
import rehypeSanitize from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import type { Options } from "react-markdown";
import { asWritten } from "./formulas.ts";
import { isPicture } from "./pictures.ts";

const schema: Schema = {
  ...defaultSchema,
  protocols: { ...defaultSchema.protocols, src: ["http", "https", "data"] },
  attributes: { ...defaultSchema.attributes, code: [["className", /^language-[\w+#.-]{1,40}$/]] },
};

interface Node {
  type: string;
  value?: string;
  properties?: Record<string, unknown>;
  children?: Node[];
}

/** Tags are shown as they were written, instead of being left out: a reader should see what was said. */
function tagsAsText() {
  return (tree: Node): void => {
    const waiting: Node[] = [tree];
    for (let node = waiting.pop(); node; node = waiting.pop()) {
      if (node.type === "raw") Object.assign(node, { type: "text", value: asWritten(node.value ?? "") });
      waiting.push(...(node.children ?? []));
    }
  };
}

/** Each block takes the direction of its first letters: an answer may be in more than one script. */
function ownDirections() {
  return (tree: Node): void => {
    for (const block of tree.children ?? []) if (block.properties) block.properties.dir = "auto";
  };
}

export const rules: Pick<Options, "remarkPlugins" | "rehypePlugins" | "urlTransform"> = {
  remarkPlugins: [[remarkGfm, { singleTilde: false }]],
  rehypePlugins: [tagsAsText, [rehypeSanitize, schema], ownDirections],
  urlTransform: (address, member) => (member === "src" && isPicture(address) ? address : safeAddress(address)),
};

/** Returns *address* if it may be followed, else nothing. A fragment stays within the text. */
export function safeAddress(address: string): string {
  if (address.startsWith("#")) return address;
  return /^(?:https?:\/\/|mailto:)[^\s\p{Cc}]+$/iu.test(address) ? address : "";
}

const MANY_CHARS = 60_000;
const MANY_CELLS = 6_000;
const DEEP = /^(?:[ \t]*(?:>|[-*+]|\d{1,9}[.)])[ \t]?){40}/m;

/** Whether a block is so large or so deep that it would stop the page: it is shown as plain text. */
export function isTooMuch(block: string): boolean {
  if (block.length > MANY_CHARS || DEEP.test(block) || /\[{60}|\({60}|!\[{30}/.test(block)) return true;
  return /^\s*\|/m.test(block) && block.split("|").length > MANY_CELLS;
}
