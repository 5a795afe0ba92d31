/** A button that opens a short list: of things to do, or of choices. Arrows, Home, End, Escape work as in any menu. */
import {
  Fragment,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
} from "react";
import { Icon, type IconName } from "./Icon.tsx";

export interface MenuItem {
  key: string;
  label: string;
  icon?: IconName;
  hint?: string;
  /** Entries that follow each other under one heading. */
  section?: string;
  /** Given for a choice: whether it is the one. */
  isChosen?: boolean;
  isDisabled?: boolean;
  isDanger?: boolean;
  onSelect: () => void;
}

interface MenuProps {
  label: string;
  items: readonly MenuItem[];
  children: ReactNode;
  className?: string;
  /** Which edges of button and list are in line. */
  align?: "start" | "end";
  heading?: ReactNode;
}

export function Menu({ label, items, children, className = "", align = "start", heading }: MenuProps) {
  const [isOpen, setIsOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();

  // In the top layer nothing cuts the list off: not the sidebar that scrolls, not a drawer.
  useLayoutEffect(() => {
    if (!isOpen || !list.current || !button.current) return;
    if (!list.current.matches(":popover-open")) list.current.showPopover();
    place(list.current, button.current.getBoundingClientRect(), align);
  }, [isOpen, align, items.length]);

  useEffect(() => {
    if (!isOpen) return;
    (list.current?.querySelector<HTMLElement>('[aria-checked="true"]') ?? entries(list.current)[0])?.focus();
    const onPointerDown = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setIsOpen(false);
    };
    const onResize = () => setIsOpen(false);
    document.addEventListener("pointerdown", onPointerDown);
    window.addEventListener("resize", onResize);
    return () => {
      document.removeEventListener("pointerdown", onPointerDown);
      window.removeEventListener("resize", onResize);
    };
  }, [isOpen, items.length]);

  function close() {
    setIsOpen(false);
    button.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    const focusable = entries(list.current);
    const target = placeAfter(event.key, focusable.indexOf(document.activeElement as HTMLElement), focusable.length);
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (event.key === "Tab") {
      setIsOpen(false);
    } else if (target !== undefined) {
      event.preventDefault();
      focusable[target]?.focus();
    }
  }

  return (
    <div className="menu" ref={root}>
      <button
        ref={button}
        type="button"
        className={className}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        aria-label={label}
        title={label}
        onClick={() => setIsOpen(!isOpen)}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            setIsOpen(true);
          }
        }}
      >
        {children}
      </button>
      {isOpen && (
        <div
          ref={list}
          id={id}
          className="menu-list"
          popover="manual"
          role="menu"
          aria-label={label}
          onKeyDown={onKeyDown}
        >
          {heading && <div className="menu-heading">{heading}</div>}
          {items.length === 0 && <div className="menu-heading">Nothing to choose from yet</div>}
          {items.map((item, index) => (
            <Fragment key={item.key}>
              {item.section !== undefined && item.section !== items[index - 1]?.section && (
                <div className="menu-heading" role="presentation">
                  {item.section}
                </div>
              )}
              <Entry
                item={item}
                onSelect={() => {
                  close();
                  item.onSelect();
                }}
              />
            </Fragment>
          ))}
        </div>
      )}
    </div>
  );
}

function Entry({ item, onSelect }: { item: MenuItem; onSelect: () => void }) {
  const isChoice = item.isChosen !== undefined;
  return (
    <button
      type="button"
      role={isChoice ? "menuitemradio" : "menuitem"}
      aria-checked={isChoice ? item.isChosen : undefined}
      aria-disabled={item.isDisabled || undefined}
      tabIndex={-1}
      className={`menu-item ${item.isDanger ? "menu-item-danger" : ""}`}
      onClick={item.isDisabled ? undefined : onSelect}
    >
      {item.icon && <Icon name={item.icon} />}
      <span className="menu-text">
        <span className="menu-label">{item.label}</span>
        {item.hint && <span className="menu-hint">{item.hint}</span>}
      </span>
      {isChoice && <span className="menu-check">{item.isChosen && <Icon name="check" />}</span>}
    </button>
  );
}

const GAP = 4; // pixels between button and list
const EDGE = 8; // pixels that the list keeps from the window's edges

/** Below the button if there is room, else above it. */
function place(list: HTMLElement, button: DOMRect, align: "start" | "end"): void {
  const { width, height } = list.getBoundingClientRect();
  const left = align === "start" ? button.left : button.right - width;
  const below = button.bottom + GAP;
  const top = below + height + EDGE <= innerHeight ? below : Math.max(EDGE, button.top - GAP - height);
  list.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))}px`;
  list.style.top = `${top}px`;
}

const entries = (list: HTMLElement | null) => [...(list?.querySelectorAll<HTMLElement>(".menu-item") ?? [])];

function placeAfter(key: string, current: number, length: number): number | undefined {
  switch (key) {
    case "ArrowDown":
      return (current + 1) % length;
    case "ArrowUp":
      return (current - 1 + length) % length;
    case "Home":
      return 0;
    case "End":
      return length - 1;
    default:
      return undefined;
  }
}
