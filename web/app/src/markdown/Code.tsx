/** A block of code: it scrolls in itself, can be copied, and gets its colours once it is complete. */
import { memo, useMemo, type ReactNode } from "react";
import { Copy } from "../parts/Copy.tsx";
import { counted } from "../parts/formats.ts";
import type { Span } from "./highlight.ts";
import { lazily } from "./lazily.ts";

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
    <div className="md-code" dir="ltr">
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

const useHighlight = lazily(() => import("./highlight.ts"));

function useSpans(code: string, language: string, isLive: boolean): Span[] | null {
  const isWanted = !isLive && language !== "" && code.length <= MANY_CHARS;
  const colours = useHighlight(isWanted);
  return useMemo(
    () => (isWanted && colours ? colours.highlight(code, language) : null),
    [isWanted, colours, code, language],
  );
}
