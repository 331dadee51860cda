// The choice of collection, measure and systems, and the lines that do not change.

import { comparing, data, measures, report, tested } from "./data.js";
import { byId, html } from "./dom.js";
import { plural } from "./format.js";
import { choose, follow, openCollection, state } from "./state.js";

export function showHead() {
  const size = [plural(data.systems.length, "system"), plural(data.topics.length, "topic")];
  byId("facts").textContent = `${data.name}: ${size.join(", ")}`;
  byId("settings").append(...report.settings.map(([name, text]) => setting(name, text)));
  const warnings = [...report.warnings, ...data.warnings];
  if (warnings.length > 0) byId("warnings").append(warned(warnings));
  if (!comparing) removeAll(".comparing");
  if (!tested) removeAll(".tested");
  if (report.macro === null) removeAll(".several");
}

function removeAll(selector) {
  for (const part of document.querySelectorAll(selector)) part.remove();
}

const setting = (name, text) => html("div", {}, html("dt", {}, name), html("dd", {}, text));

function warned(warnings) {
  const heading = html("h2", { id: "warnings-heading" }, plural(warnings.length, "warning"));
  const list = html(
    "ul",
    {},
    warnings.map((text) => html("li", {}, text)),
  );
  return html("section", { class: "note", "aria-labelledby": "warnings-heading" }, heading, list);
}

export function connectControls() {
  connect("measure", measures, "measure");
  if (report.macro !== null) connectCollection();
  if (!comparing) return;
  const names = data.systems.map((system) => system.name);
  connect("system-a", names, "a");
  connect("system-b", names, "b");
  byId("swap").addEventListener("click", () => choose({ a: state.b, b: state.a }));
}

function connectCollection() {
  const select = byId("collection");
  select.append(...report.collections.map((name) => html("option", { selected: name === data.name }, name)));
  select.addEventListener("change", () => openCollection(select.value));
}

function connect(id, names, choice) {
  const select = byId(id);
  select.append(...names.map((name, value) => html("option", { value }, name)));
  select.addEventListener("change", () => choose(chosen(choice, Number(select.value))));
  follow([choice], () => {
    select.value = state[choice];
  });
}

/** A system is never compared with itself: to choose the other one swaps the two. */
function chosen(choice, value) {
  if (choice === "a" && value === state.b) return { a: value, b: state.a };
  if (choice === "b" && value === state.a) return { a: state.b, b: value };
  return { [choice]: value };
}
