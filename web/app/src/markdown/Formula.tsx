/** A formula, set as such once the means for it are loaded; what cannot be set is shown as it was written. */
import { memo, useLayoutEffect, useMemo, useRef } from "react";
import type { Formula as Told } from "./formulas.ts";
import { lazily } from "./lazily.ts";

const useTex = lazily(() => import("./tex.ts"));

export const Formula = memo(function Formula({ tex, isDisplay, source }: Told) {
  const setter = useTex(true);
  const nodes = useMemo(() => setter?.nodesOf(tex, isDisplay) ?? null, [setter, tex, isDisplay]);
  const place = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    if (nodes) place.current?.replaceChildren(nodes);
  }, [nodes]);
  if (!nodes) return <code className="md-tex">{source}</code>;
  if (!isDisplay) return <span className="md-formula" ref={place} />;
  return <span className="md-formula md-formula-display" ref={place} tabIndex={0} role="group" aria-label="Formula" />;
});
