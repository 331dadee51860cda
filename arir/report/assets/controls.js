// The choice of measure and systems, and the heading lines that do not change.

import { data } from "./data.js";
import { byId, html } from "./dom.js";
import { plural } from "./format.js";
import { choose, follow, state } from "./state.js";

export function showHead() {
  const size = `${plural(data.systems.length, "system")}, ${plural(data.topics.length, "topic")}`;
  byId("facts").textContent = [data.collection, size].filter(Boolean).join(" · ");
  byId("settings").append(...data.settings.map(([name, text]) => setting(name, text)));
  if (data.warnings.length > 0) byId("warnings").append(warnings());
  if (data.systems.length < 2) for (const part of document.querySelectorAll(".comparing")) part.remove();
}

const setting = (name, text) => html("div", {}, html("dt", {}, name), html("dd", {}, text));

function warnings() {
  const heading = html("h2", { id: "warnings-heading" }, plural(data.warnings.length, "warning"));
  const list = html("ul", {}, data.warnings.map((text) => html("li", {}, text)));
  return html("section", { class: "note", "aria-labelledby": "warnings-heading" }, heading, list);
}

export function connectControls() {
  const names = data.systems.map((system) => system.name);
  connect("measure", data.measures, "measure");
  connect("system-a", names, "a");
  connect("system-b", names, "b");
  byId("swap").addEventListener("click", () => choose({ a: state.b, b: state.a }));
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
