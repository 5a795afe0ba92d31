/** Pictures that come with the text itself: showing them asks nobody. */

const PICTURE = /^data:image\/(?:png|jpeg|gif|webp);base64,[a-z0-9+/]+={0,2}$/i;

export const isPicture = (address: unknown): address is string => typeof address === "string" && PICTURE.test(address);

/** Returns the picture that *value* is, in one of the ways in which tools and models give them; else null. */
export function pictureIn(value: unknown): string | null {
  const only = Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
  if (typeof only !== "object" || only === null) return isPicture(only) ? only : null;
  const { image_url: url, data, base64 = data, mimeType, mime_type = mimeType } = only as Record<string, unknown>;
  const address =
    typeof url === "object" && url !== null
      ? (url as { url?: unknown }).url
      : (url ?? `data:${mime_type};base64,${base64}`);
  return isPicture(address) ? address : null;
}
