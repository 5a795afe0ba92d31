/** The sources of a text: what its numbered links, as `[1](https://…)`, lead to. */

export interface Source {
  number: string;
  href: string;
  host: string;
}

const CITED = /\[\\?\[?(\d{1,3})\\?\]?\]\((https?:\/\/[^\s()]+)(?:\s+"[^"]*")?\)/g;
const LISTED = /^[#*_\s]*(?:sources|references)\b/im;

/** From so many on they are listed, so that they can be compared. */
const FEW = 3;

/** Returns the sources to be listed below *text*, each once: none where they are few, or the text lists them itself. */
export function sourcesOf(text: string): Source[] {
  const found = new Map<string, Source>();
  for (const [, number = "", href = ""] of text.matchAll(CITED)) {
    const host = hostOf(href);
    if (host && !found.has(number)) found.set(number, { number, href, host });
  }
  return found.size < FEW || LISTED.test(text)
    ? []
    : [...found.values()].toSorted((one, other) => Number(one.number) - Number(other.number));
}

/** Whether the words of a link are only the number of a source. */
export const isCitation = (words: unknown): words is string =>
  typeof words === "string" && /^\[?\d{1,3}\]?$/.test(words);

/** Returns the host as people name it; nothing for what is no address. */
export function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).hostname.replace(/^www\./, "") : "";
}
