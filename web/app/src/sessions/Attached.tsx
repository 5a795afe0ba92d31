/** What the message box shows of attachments: those that there are, how much they are, and what is wrong with them. */
import { bytes } from "../parts/formats.ts";
import { AttachmentList } from "./AttachmentList.tsx";
import { bytesOfAll } from "./attachments.ts";
import type { Attachments } from "./useAttachments.ts";

interface AttachedProps {
  attachments: Attachments;
  /** Who does not take any, if the one that is asked does not. */
  notTakenBy: string | null;
  /** Called when the button that had the focus is gone. */
  onRemoved: () => void;
}

export function Attached({ attachments, notTakenBy, onRemoved }: AttachedProps) {
  const { attached, most, refusal, put } = attachments;
  const note = attached.length > 0 && `${bytes(bytesOfAll(attached))} of ${bytes(most)}`;
  const wrong =
    attached.length > 0 && notTakenBy ? `${notTakenBy} takes no files: remove them, or ask another.` : refusal;
  function remove(at: number) {
    put(attached.filter((_, index) => index !== at));
    onRemoved();
  }
  return (
    <>
      {attached.length > 0 && <AttachmentList attached={attached} onRemove={remove} />}
      {wrong ? (
        <p className="attached-note" role="alert">
          {wrong}
        </p>
      ) : (
        note && <p className="attached-note">{note}</p>
      )}
    </>
  );
}
