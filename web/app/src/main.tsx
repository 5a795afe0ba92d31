import "./styles/tokens.css";
import "./styles/base.css";
import "./parts/parts.css"; // before what is made of the parts, so that it may change them
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";
import { door } from "./access/access.ts";
import { settleAddress } from "./shell/address.ts";
import { ErrorBoundary } from "./shell/ErrorBoundary.tsx";

settleAddress();
void door.begin();

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root.");
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary>
      <App />
    </ErrorBoundary>
  </StrictMode>,
);
