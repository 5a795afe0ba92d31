import "./styles/tokens.css";
import "./styles/base.css";
import "./parts/Button.css"; // the parts come before what is made of them, so that it may change them
import "./parts/Menu.css";
import "./parts/Dialog.css";
import "./parts/parts.css";
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
