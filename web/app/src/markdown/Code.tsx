/** A block of code: it scrolls in itself, can be copied, and gets its colours once it is complete. */
import { memo, startTransition, useEffect, useMemo, useState, type ReactNode } from "react";
import { Copy } from "../parts/Copy.tsx";
import { counted } from "../parts/formats.ts";
import type { Span } from "./highlight.ts";

interface CodeProps {
  code: string;
  language: string;
  isLive: boolean;
}

export const Code = memo(function Code({ code, language, isLive }: CodeProps) {
  const spans = useSpans(code, language, isLive);
  const lines = counted(code.trimEnd().split("\n").length, "line");
  const name = language || "Code";
  return (
    <div className="md-code">
      <div className="md-code-head">
        <span>{language || "text"}</span>
        {!isLive && <Copy text={code} label="Copy code" />}
      </div>
      <pre tabIndex={0} role="group" aria-label={`${name}, ${lines}`}>
        <code>{spans ? spans.map(drawn) : code}</code>
      </pre>
    </div>
  );
});

function drawn(span: Span, at: number): ReactNode {
  if (typeof span === "string") return span;
  return (
    <span key={at} className={`md-hl-${span.scope}`}>
      {span.children.map(drawn)}
    </span>
  );
}

const MANY_CHARS = 40_000;

type Highlight = typeof import("./highlight.ts").highlight;

let loaded: Highlight | null = null;

/** With the first block the colours come when they are loaded, with all later ones at once. */
function useSpans(code: string, language: string, isLive: boolean): Span[] | null {
  const [highlight, setHighlight] = useState<{ with: Highlight } | null>(loaded && { with: loaded });
  const isWanted = !isLive && language !== "" && code.length <= MANY_CHARS;
  useEffect(() => {
    if (!isWanted || highlight) return;
    let isHere = true;
    import("./highlight.ts").then(
      (module) => {
        loaded = module.highlight;
        if (isHere) startTransition(() => setHighlight({ with: module.highlight }));
      },
      () => undefined, // without the colours the code is as good
    );
    return () => {
      isHere = false;
    };
  }, [isWanted, highlight]);
  return useMemo(() => (isWanted && highlight ? highlight.with(code, language) : null), [isWanted, highlight, code, language]);
}
