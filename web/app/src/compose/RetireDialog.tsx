/** Asks whether a stored workflow may go. */
import type { Client } from "@cantata/client";
import { useState } from "react";
import { Button } from "../parts/Button.tsx";
import { Dialog } from "../parts/Dialog.tsx";

interface RetireDialogProps {
  client: Client;
  name: string;
  onRetired: () => void;
  onClose: () => void;
}

export function RetireDialog({ client, name, onRetired, onClose }: RetireDialogProps) {
  const [error, setError] = useState<string | null>(null);
  const retire = () => client.coordinator.retire(name).then(onRetired, (failure: Error) => setError(failure.message));
  return (
    <Dialog
      title={`Retire ${name}?`}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button kind="danger" onClick={() => void retire()}>
            Retire
          </Button>
        </>
      }
    >
      <p>Nobody can start it any more; what runs goes on. Its steps stay here, to be stored again.</p>
      {error && (
        <p className="compose-fault" role="alert">
          {error}
        </p>
      )}
    </Dialog>
  );
}
