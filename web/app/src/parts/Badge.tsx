/** A state in a word and an icon: never by colour alone. */
import type { ReactNode } from "react";
import { Icon, type IconName } from "./Icon.tsx";

export type Tone = "neutral" | "accent" | "ok" | "warn" | "danger" | "running";

export function Badge({ tone = "neutral", icon, children }: { tone?: Tone; icon?: IconName; children: ReactNode }) {
  return (
    <span className={`badge badge-${tone}`}>
      {icon && <Icon name={icon} />}
      {children}
    </span>
  );
}
