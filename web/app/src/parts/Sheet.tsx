/** Something that lies over the page where there is no room beside it: a drawer from the left, a sheet from below. */
import { useEffect, useRef, type ReactNode } from "react";

interface SheetProps {
  side: "left" | "bottom";
  label: string;
  children: ReactNode;
  onClose: () => void;
}

/** Is open for as long as it is rendered. */
export function Sheet({ side, label, children, onClose }: SheetProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className={`sheet sheet-${side}`}
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div className="sheet-body">{children}</div>
    </dialog>
  );
}
