/** Keeps what did not change the same object, so that what shows it is not drawn again. */

/** Returns *after*, with every part that equals its counterpart in *before* replaced by that counterpart. */
export function share<Part>(before: unknown, after: Part): Part {
  if (Object.is(before, after)) return after;
  if (Array.isArray(before) && Array.isArray(after)) return shareLists(before, after) as Part;
  if (isOwn(before) && isOwn(after)) return shareObjects(before, after) as Part;
  return after;
}

function shareLists(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  const known = new Map(before.map((entry) => [keyOf(entry), entry]));
  const shared = after.map((entry, index) =>
    share(keyOf(entry) === undefined ? before[index] : known.get(keyOf(entry)), entry),
  );
  return shared.length === before.length && shared.every((entry, index) => entry === before[index]) ? before : shared;
}

function shareObjects(before: Own, after: Own): Own {
  const shared = Object.fromEntries(Object.entries(after).map(([name, value]) => [name, share(before[name], value)]));
  const isSame =
    Object.keys(before).length === Object.keys(shared).length &&
    Object.entries(shared).every(([name, value]) => before[name] === value);
  return isSame ? before : shared;
}

/** Only what the outline itself is made of is compared; entries of the fold are shared by the fold already. */
type Own = Record<string, unknown>;
const isOwn = (value: unknown): value is Own =>
  typeof value === "object" && value !== null && ("kind" in value || "items" in value || "messageId" in value);
const keyOf = (value: unknown) => (isOwn(value) ? value.key : undefined);
