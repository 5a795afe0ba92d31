/** Shows markdown, also while it grows: what is complete is drawn once, and nothing in it is ever executed. */
import "./markdown.css";
import { Component, memo, useDeferredValue, useId, useMemo, useRef, useState, type ComponentProps, type MouseEvent, type ReactNode } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import { Code } from "./Code.tsx";
import { repair } from "./repair.ts";
import { isTooMuch, rules, wellFormed } from "./rules.ts";
import { partsOf, Splitter } from "./split.ts";

interface MarkdownProps {
  text: string;
  isLive?: boolean;
}

export const Markdown = memo(function Markdown({ text, isLive = false }: MarkdownProps) {
  const [splitter] = useState(() => new Splitter());
  const before = useRef<(readonly string[])[]>([]);
  const told = useMemo(
    () => (before.current = partsOf(splitter.split(text, !isLive), before.current)),
    [splitter, text, isLive],
  );
  const parts = useDeferredValue(told); // drawn piece by piece: much text holds up no frame
  return (
    <div className="md" dir="auto">
      {parts.map((blocks, at) => (
        <Part key={at} blocks={blocks} isLive={isLive && at === parts.length - 1} isFar={at < parts.length - NEAR_PARTS} />
      ))}
    </div>
  );
});

const NEAR_PARTS = 2; // at the end, which is what is looked at while a text grows

/** What is settled when it is first shown is read in one go; what grows, block by block, so that little is read again. */
const Part = memo(function Part({ blocks, isLive, isFar }: { blocks: readonly string[]; isLive: boolean; isFar: boolean }) {
  const [whole] = useState(() => (isLive || blocks.some(isTooMuch) ? null : blocks));
  const shown = whole === blocks ? [blocks.join("")] : blocks;
  return (
    <div className={isFar ? "md-part md-part-far" : "md-part"}>
      {shown.map((block, at) => (
        <Block key={at} text={block} isLive={isLive && at === shown.length - 1} />
      ))}
    </div>
  );
});

const Block = memo(function Block({ text, isLive }: { text: string; isLive: boolean }) {
  const id = useId();
  const components = useMemo(() => (isLive ? LIVE : SETTLED), [isLive]);
  const notes = useMemo(() => ({ clobberPrefix: `${id}-` }), [id]);
  if (isTooMuch(text)) return <Plain text={text} />;
  return (
    <OrPlain text={text}>
      <ReactMarkdown {...rules} components={components} remarkRehypeOptions={notes}>
        {wellFormed(isLive ? repair(text) : text)}
      </ReactMarkdown>
    </OrPlain>
  );
});

function Plain({ text }: { text: string }) {
  return (
    <pre className="md-plain" tabIndex={0} role="group" aria-label="Text as it was sent">
      {text}
    </pre>
  );
}

/** A text on which the renderer gives up is shown as it is. */
class OrPlain extends Component<{ text: string; children: ReactNode }, { failed: string | null }> {
  override state: { failed: string | null } = { failed: null };
  static getDerivedStateFromError = () => ({ failed: "" });

  override componentDidCatch(): void {
    this.setState({ failed: this.props.text });
  }

  override render(): ReactNode {
    return this.state.failed !== null ? <Plain text={this.props.text} /> : this.props.children;
  }
}

type Props<Tag extends "a" | "img" | "pre" | "table" | "input"> = ComponentProps<Tag> & { node?: unknown };

function Link({ href, children, node: _, ...rest }: Props<"a">) {
  if (!href) return <span className="md-no-link">{children}</span>;
  if (href.startsWith("#")) {
    return (
      <a {...rest} href={href} onClick={goWithin}>
        {children}
      </a>
    );
  }
  return (
    <a href={href} target="_blank" rel="noreferrer noopener" referrerPolicy="no-referrer" title={rest.title}>
      {children}
    </a>
  );
}

/** The page's own address is in the fragment: a footnote is gone to without changing it. */
function goWithin(event: MouseEvent<HTMLAnchorElement>): void {
  event.preventDefault();
  const name = event.currentTarget.getAttribute("href")?.slice(1) ?? "";
  const root = event.currentTarget.closest(".md");
  const target = [...(root?.querySelectorAll<HTMLElement>("[id]") ?? [])].find((element) => element.id === name || element.id === `user-content-${name}`);
  target?.scrollIntoView({ block: "center" });
}

/** An image would tell its host who reads: it is named and linked. */
function Image({ src, alt }: Props<"img">) {
  const name = alt || "image";
  return src ? (
    <a className="md-image" href={src} target="_blank" rel="noreferrer noopener" referrerPolicy="no-referrer">
      {`Image: ${name}`}
    </a>
  ) : (
    <span className="md-image">{`Image: ${name}`}</span>
  );
}

function Table({ children, node }: Props<"table">) {
  const head = firstRowOf(node);
  return (
    <div className="md-table" tabIndex={0} role="group" aria-label={head ? `Table: ${head}` : "Table"}>
      <table>{children}</table>
    </div>
  );
}

const pre = (isLive: boolean) =>
  function Pre({ node }: Props<"pre">) {
    const code = (node as Element | undefined)?.children?.[0];
    const language = String(code?.properties?.className ?? "").replace(/^language-/, "");
    return <Code code={textOf(code).replace(/\n$/, "")} language={language} isLive={isLive} />;
  };

/** Below the page's own headings, and as large as they are meant. */
const heading = (Tag: "h3" | "h4" | "h5" | "h6", level: number) =>
  function Heading({ children, id }: ComponentProps<"h1">) {
    return (
      <Tag id={id} className={`md-h md-h${level}`}>
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
  input: ({ checked }: Props<"input">) => <input type="checkbox" checked={checked} readOnly disabled aria-label={checked ? "done" : "to do"} />,
};
const LIVE: Components = { ...SHARED, pre: pre(true) };
const SETTLED: Components = { ...SHARED, pre: pre(false) };

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
  const cells = head?.children?.[0]?.children ?? head?.children?.find((child) => child.tagName === "tr")?.children ?? [];
  return cells.filter((cell) => cell.tagName === "th").map(textOf).join(", ").slice(0, 120);
}
