/** Pictures and files that go with a message: which may be attached, how much of them, and as what they are sent. */
export interface Attachment {
  name: string;
  /** Its media type, as it is sent. */
  type: string;
  base64: string;
}

type Block = Record<string, unknown>;

const isBlock = (part: unknown): part is Block => typeof part === "object" && part !== null;

const PICTURES = ["image/png", "image/jpeg", "image/webp", "image/gif"];
const TEXTS = /^text\/|^application\/(json|xml|yaml|x-yaml|toml|javascript|x-sh)$/;
const TEXT_NAMES =
  /\.(txt|md|markdown|csv|tsv|json|jsonl|ya?ml|toml|xml|html?|css|log|py|tsx?|jsx?|sh|sql|rs|go|java|c|h)$/i;

/** What a file chooser offers. */
export const ACCEPTED = [...PICTURES, "application/pdf", "text/*", ".md", ".csv", ".json", ".yaml", ".log"].join(",");

/** Beside the bytes of the attachments: the members around them, and what the text may grow by when it is written. */
const AROUND_BYTES = 8_192;

/** The type as which a file is sent; null when it is none that is taken. */
export function typeOf({ name, type }: { name: string; type: string }): string | null {
  if (PICTURES.includes(type) || type === "application/pdf") return type;
  if (TEXTS.test(type) || TEXT_NAMES.test(name)) return "text/plain";
  return /\.pdf$/i.test(name) ? "application/pdf" : null;
}

export const isPictureType = (type: string): boolean => PICTURES.includes(type);

export const bytesOf = ({ base64 }: Pick<Attachment, "base64">): number =>
  Math.floor((base64.length * 3) / 4) - (base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0);

/** How many bytes of files a request of *bodyBytes* can take, of which each three are written as four. */
export const mostBytes = (bodyBytes: number): number => Math.max(0, Math.floor(((bodyBytes - AROUND_BYTES) * 3) / 4));

export const bytesOfAll = (attached: readonly Attachment[]): number =>
  attached.reduce((sum, one) => sum + bytesOf(one), 0);

/** The address that shows a picture; it holds the picture, and asks nobody. */
export function pictureOf({ type, base64 }: Attachment): string | null {
  return isPictureType(type) && /^[a-z0-9+/]+={0,2}$/i.test(base64) ? `data:${type};base64,${base64}` : null;
}

/** A message with attachments as LangChain's content blocks. */
export function blocksOf(text: string, attached: readonly Attachment[]): Block[] {
  const words: Block[] = text.trim() ? [{ type: "text", text }] : [];
  const files = attached.map(({ name, type, base64 }) => ({
    type: isPictureType(type) ? "image" : "file",
    base64,
    mime_type: type,
    extras: { filename: name },
  }));
  return [...words, ...files];
}

/** The attachments among the parts of a message, whoever sent it. */
export function attachmentsIn(parts: readonly unknown[] | undefined): Attachment[] {
  return (parts ?? []).flatMap((part) => {
    if (!isBlock(part) || typeof part["base64"] !== "string") return [];
    const { base64, mime_type: type, extras } = part;
    const name = isBlock(extras) && typeof extras["filename"] === "string" ? extras["filename"] : String(part["type"]);
    return [{ name, type: typeof type === "string" ? type : "", base64 }];
  });
}

/** A message as text, for the clipboard. */
export function textWith(text: string, attached: readonly Attachment[]): string {
  return [text, ...attached.map(({ name }) => `[attached: ${name}]`)].filter(Boolean).join("\n");
}
