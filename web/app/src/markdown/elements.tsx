/** What stands on the page for each element of markdown. */
import type { ComponentProps, MouseEvent } from "react";
import type { Components } from "react-markdown";
import { Code } from "./Code.tsx";
import { Formula } from "./Formula.tsx";
import { asWritten, formulaOf } from "./formulas.ts";
import { isPicture } from "./pictures.ts";
import { hostOf, isCitation } from "./sources.ts";

type Props<Tag extends "a" | "code" | "img" | "pre" | "table" | "input"> = ComponentProps<Tag> & { node?: unknown };

function Link({ href, children, node: _, ...rest }: Props<"a">) {
  if (!href) return <span className="md-no-link">{children}</span>;
  if (href.startsWith("#")) {
    return (
      <a {...rest} href={href} onClick={goWithin}>
        {children}
      </a>
    );
  }
  const isCited = isCitation(children);
  return (
    <a
      className={isCited ? "md-citation" : undefined}
      href={href}
      target="_blank"
      rel="noreferrer noopener"
      referrerPolicy="no-referrer"
      title={rest.title ? asWritten(rest.title) : isCited ? hostOf(href) : undefined}
    >
      {isCited ? children.replace(/[[\]]/g, "") : children}
    </a>
  );
}

/** The page's own address is in the fragment: a footnote is gone to without changing it. */
function goWithin(event: MouseEvent<HTMLAnchorElement>): void {
  event.preventDefault();
  const name = event.currentTarget.getAttribute("href")?.slice(1) ?? "";
  const root = event.currentTarget.closest(".md");
  const target = [...(root?.querySelectorAll<HTMLElement>("[id]") ?? [])].find(
    (element) => element.id === name || element.id === `user-content-${name}`,
  );
  target?.scrollIntoView({ block: "center" });
}

/** An image elsewhere would tell its host who reads: it is named and linked. */
function Image({ src, alt }: Props<"img">) {
  const name = asWritten(alt || "image");
  if (isPicture(src)) return <img className="md-picture" src={src} alt={name} />;
  return src ? (
    <a className="md-image" href={src} target="_blank" rel="noreferrer noopener" referrerPolicy="no-referrer">
      {`Image: ${name}`}
    </a>
  ) : (
    <span className="md-image">{`Image: ${name}`}</span>
  );
}

function Table({ children, node, dir }: Props<"table">) {
  const head = firstRowOf(node);
  return (
    <div className="md-table" tabIndex={0} role="group" aria-label={head ? `Table: ${head}` : "Table"}>
      <table dir={dir}>{children}</table>
    </div>
  );
}

const pre = (isLive: boolean) =>
  function Pre({ node }: Props<"pre">) {
    const code = (node as Element | undefined)?.children?.[0];
    const language = String(code?.properties?.className ?? "").replace(/^language-/, "");
    return <Code code={asWritten(textOf(code)).replace(/\n$/, "")} language={language} isLive={isLive} />;
  };

/** A block of code is `Pre`; what comes here stands in a line, and may be a formula. */
function InlineCode({ children }: Props<"code">) {
  const formula = typeof children === "string" ? formulaOf(children) : null;
  return formula ? <Formula {...formula} /> : <code>{children}</code>;
}

/** Below the page's own headings, and as large as they are meant. */
const heading = (Tag: "h3" | "h4" | "h5" | "h6", level: number) =>
  function Heading({ children, id, dir }: ComponentProps<"h1">) {
    return (
      <Tag id={id} dir={dir} className={`md-h md-h${level}`}>
        {children}
      </Tag>
    );
  };

const SHARED: Components = {
  h1: heading("h3", 1),
  h2: heading("h4", 2),
  h3: heading("h5", 3),
  h4: heading("h6", 4),
  h5: heading("h6", 5),
  h6: heading("h6", 6),
  a: Link,
  img: Image,
  table: Table,
  code: InlineCode,
  input: ({ checked }: Props<"input">) => (
    <input type="checkbox" checked={checked} readOnly disabled aria-label={checked ? "done" : "to do"} />
  ),
};
export const LIVE: Components = { ...SHARED, pre: pre(true) };
export const SETTLED: Components = { ...SHARED, pre: pre(false) };

/** What is read of the tree that the renderer hands over. */
interface Element {
  tagName?: string;
  value?: string;
  properties?: { className?: unknown };
  children?: Element[];
}

function textOf(node: Element | undefined): string {
  return node?.value ?? node?.children?.map(textOf).join("") ?? "";
}

function firstRowOf(node: unknown): string {
  const head = (node as Element | undefined)?.children?.find((child) => child.tagName === "thead");
  const cells =
    head?.children?.[0]?.children ?? head?.children?.find((child) => child.tagName === "tr")?.children ?? [];
  return asWritten(
    cells
      .filter((cell) => cell.tagName === "th")
      .map(textOf)
      .join(", "),
  ).slice(0, 120);
}
