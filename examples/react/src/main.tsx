import { createClient, type Run } from "@cantata/client";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { ReasoningChain } from "./ReasoningChain";

const server = new URLSearchParams(location.search).get("server") ?? "http://localhost:8000";
const client = createClient({ baseUrl: server });

function App() {
  const [run, setRun] = useState<Run>();
  const ask = (form: FormData) => setRun(client.sendMessage(String(form.get("question"))));
  return (
    <>
      <h1>A reasoning chain</h1>
      <form action={ask}>
        <input name="question" aria-label="Question" defaultValue="What is 17*23, and what time is it in Cairo?" />
        <button>Ask</button>
      </form>
      <ReasoningChain client={client} run={run} />
    </>
  );
}

createRoot(document.getElementById("root")!).render(<StrictMode><App /></StrictMode>);
