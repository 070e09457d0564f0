import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createRetoma } from "retoma";
import { RetomaProvider } from "retoma/react";
import { Application } from "./Application.js";
import "./page.css";

const { url, publishableKey } = await (await fetch("/config.json")).json();
const retoma = createRetoma({ url, publishableKey });

createRoot(document.querySelector("#root") as HTMLElement).render(
  <StrictMode>
    <RetomaProvider client={retoma}>
      <Application />
    </RetomaProvider>
  </StrictMode>,
);
