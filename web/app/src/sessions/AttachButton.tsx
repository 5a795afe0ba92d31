/** The button by which files are chosen. */
import { useRef } from "react";
import { IconButton } from "../parts/Button.tsx";
import { bytes } from "../parts/formats.ts";
import { ACCEPTED } from "./attachments.ts";
import type { Attachments } from "./useAttachments.ts";

export function AttachButton({ attachments: { most, add } }: { attachments: Attachments }) {
  const chooser = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        accept={ACCEPTED}
        aria-label="Files to attach"
        onChange={(event) => {
          void add(event.target.files ?? []);
          event.target.value = ""; // so that the same file can be chosen again
        }}
      />
      <IconButton
        icon="clip"
        label={`Attach pictures, PDFs or text files, up to ${bytes(most)}`}
        onClick={() => chooser.current?.click()}
      />
    </>
  );
}
