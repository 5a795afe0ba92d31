/** Above the conversation: what it is called, what can be shown beside it, and what can be taken away from it. */
import type { Client } from "@cantata/client";
import { useState } from "react";
import { IconButton } from "../parts/Button.tsx";
import { Icon } from "../parts/Icon.tsx";
import { Menu, type MenuItem } from "../parts/Menu.tsx";
import { useShown } from "../sessions/board.ts";
import { DeleteDialog, RenameDialog } from "../sessions/dialogs.tsx";
import { copyTrace, save } from "./exports.ts";
import { PANELS, type PanelName } from "./panels.ts";
import { prefer, usePreferences } from "./preferences.ts";

interface HeaderProps {
  client: Client;
  title: string | null;
  sessionId: string | null;
  /** What keeps the conversation busy. */
  activeId: string | null;
  workflowId: string | null;
  panel: PanelName | null;
  isSidebarShown: boolean;
  isNarrow: boolean;
  onShowSidebar: () => void;
  onPanel: (panel: PanelName | null) => void;
  onChanged: () => void;
  onDeleted: () => void;
}

export function Header(props: HeaderProps) {
  const { client, title, sessionId, workflowId, panel, isNarrow, onPanel } = props;
  const [dialog, setDialog] = useState<"rename" | "delete" | null>(null);
  const { hideTools } = usePreferences();
  const trace = useShown(workflowId, (shown) => shown?.workflow.trace);
  const traceUrl = trace?.langsmith_url ?? trace?.langfuse_url;

  const items = [
    ...(isNarrow && workflowId ? panelItems(onPanel) : []),
    toolsItem(hideTools),
    ...(sessionId ? conversationItems(client, sessionId, workflowId, setDialog) : []),
  ];

  return (
    <header className={sessionId ? "header header-of-session" : "header"}>
      {!props.isSidebarShown && <ShowSidebar isNarrow={isNarrow} onClick={props.onShowSidebar} />}
      <h1 className="header-title" dir="auto" title={title ?? undefined}>
        {title ?? "New conversation"}
      </h1>
      {traceUrl && (
        <a
          className="icon-button"
          href={traceUrl}
          target="_blank"
          rel="noreferrer noopener"
          title="Open the trace"
          aria-label="Open the trace"
        >
          <Icon name="external" />
        </a>
      )}
      {!isNarrow && workflowId && (
        <div className="header-panels" role="group" aria-label="Panels">
          {PANELS.map(({ name, label, icon }) => (
            <button
              key={name}
              type="button"
              className="header-panel"
              title={label}
              aria-pressed={panel === name}
              onClick={() => onPanel(panel === name ? null : name)}
            >
              <Icon name={icon} />
              <span>{label}</span>
            </button>
          ))}
        </div>
      )}
      <Menu label="More" className="icon-button" align="end" items={items}>
        <Icon name="more" />
      </Menu>
      {sessionId && dialog === "rename" && (
        <RenameDialog
          client={client}
          sessionId={sessionId}
          title={title}
          onClose={() => setDialog(null)}
          onRenamed={props.onChanged}
        />
      )}
      {sessionId && dialog === "delete" && (
        <DeleteDialog
          client={client}
          session={{ session_id: sessionId, title, active_workflow_id: props.activeId }}
          onClose={() => setDialog(null)}
          onDeleted={props.onDeleted}
        />
      )}
    </header>
  );
}

export function ShowSidebar({ isNarrow, onClick }: { isNarrow: boolean; onClick: () => void }) {
  return (
    <IconButton
      className="header-menu"
      icon={isNarrow ? "menu" : "sidebar"}
      label="Show the conversations"
      aria-expanded={false}
      onClick={onClick}
    />
  );
}

function panelItems(onPanel: (panel: PanelName) => void): MenuItem[] {
  return PANELS.map(({ name, label, icon }) => ({
    key: name,
    label,
    icon,
    section: "Show",
    onSelect: () => onPanel(name),
  }));
}

function toolsItem(hideTools: boolean): MenuItem {
  return {
    key: "tools",
    label: hideTools ? "Show tool calls" : "Hide tool calls",
    icon: hideTools ? "eye" : "eye-off",
    section: "View",
    onSelect: () => prefer("hideTools", !hideTools),
  };
}

function conversationItems(
  client: Client,
  sessionId: string,
  workflowId: string | null,
  open: (dialog: "rename" | "delete") => void,
): MenuItem[] {
  const trace: MenuItem[] = workflowId
    ? [
        {
          key: "copy",
          label: "Copy the trace as JSON",
          hint: "The chosen run with all its events",
          icon: "copy",
          onSelect: () => void copyTrace(client, workflowId),
        },
      ]
    : [];
  const items: MenuItem[] = [
    { key: "rename", label: "Rename", icon: "edit", onSelect: () => open("rename") },
    {
      key: "markdown",
      label: "Export as Markdown",
      icon: "download",
      onSelect: () => void save(client, sessionId, "markdown"),
    },
    { key: "export", label: "Export as JSON", icon: "download", onSelect: () => void save(client, sessionId, "json") },
    ...trace,
    { key: "delete", label: "Delete", icon: "trash", isDanger: true, onSelect: () => open("delete") },
  ];
  return items.map((item) => ({ ...item, section: "Conversation" }));
}
