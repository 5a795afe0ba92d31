/** Makes MathML of TeX: loaded only when there is a formula. */
import temml from "temml";

/** What a formula may take: a macro that doubles itself, or a rule as long as the page, ends as text. */
const LIMITS = { maxExpand: 1_000, maxSize: [10, 100] as [number, number] };

/** Returns *tex* as nodes, made one by one: no text is ever read as markup. Null if it is no TeX that is known. */
export function nodesOf(tex: string, isDisplay: boolean): Node | null {
  const place = document.createElement("span");
  try {
    temml.render(tex, place, { displayMode: isDisplay, throwOnError: true, trust: false, ...LIMITS });
  } catch {
    return null; // also where it is nested so deep that the stack ends
  }
  // The name of a label could be one of the page's own.
  for (const element of place.querySelectorAll("[id]")) element.removeAttribute("id");
  return place.firstChild;
}
