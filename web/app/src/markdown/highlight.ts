/** Colours code, as spans with class names: loaded only when there is code to be coloured. */
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import css from "highlight.js/lib/languages/css";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

const LANGUAGES = { bash, css, javascript, json, python, sql, typescript, xml, yaml };
for (const [name, language] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, language);

/** A text, or a scope with what is in it. */
export type Span = string | { scope: string; children: Span[] };

interface Emitted {
  scope?: string;
  children: (string | Emitted)[];
}

/** Returns *code* in spans; null if the language is not known. */
export function highlight(code: string, language: string): Span[] | null {
  if (!hljs.getLanguage(language)) return null;
  // The tree is what `value`, a text of HTML, is made of: the page makes no HTML from texts.
  const { _emitter } = hljs.highlight(code, { language, ignoreIllegals: true }) as unknown as {
    _emitter: { rootNode: Emitted };
  };
  return _emitter.rootNode.children.map(spanOf);
}

const spanOf = (node: string | Emitted): Span =>
  typeof node === "string"
    ? node
    : { scope: (node.scope ?? "").split(/[.:]/)[0] ?? "", children: node.children.map(spanOf) };
