/** A page on which workflows are composed: steps on one side, the graph that they make on the other. */
import "./compose.css";
import type { Client, Model, Run } from "@cantata/client";
import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { IconButton } from "../parts/Button.tsx";
import { Icon } from "../parts/Icon.tsx";
import { announce } from "../parts/LiveRegion.tsx";
import { Menu } from "../parts/Menu.tsx";
import { isChanged, type Draft } from "./draft.ts";
import { Curl, DrawingView } from "./DrawingView.tsx";
import { EditingContext, type Editing } from "./editing.ts";
import { faultsByStep, type Fault } from "./faults.ts";
import { JsonView } from "./JsonView.tsx";
import { openItems, storedOf, storeItems, type Question } from "./menus.ts";
import { RetireDialog } from "./RetireDialog.tsx";
import { RunBar, useRunning } from "./RunBar.tsx";
import { ShapeFields } from "./ShapeFields.tsx";
import { reshaped, type ShapeName } from "./specEdit.ts";
import { idOf, Steps } from "./StepCard.tsx";
import { StoreDialog } from "./StoreDialog.tsx";
import { TEMPLATES } from "./templates.ts";
import { useDraft } from "./useDraft.ts";
import { useDrawing } from "./useDrawing.ts";
import { useOffered } from "./useOffered.ts";
import "./ShapeChoice.css";

interface ComposePageProps {
  client: Client;
  models: readonly Model[];
  onStarted: (run: Run, title: string) => void;
  onClose: () => void;
  /** Stands first in the header: the way to the sidebar, where it is hidden. */
  start?: ReactNode;
}

type View = "steps" | "drawing" | "json" | "curl";

