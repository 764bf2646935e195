// Starts the page.
import { App } from "./app.js";
import { follow } from "./live.js";
import { html, render } from "./vendor/preact-htm.js";

follow();
render(html`<${App} />`, document.body);
