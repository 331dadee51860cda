// A system as tables name it: its line, its letter, its name.

import { swatch } from "./chart.js";
import { data } from "./data.js";
import { html } from "./dom.js";

export const letterOf = (system) => html("span", { class: "letter" }, data.systems[system].letter);

/** Parts stand side by side, so that a long name wraps beside its line and not below it. */
function systemLabel(system, ...before) {
  const { name } = data.systems[system];
  return html("span", { class: "system" }, before, html("span", { class: "system-name", title: name }, name));
}

/** The heading of a system's row. */
export function rowHeading(system, ...before) {
  return html("th", { scope: "row", class: "name" }, systemLabel(system, before));
}

/** The heading of a system's row, with its line as the figures draw it. */
export const drawnHeading = (system) => rowHeading(system, swatch(system));