export default function ComposePage({ client, models, onStarted, onClose, start }: ComposePageProps) {
  const { draft, edit, mark, undo, redo } = useDraft();
  const { agents, definitions, error: offerError, reload } = useOffered(client);
  const drawn = useDrawing(client, draft.spec);
  const [view, setView] = useState<View>("steps");
  const [selected, setSelected] = useState<string | null>(null);
  const [question, setQuestion] = useState<Question>(null);
  const run = useRunning({ client, draft, onStarted });
  const focus = useFocus();
  const told = run.faults ?? drawn.faults;
  const faults = useMemo(() => faultsByStep(draft.spec, told), [draft.spec, told]);
  const editSpec = useCallback<Editing["edit"]>(
    (change, what) => edit((now) => ({ ...now, spec: change(now.spec) }), what),
    [edit],
  );
  const editing = useMemo<Editing>(
    () => ({ spec: draft.spec, agents, models, faults, selected, edit: editSpec, select: setSelected, focus }),
    [draft.spec, agents, models, faults, selected, editSpec, focus],
  );

  function open(next: Partial<Draft>) {
    edit((now) => ({ ...now, stored: null, ...next }));
    setSelected(null);
  }

  function onKeyDown(event: KeyboardEvent) {
    const isField = event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement;
    if (!(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key === "enter") {
      event.preventDefault();
      void run.start();
    } else if (key === "z" && !isField) {
      event.preventDefault();
      (event.shiftKey ? redo : undo)?.();
    }
  }

  return (
    <EditingContext value={editing}>
      <div className="compose" data-view={view} onKeyDown={onKeyDown}>
        <header className="compose-header">
          {start}
          <h2>{draft.stored ? draft.stored.name : "New workflow"}</h2>
          {draft.stored && <span className="compose-version">{versionWords(draft)}</span>}
          <span className="compose-space" />
          <IconButton icon="refresh" className="compose-undo" label="Undo" disabled={!undo} onClick={() => undo?.()} />
          <IconButton icon="refresh" label="Redo" disabled={!redo} onClick={() => redo?.()} />
          <Menu
            label="Open a workflow"
            className="button button-plain"
            align="end"
            items={openItems(definitions, open)}
          >
            <Icon name="layers" />
            <span className="compose-word">Open</span>
          </Menu>
          <Menu
            label="Store the workflow"
            className="button button-plain"
            align="end"
            items={storeItems(draft, setQuestion)}
          >
            <Icon name="download" />
            <span className="compose-word">Store</span>
          </Menu>
          <IconButton icon="x" label="Close the composer" onClick={onClose} />
        </header>
        <div className="compose-tabs" role="group" aria-label="What to show">
          {(["steps", "drawing", "json", "curl"] as const).map((name) => (
            <button
              key={name}
              type="button"
              data-name={name}
              aria-pressed={view === name}
              onClick={() => setView(name)}
            >
              {VIEW_WORDS[name]}
            </button>
          ))}
        </div>
        <section className="compose-editor" aria-label="Steps">
          <ShapeChoice shape={draft.spec.type} onChoose={(shape) => editSpec((spec) => reshaped(spec, "", shape))} />
          {offerError && (
            <p className="compose-fault" role="alert">
              {offerError}
            </p>
          )}
          <Whole faults={faults.get("") ?? []} />
        </section>
        <aside className="compose-side" aria-label={view === "steps" ? VIEW_WORDS.drawing : VIEW_WORDS[view]}>
          {view === "json" && <JsonView spec={draft.spec} onChange={(spec) => editSpec(() => spec, "json")} />}
          {view === "curl" && <Curl draft={draft} />}
          {(view === "steps" || view === "drawing") && (
            <DrawingView
              drawn={drawn}
              faults={told}
              spec={draft.spec}
              selected={selected}
              onSelect={(path) => {
                setView("steps");
                focus(path);
                setSelected(path);
              }}
            />
          )}
        </aside>
        <RunBar draft={draft} models={models} run={run} edit={edit} isReady={drawn.faults.length === 0} />
        {(question === "store" || question === "version") && (
          <StoreDialog
            client={client}
            spec={draft.spec}
            stored={question === "version" ? draft.stored : null}
            onClose={() => setQuestion(null)}
            onStored={(definition) => {
              mark(storedOf(definition, draft.spec));
              setQuestion(null);
              reload();
              announce(`${definition.name} is stored.`);
            }}
          />
        )}
        {question === "retire" && draft.stored && (
          <RetireDialog
            client={client}
            name={draft.stored.name}
            onClose={() => setQuestion(null)}
            onRetired={() => {
              mark(null);
              setQuestion(null);
              reload();
            }}
          />
        )}
      </div>
    </EditingContext>
  );
}

const VIEW_WORDS: Record<View, string> = { steps: "Steps", drawing: "Graph", json: "JSON", curl: "curl" };

function versionWords(draft: Draft): string {
  const version = draft.stored?.version ? `version ${draft.stored.version}` : "ready-made";
  return isChanged(draft) ? `${version}, changed` : version;
}

function ShapeChoice({ shape, onChoose }: { shape: ShapeName; onChoose: (shape: ShapeName) => void }) {
  return (
    <div className="compose-shapes" role="radiogroup" aria-label="How the steps work together">
      {TEMPLATES.map(({ name, title, hint }) => (
        <label key={name} data-is-chosen={shape === name}>
          <input type="radio" name="compose-shape" checked={shape === name} onChange={() => onChoose(name)} />
          <strong>{title}</strong>
          <span>{hint}</span>
        </label>
      ))}
    </div>
  );
}

function Whole({ faults }: { faults: readonly Fault[] }) {
  const unplaced = faults.filter((fault) => fault.path === "");
  return (
    <div id={idOf("")} className="compose-whole" tabIndex={-1}>
      {unplaced.length > 0 && <p className="compose-fault">{unplaced.map((fault) => fault.message).join(" ")}</p>}
      <ShapeFields path="" />
      <Steps path="" />
    </div>
  );
}

/** Focuses a step after the edit that put it there has been shown. */
function useFocus(): (path: string) => void {
  const wanted = useRef<string | null>(null);
  const [, look] = useState(0);
  useEffect(() => {
    if (wanted.current === null) return;
    const element = document.getElementById(idOf(wanted.current));
    wanted.current = null;
    element?.focus({ preventScroll: true });
    element?.scrollIntoView({ block: "nearest" });
  });
  return useCallback((path) => {
    wanted.current = path;
    look((times) => times + 1);
  }, []);
}
