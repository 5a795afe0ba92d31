/** What a screen reader is told while a text grows: whole sentences, not too many at once. */

const END = /[.!?:;…]["')\]*_]*\s|\n/g;

/** Where in *text* the last whole sentence ends; 0 if none does. */
export function endOfSentences(text: string): number {
  let end = 0;
  for (const match of text.matchAll(END)) end = match.index + match[0].length;
  return end;
}

/** What waits to be said. More than *maxChars* is not kept whole: nobody listens to an old backlog. */
export class Announcements {
  private waiting: string[] = [];
  private readonly maxChars: number;

  constructor(maxChars = 600) {
    this.maxChars = maxChars;
  }

  add(text: string): void {
    const said = text.replace(/\s+/g, " ").trim();
    if (said) this.waiting.push(said);
  }

  /** Takes everything that waits, as one text; the newest of it if that is too long. */
  take(): string {
    const all = this.waiting.join(" ");
    this.waiting = [];
    return all.length <= this.maxChars ? all : `… ${all.slice(all.length - this.maxChars)}`;
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }
}
