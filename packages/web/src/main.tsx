import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { App } from "./app.tsx"
import "./styles/tokens.css"
import "./styles/base.css"
import "./styles/layout.css"
import "./styles/log.css"
import "./styles/panels.css"

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>
)
