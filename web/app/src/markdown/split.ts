/** Cuts growing markdown into blocks, so that only its end is read and drawn again. */
import { Lexer } from "marked";

/** So many tokens at the end may still change their meaning with what follows: a list, its items, the space between. */
const LIVE_TOKENS = 4;

/** A definition has its effect anywhere in the text: such a text is one block once it is complete. */
const DEFINITION = /^ {0,3}\[[^\]\n]+\]:/m;

/** Splits one text that grows; another text begins anew. */
export class Splitter {
  private text = "";
  private settled: string[] = [];
  private settledLength = 0;

  /** Returns the blocks of *text*. Those but the last few are the same as the last time, and are not read again. */
  split(text: string, isComplete: boolean): string[] {
    const said = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
    if (!said.startsWith(this.text)) this.begin();
    this.text = said;
    if (isComplete && DEFINITION.test(said)) return [said];
    const tail = blocksOf(said.slice(this.settledLength));
    while (tail.length > LIVE_TOKENS) {
      const block = tail.shift() ?? "";
      this.settled.push(block);
      this.settledLength += block.length;
    }
    return [...this.settled, ...tail];
  }

  private begin(): void {
    this.settled = [];
    this.settledLength = 0;
  }
}

/** So many blocks are drawn, and passed over, together. */
const PART = 8;

/** Puts *blocks* together in parts; one that is as it was *before* is the same object. */
export function partsOf(blocks: readonly string[], before: readonly (readonly string[])[]): (readonly string[])[] {
  const parts: (readonly string[])[] = [];
  for (let at = 0; at < blocks.length; at += PART) {
    const part = blocks.slice(at, at + PART);
    const known = before[parts.length];
    parts.push(known && isSame(known, part) ? known : part);
  }
  return parts;
}

const isSame = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((block, at) => block === other[at]);

/** Returns the top-level blocks; empty lines belong to the block before them. */
function blocksOf(text: string): string[] {
  const blocks: string[] = [];
  for (const token of new Lexer().lex(text)) {
    if (token.type === "space" && blocks.length > 0) blocks[blocks.length - 1] += token.raw;
    else blocks.push(token.raw);
  }
  return blocks.join("").length === text.length ? blocks : [text];
}
