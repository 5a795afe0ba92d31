/** Asks for the name and the description under which a workflow is stored. */
import { CantataError, type Client, type Definition } from "@cantata/client";
import { useId, useState } from "react";
import { Button } from "../parts/Button.tsx";
import { Dialog } from "../parts/Dialog.tsx";
import type { Stored } from "./draft.ts";
import { faultsOf } from "./faults.ts";
import { Field } from "./Field.tsx";
import type { Shape } from "./specEdit.ts";

interface StoreDialogProps {
  client: Client;
  spec: Shape;
  /** Given to make a new version of it. */
  stored: Stored | null;
  onStored: (definition: Definition) => void;
  onClose: () => void;
}

export function StoreDialog({ client, spec, stored, onStored, onClose }: StoreDialogProps) {
  const [name, setName] = useState(stored?.name ?? "");
  const [description, setDescription] = useState(stored?.description ?? "");
  const [error, setError] = useState<CantataError | Error | null>(null);
  const [isStoring, setIsStoring] = useState(false);
  const form = useId();
  const faults = error instanceof CantataError ? faultsOf(error.problem) : [];
  const of = (path: string) => faults.filter((fault) => fault.path === path).map((fault) => fault.message);
  const rest = faults.filter((fault) => fault.path !== "name" && fault.path !== "description");

  async function store() {
    setIsStoring(true);
    setError(null);
    try {
      const body = { description, spec, input_schema: stored?.input_schema ?? null };
      onStored(
        await (stored
          ? client.coordinator.change(stored.name, body)
          : client.coordinator.store({ ...body, name: name.trim() })),
      );
    } catch (failure) {
      setError(failure as Error);
    }
    setIsStoring(false);
  }

  return (
    <Dialog
      title={stored ? `Store a new version of ${stored.name}` : "Store the workflow"}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} disabled={isStoring || name.trim() === ""}>
            Store
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="compose-form"
        onSubmit={(event) => {
          event.preventDefault();
          void store();
        }}
      >
        {!stored && (
          <Field label="Name" hint="Letters, digits, _ . and -, beginning with a letter." faults={of("name")} isWide>
            {(given) => (
              <input
                {...given}
                className="input"
                autoFocus
                maxLength={64}
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
        )}
        <Field label="Description" faults={of("description")} isWide>
          {(given) => (
            <textarea
              {...given}
              dir="auto"
              className="input"
              rows={3}
              maxLength={2000}
              value={description}
              onChange={(event) => setDescription(event.target.value)}
            />
          )}
        </Field>
        {error && (rest.length > 0 || faults.length === 0) && (
          <p className="compose-fault" role="alert">
            {rest.length > 0 ? rest.map((fault) => `${fault.path}: ${fault.message}`).join(" ") : error.message}
          </p>
        )}
      </form>
    </Dialog>
  );
}
