/** Buttons: with words, or an icon alone, whose words are then its label and its tooltip. */
import type { ButtonHTMLAttributes, Ref } from "react";
import { Icon, type IconName } from "./Icon.tsx";

type Native = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "className">;

interface ButtonProps extends Native {
  kind?: "plain" | "primary" | "quiet" | "danger";
  icon?: IconName;
  className?: string;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ kind = "plain", icon, className = "", children, ...native }: ButtonProps) {
  return (
    <button type="button" {...native} className={`button button-${kind} ${className}`}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Native {
  icon: IconName;
  label: string;
  className?: string;
  ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ icon, label, className = "", ...native }: IconButtonProps) {
  return (
    <button type="button" title={label} aria-label={label} {...native} className={`icon-button ${className}`}>
      <Icon name={icon} />
    </button>
  );
}
