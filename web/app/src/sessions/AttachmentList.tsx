/** Attachments with their names and sizes: those of a message, or those that can still be taken away. */
import { IconButton } from "../parts/Button.tsx";
import { bytes } from "../parts/formats.ts";
import { Icon } from "../parts/Icon.tsx";
import { bytesOf, pictureOf, type Attachment } from "./attachments.ts";
import "./attachments.css";

interface AttachmentListProps {
  attached: readonly Attachment[];
  onRemove?: (at: number) => void;
}

export function AttachmentList({ attached, onRemove }: AttachmentListProps) {
  return (
    <ul className={onRemove ? "attached attached-chips" : "attached"} aria-label="Attached">
      {attached.map((one, at) => (
        <li key={`${at} ${one.name}`}>
          <Sight attachment={one} />
          <span className="attached-name" dir="auto" title={one.name}>
            {one.name}
          </span>
          <small>{bytes(bytesOf(one))}</small>
          {onRemove && <IconButton icon="x" label={`Remove ${one.name}`} onClick={() => onRemove(at)} />}
        </li>
      ))}
    </ul>
  );
}

function Sight({ attachment }: { attachment: Attachment }) {
  const picture = pictureOf(attachment);
  return picture ? <img src={picture} alt="" /> : <Icon name="file" />;
}
