/** One conversation in the list: its title, its state, and what can be done with it. */
import type { Client } from "@cantata/client";
import { memo, useState } from "react";
import { Badge } from "../parts/Badge.tsx";
import { ago } from "../parts/formats.ts";
import { Icon } from "../parts/Icon.tsx";
import { Menu } from "../parts/Menu.tsx";
import { hashOf } from "../shell/routes.ts";
import { DeleteDialog, RenameDialog } from "./dialogs.tsx";
import { markOf } from "./states.ts";
import type { ListedSession } from "./useSessions.ts";

interface SessionRowProps {
  client: Client;
  session: ListedSession;
  isCurrent: boolean;
  onChosen: () => void;
  onDeleted: (sessionId: string) => void;
}

export const SessionRow = memo(function SessionRow({
  client,
  session,
  isCurrent,
  onChosen,
  onDeleted,
}: SessionRowProps) {
  const [dialog, setDialog] = useState<"rename" | "delete" | null>(null);
  const title = session.title ?? "Untitled";
  const mark = markOf(session);
  return (
    <li className="session-row">
      <a
        className="session-link"
        href={hashOf({ name: "session", sessionId: session.session_id })}
        aria-current={isCurrent ? "page" : undefined}
        title={`${title} · ${ago(new Date(session.updated_at), new Date())}`}
        onClick={onChosen}
      >
        <span className="session-title" dir="auto">
          {title}
        </span>
        {mark && (
          <Badge tone={mark.tone} icon={mark.icon}>
            {mark.word}
          </Badge>
        )}
      </a>
      <Menu
        label={`Actions for ${title}`}
        className="icon-button session-more"
        align="end"
        items={[
          { key: "rename", label: "Rename", icon: "edit", onSelect: () => setDialog("rename") },
          { key: "delete", label: "Delete", icon: "trash", isDanger: true, onSelect: () => setDialog("delete") },
        ]}
      >
        <Icon name="more" />
      </Menu>
      {dialog === "rename" && (
        <RenameDialog
          client={client}
          sessionId={session.session_id}
          title={session.title}
          onClose={() => setDialog(null)}
        />
      )}
      {dialog === "delete" && (
        <DeleteDialog
          client={client}
          session={session}
          onClose={() => setDialog(null)}
          onDeleted={() => onDeleted(session.session_id)}
        />
      )}
    </li>
  );
});
