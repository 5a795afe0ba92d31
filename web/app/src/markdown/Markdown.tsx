/** Shows markdown, also while it grows: what is complete is drawn once, and nothing in it is ever executed. */
import "./markdown.css";
import { Component, memo, useDeferredValue, useId, useMemo, useRef, useState, type ReactNode } from "react";
import ReactMarkdown from "react-markdown";
import { LIVE, SETTLED } from "./elements.tsx";
import { asWritten, withFormulas } from "./formulas.ts";
import { repair } from "./repair.ts";
import { isTooMuch, rules } from "./rules.ts";
import { partsOf, Splitter } from "./split.ts";
import { wellFormed } from "./wellFormed.ts";

interface MarkdownProps {
  text: string;
  isLive?: boolean;
}

export const Markdown = memo(function Markdown({ text, isLive = false }: MarkdownProps) {
  const [splitter] = useState(() => new Splitter());
  const before = useRef<(readonly string[])[]>([]);
  const told = useMemo(
    () => (before.current = partsOf(splitter.split(withFormulas(text), !isLive), before.current)),
    [splitter, text, isLive],
  );
  const parts = useDeferredValue(told); // drawn piece by piece: much text holds up no frame
  return (
    <div className="md">
      {parts.map((blocks, at) => (
        <Part
          key={at}
          blocks={blocks}
          isLive={isLive && at === parts.length - 1}
          isFar={at < parts.length - NEAR_PARTS}
        />
      ))}
    </div>
  );
});

const NEAR_PARTS = 2; // at the end, which is what is looked at while a text grows

/** What is settled when it is first shown is read in one go; what grows, block by block: little is read again. */
const Part = memo(function Part({
  blocks,
  isLive,
  isFar,
}: {
  blocks: readonly string[];
  isLive: boolean;
  isFar: boolean;
}) {
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
    <pre className="md-plain" dir="auto" tabIndex={0} role="group" aria-label="Text as it was sent">
      {asWritten(text)}
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
