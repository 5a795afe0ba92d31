/** Where a server wants to know who is there. */
import { useId, useState, type FormEvent } from "react";
import { Button } from "../parts/Button.tsx";
import { Dialog } from "../parts/Dialog.tsx";
import { Mark } from "../parts/Mark.tsx";
import { keepDrafts } from "../sessions/drafts.ts";
import { sentenceOf } from "../shell/faults.ts";
import { door, loginAddress } from "./access.ts";
import "./access.css";

/** The whole page, before anybody is known. */
export function SignInPage({ methods }: { methods: readonly string[] }) {
  return (
    <main className="access" id="main">
      <div className="access-card">
        <Mark />
        <h1>Sign in to Cantata</h1>
        <p className="access-lead">This server wants to know who runs its agents.</p>
        <SignInForm methods={methods} />
      </div>
    </main>
  );
}

/** Over a conversation whose key is over: what is there stays, and goes on. */
export function SignInAgain({ methods, onClose }: { methods: readonly string[]; onClose: () => void }) {
  return (
    <Dialog title="Sign in again" onClose={onClose}>
      <p className="access-lead">
        What you signed in with is no longer valid. Nothing is lost: the conversation and what you were writing stay,
        and what runs goes on.
      </p>
      <SignInForm methods={methods} />
    </Dialog>
  );
}

function SignInForm({ methods }: { methods: readonly string[] }) {
  const [key, setKey] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setIsBusy] = useState(false);
  const id = useId();
  const hasLogin = methods.includes("oidc");

  async function submit(event: FormEvent) {
    event.preventDefault();
    setIsBusy(true);
    setError(null);
    try {
      if (!(await door.signIn(key.trim()))) startAnew(); // another person's conversation is on the page
    } catch (refusal) {
      setError(refusal);
      setIsBusy(false);
    }
  }

  return (
    <div className="access-ways">
      {hasLogin && (
        <>
          <a className="button button-primary" href={loginAddress()} onClick={keepDrafts}>
            Sign in with your account
          </a>
          <p className="access-or">or</p>
        </>
      )}
      <form className="access-form" onSubmit={(event) => void submit(event)}>
        <label className="field">
          <span>{methods.includes("token") ? "API key or token" : "API key"}</span>
          <input
            className="input"
            type="password"
            autoComplete="off"
            spellCheck={false}
            required
            autoFocus={!hasLogin}
            aria-describedby={`${id}-hint`}
            aria-invalid={error !== null}
            value={key}
            onChange={(event) => setKey(event.target.value)}
          />
        </label>
        <p className="access-hint" id={`${id}-hint`}>
          Kept in this tab alone, until you close it or sign out.
        </p>
        {error !== null && (
          <p className="refusal" role="alert">
            {keyWords(error)}
          </p>
        )}
        <Button kind={hasLogin ? "plain" : "primary"} type="submit" disabled={isBusy || key.trim() === ""}>
          Sign in
        </Button>
      </form>
    </div>
  );
}

/** The server's own words for a bad key tell how to send one, which the page knows. */
function keyWords(error: unknown): string {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : "";
  if (code === "token_expired") return "This token has expired. Get a new one.";
  if (code === "unauthenticated" || code === "invalid_key")
    return "The server does not know this key, or it is not valid any more.";
  return sentenceOf(error);
}

/** Leaves nothing of whoever was there before in memory. */
export function startAnew(): void {
  history.replaceState(null, "", "#/");
  location.reload();
}
