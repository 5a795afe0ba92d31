/** What the numbered links of an answer lead to, in one place. */
import { useMemo } from "react";
import { sourcesOf } from "../markdown/sources.ts";
import "./Sources.css";

export function Sources({ text }: { text: string }) {
  const sources = useMemo(() => sourcesOf(text), [text]);
  if (sources.length === 0) return null;
  return (
    <ul className="run-sources" aria-label="Sources">
      {sources.map(({ number, href, host }) => (
        <li key={number}>
          <a href={href} target="_blank" rel="noreferrer noopener" referrerPolicy="no-referrer" title={href}>
            <span>{number}</span> {host}
          </a>
        </li>
      ))}
    </ul>
  );
}
