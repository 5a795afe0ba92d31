/** The icons of the page: 16 px, drawn with strokes in the colour of the text beside them. */
import type { ReactElement } from "react";

const SHAPES = {
  check: <path d="m3 8.5 3.2 3.2L13 5" />,
  x: <path d="m4 4 8 8M12 4l-8 8" />,
  "thumb-up": (
    <path d="M5.3 7.2v6.3H2.7V7.2zM5.3 7.2l2.6-5a1.5 1.5 0 0 1 1.6 1.9l-.6 2.2h3.2a1.4 1.4 0 0 1 1.4 1.7l-.9 4.4a1.4 1.4 0 0 1-1.4 1.1H5.3z" />
  ),
  "thumb-down": (
    <path d="M5.3 8.8V2.5H2.7v6.3zM5.3 8.8l2.6 5a1.5 1.5 0 0 0 1.6-1.9l-.6-2.2h3.2a1.4 1.4 0 0 0 1.4-1.7l-.9-4.4a1.4 1.4 0 0 0-1.4-1.1H5.3z" />
  ),
  alert: <path d="M8 2.2 14.4 13.3H1.6zM8 6.5v3M8 11.4v.1" />,
  stop: <rect x="4" y="4" width="8" height="8" rx="1.5" fill="currentColor" />,
  play: <path d="M5 3.2v9.6L12.6 8z" />,
  pause: <path d="M5.5 3.5v9M10.5 3.5v9" />,
  clock: <path d="M8 1.9a6.1 6.1 0 1 1 0 12.2A6.1 6.1 0 0 1 8 1.9M8 4.8V8l2.2 1.6" />,
  clip: <path d="m13 7.6-5.2 5.2a3.2 3.2 0 0 1-4.6-4.6l5.6-5.6a2.1 2.1 0 0 1 3 3L6.4 11a1 1 0 0 1-1.4-1.4l4.8-4.8" />,
  file: <path d="M9.3 1.8H4v12.4h8.5V5zM9.3 1.8V5h3.2M6.2 8.2h4M6.2 10.8h4" />,
  history: <path d="M2.4 8.6a5.7 5.7 0 1 0 1.2-4.1M3.3 1.9v3h3M8 5v3.1l2.1 1.3" />,
  chevron: <path d="m6 3.5 4.5 4.5L6 12.5" />,
  "chevron-down": <path d="m3.5 6 4.5 4.5L12.5 6" />,
  "chevron-left": <path d="M10 3.5 5.5 8l4.5 4.5" />,
  plus: <path d="M8 3v10M3 8h10" />,
  search: <path d="M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.4 10.4 14 14" />,
  trash: <path d="M2.5 4h11M6.2 4V2.5h3.6V4M4 4l.6 9.5h6.8L12 4M6.7 6.8v4M9.3 6.8v4" />,
  edit: <path d="M10.6 2.8 13.2 5.4 5.8 12.8 2.6 13.4 3.2 10.2zM9 4.4 11.6 7" />,
  copy: <path d="M5.5 5.5h8v8h-8zM10.5 5.3V2.5h-8v8h2.8" />,
  download: <path d="M8 2.5v7.8M4.7 7.2 8 10.5l3.3-3.3M2.5 13.5h11" />,
  branch: (
    <>
      <circle cx="4.5" cy="3.7" r="1.7" />
      <circle cx="4.5" cy="12.3" r="1.7" />
      <circle cx="11.5" cy="5.3" r="1.7" />
      <path d="M4.5 5.4v5.2M11.5 7c0 2.6-3 2.6-5.4 3.4" />
    </>
  ),
  graph: (
    <>
      <circle cx="8" cy="3.3" r="1.8" />
      <circle cx="3.6" cy="12.4" r="1.8" />
      <circle cx="12.4" cy="12.4" r="1.8" />
      <path d="M7.2 5 4.4 10.8M8.8 5l2.8 5.8" />
    </>
  ),
  waterfall: <path d="M2.5 3.5h6M5.5 8h6M9 12.5h4.5" />,
  tool: (
    <path d="M13.3 4.2a3.6 3.6 0 0 1-4.8 4.5L4.2 13a1.5 1.5 0 0 1-2.2-2.2l4.3-4.3a3.6 3.6 0 0 1 4.5-4.8L8.6 4 9 6.7l2.7.4z" />
  ),
  brain: (
    <path d="M8 3.6a2.1 2.1 0 0 0-4 .8A2.3 2.3 0 0 0 2.6 8a2.3 2.3 0 0 0 1.5 3.7A2.1 2.1 0 0 0 8 12.4M8 3.6a2.1 2.1 0 0 1 4 .8A2.3 2.3 0 0 1 13.4 8a2.3 2.3 0 0 1-1.5 3.7A2.1 2.1 0 0 1 8 12.4M8 3.6v8.8M5.7 7.2A2 2 0 0 0 8 6.3M10.3 9.2A2 2 0 0 0 8 8.6" />
  ),
  exit: <path d="M9.5 2.5H3v11h6.5M6.5 8h7M10.8 5.2 13.5 8l-2.7 2.8" />,
  user: <path d="M8 2.3a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4M2.8 13.8c.4-2.6 2.5-3.9 5.2-3.9s4.8 1.3 5.2 3.9" />,
  bot: (
    <>
      <rect x="2.5" y="5.3" width="11" height="8.2" rx="2" />
      <path d="M8 5.3V2.6M5.8 8.6v1.2M10.2 8.6v1.2" />
    </>
  ),
  sun: (
    <path d="M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M8 1.3v1.4M8 13.3v1.4M1.3 8h1.4M13.3 8h1.4M3.3 3.3l1 1M11.7 11.7l1 1M12.7 3.3l-1 1M4.3 11.7l-1 1" />
  ),
  moon: <path d="M13.5 9.6A5.9 5.9 0 0 1 6.4 2.5 5.9 5.9 0 1 0 13.5 9.6z" />,
  monitor: <path d="M2 3h12v8H2zM5.5 13.7h5M8 11v2.7" />,
  menu: <path d="M2.5 4h11M2.5 8h11M2.5 12h11" />,
  sidebar: <path d="M2 3h12v10H2zM6.3 3v10" />,
  panel: <path d="M2 3h12v10H2zM9.7 3v10" />,
  send: <path d="M8 13.2V3M3.7 7.3 8 3l4.3 4.3" />,
  "arrow-down": <path d="M8 2.8V13M3.7 8.7 8 13l4.3-4.3" />,
  refresh: <path d="M13.3 8a5.3 5.3 0 1 1-1.7-3.9l1.7 1.6M13.3 2.5v3.2h-3.2" />,
  link: <path d="M6.7 9.3 9.3 6.7M7.3 4.7 9 3a2.8 2.8 0 0 1 4 4l-1.7 1.7M8.7 11.3 7 13a2.8 2.8 0 0 1-4-4l1.7-1.7" />,
  external: <path d="M9.5 2.5h4v4M13.3 2.7 7.5 8.5M6.5 3.5h-4v10h10v-4" />,
  more: (
    <g fill="currentColor" stroke="none">
      <circle cx="3.3" cy="8" r="1.3" />
      <circle cx="8" cy="8" r="1.3" />
      <circle cx="12.7" cy="8" r="1.3" />
    </g>
  ),
  "wifi-off": (
    <path d="m2 2 12 12M4.6 8.7a5 5 0 0 1 2.3-1.2M11.3 8.6a5 5 0 0 0-.8-.6M2.3 6.2a8.4 8.4 0 0 1 2-1.3M13.7 6.2A8.4 8.4 0 0 0 7 3.9M6.7 11a2 2 0 0 1 2.6 0M8 13.4v.1" />
  ),
  layers: <path d="M8 2 14.2 5.3 8 8.6 1.8 5.3zM1.8 8 8 11.3 14.2 8M1.8 10.7 8 14l6.2-3.3" />,
  coins: (
    <>
      <ellipse cx="6" cy="4.3" rx="4" ry="1.9" />
      <path d="M2 4.3v3.5c0 1 1.8 1.9 4 1.9s4-.9 4-1.9V4.3M6 9.7v1.9c0 1 1.8 1.9 4 1.9s4-.9 4-1.9V8.1c0-.9-1.6-1.7-3.8-1.8" />
    </>
  ),
  zap: <path d="M8.8 1.8 3.3 9.2h4.1l-.6 5 5.5-7.4H8.2z" />,
  info: <path d="M8 1.9a6.1 6.1 0 1 1 0 12.2A6.1 6.1 0 0 1 8 1.9M8 7.3v3.6M8 5v.1" />,
  braces: (
    <path d="M6 2.5H5.2A1.5 1.5 0 0 0 3.7 4v2.2L2.3 8l1.4 1.8V12a1.5 1.5 0 0 0 1.5 1.5H6M10 2.5h.8A1.5 1.5 0 0 1 12.3 4v2.2L13.7 8l-1.4 1.8V12a1.5 1.5 0 0 1-1.5 1.5H10" />
  ),
  eye: (
    <path d="M1.5 8S3.8 3.6 8 3.6 14.5 8 14.5 8 12.2 12.4 8 12.4 1.5 8 1.5 8M8 6.2a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6" />
  ),
  "eye-off": (
    <path d="m2 2 12 12M6.3 3.9A6 6 0 0 1 8 3.6C12.2 3.6 14.5 8 14.5 8a11 11 0 0 1-1.7 2.3M10.7 11.7a6 6 0 0 1-2.7.7C3.8 12.4 1.5 8 1.5 8a11.3 11.3 0 0 1 2.9-3.3M6.8 6.7a1.8 1.8 0 0 0 2.5 2.6" />
  ),
} satisfies Record<string, ReactElement>;

export type IconName = keyof typeof SHAPES;

/** Decoration: whoever uses it says in text, or in a label, what it means. */
export function Icon({ name, className }: { name: IconName; className?: string }) {
  return (
    <svg
      className={className ? `icon ${className}` : "icon"}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {SHAPES[name]}
    </svg>
  );
}
