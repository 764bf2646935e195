// Draws the state that the set-up is in, twice a second; texts are set as text, never as HTML.
"use strict";

const root = document.getElementById("setup");
const note = document.getElementById("note");
const words = root.dataset;
let drawn = "";
let asked = 0;

document.getElementById("plain").hidden =
  location.protocol === "https:" || ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

function post(path, body) {
  return fetch(`/setup/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Setup-Token": words.token },
    body: JSON.stringify(body),
  });
}

function linkTo(url) {
  const isWeb = /^https?:\/\//.test(url);
  return isWeb ? element("a", { href: url, target: "_blank", rel: "noreferrer" }, url) : url;
}

function stepOf(step) {
  const entries = step.entries.map((entry) =>
    element("li", { class: entry.state }, entry.text, ...(entry.link ? [linkTo(entry.link)] : [])));
  return element("section", {}, element("h2", {}, step.title), element("ul", {}, ...entries));
}

function codeOf() {
  const open = element("button", { type: "button" }, words.open);
  open.addEventListener("click", async () => {
    const { link } = await (await post("link", {})).json();
    if (/^https?:\/\//.test(link)) window.open(link, "_blank", "noreferrer");
  });
  // The number makes it another picture for each code.
  const image = element("img", { src: `/setup/code.svg?${Date.now()}`, alt: words.scan });
  return element("figure", {}, image, element("figcaption", {}, words.scan), open);
}

function formOf(question) {
  const id = "answer";
  const parts = [];
  if (question.kind === "choice") {
    const options = question.choices.map((choice) =>
      element("label", {}, element("input", {
        type: "radio", name: id, value: choice.value, required: true,
        checked: choice.value === question.default,
      }), ` ${choice.text}`));
    parts.push(element("fieldset", {}, element("legend", {}, question.text), ...options));
  } else {
    const kind = question.kind === "secret" ? "password" : "text";
    parts.push(element("label", { for: id }, question.text), element("input", {
      id, name: id, type: kind, value: question.default, autocomplete: "off", spellcheck: "false",
      required: true,
    }));
  }
  if (question.help) parts.push(element("p", { class: "help" }, question.help));
  const form = element("form", {}, ...parts, element("button", {}, words.next));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const value = new FormData(form).get(id);
    form.querySelector("button").disabled = true;
    const answer = await post("answer", { number: question.number, value });
    if (!answer.ok) {
      form.querySelector("button").disabled = false;
      note.textContent = words.unfit;
      return;
    }
    form.remove();
    draw();
  });
  return form;
}

function againButton() {
  const button = element("button", { type: "button" }, words.again);
  button.addEventListener("click", async () => {
    button.disabled = true;
    await post("again", {});
    draw();
  });
  return button;
}

async function waitForBot() {
  note.textContent = words.done;
  try {
    // The set-up's own page is gone once the bot itself answers.
    const page = await fetch("/setup", { cache: "no-store" });
    const ping = await fetch("/ping", { cache: "no-store" });
    if (page.status === 404 && ping.ok) {
      note.textContent = words.live;
      return;
    }
  } catch {
    // Between the two nobody answers.
  }
  setTimeout(waitForBot, 1000);
}

async function draw() {
  let state;
  try {
    const answer = await fetch("/setup/state", { cache: "no-store" });
    if (answer.status === 401) {
      note.textContent = words.out;
      return false;
    }
    state = await answer.json();
  } catch {
    note.textContent = words.lost;
    return true;
  }
  const now = JSON.stringify(state);
  if (now === drawn) return true;
  drawn = now;
  const parts = state.steps.map(stepOf);
  if (state.has_code) parts.push(codeOf());
  if (state.question) parts.push(formOf(state.question));
  if (state.status === "failed") parts.push(againButton());
  root.replaceChildren(...parts);
  note.textContent = state.status === "failed" ? words.failed
    : state.status === "running" && !state.question && !state.has_code ? words.working : "";
  if (state.question && state.question.number !== asked) {
    asked = state.question.number;
    root.querySelector("form input")?.focus();
  }
  if (state.status === "done") {
    waitForBot();
    return false;
  }
  return true;
}

async function loop() {
  if (await draw()) setTimeout(loop, 500);
}

loop();
