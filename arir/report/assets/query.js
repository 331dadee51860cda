// One query: its values, where its relevant passages are, and what A and B rank side by side.

import { swatch } from "./chart.js";
import { comparing, data, measures, report, systemName, topicId, topicText, valueOf } from "./data.js";
import { byId, html, scrolling } from "./dom.js";
import { number, plural } from "./format.js";
import { drawnHeading } from "./labels.js";
import { hit, judgment, passageId, titleOf } from "./passages.js";
import { neighbours } from "./queries.js";
import { follow, openTopic, state } from "./state.js";
import { collected } from "./text.js";

const reading = { whole: false };

export function showQuery() {
  follow(["topic", "unknown", "measure", "a", "b"], () => {
    const parts =
      state.unknown !== null ? missing(state.unknown) : state.topic === null ? [] : query(state.topic);
    byId("query").replaceChildren(...parts);
  });
}

const sides = () => (comparing ? [state.a, state.b] : [state.a]);

function missing(id) {
  return [html("h3", { id: "query-heading", tabindex: "-1" }, `This report has no query ${id}.`)];
}

function query(topic) {
  const text = topicText(topic);
  const heading = html(
    "h3",
    { id: "query-heading", tabindex: "-1" },
    html("span", { class: "id" }, topicId(topic)),
    text ? " " : "",
    text ? collected("bdi", text) : "",
  );
  const details = data.details[topic];
  const parts = [heading, steps(topic), values(topic)];
  if (!details) {
    return [
      ...parts,
      html("p", { class: "note" }, "The rankings of this query are left out to keep the page small."),
    ];
  }
  return [
    ...parts,
    relevantPassages(details),
    data.hasPassages ? wholeButton() : null,
    rankings(details),
  ].filter(Boolean);
}

function steps(topic) {
  const [before, after] = neighbours(topic);
  const button = (text, target) =>
    html("button", { type: "button", disabled: target === undefined, click: () => openTopic(target) }, text);
  return html("p", { class: "steps" }, button("← Previous", before), button("Next →", after));
}

function values(topic) {
  const all = data.systems.map((_, system) => system);
  const others = all.filter((system) => !sides().includes(system));
  const parts = [scrolling(valueTable(topic, sides(), "Values of this query"), "Values of this query")];
  if (others.length > 0) {
    const table = scrolling(valueTable(topic, others, "The other systems"), "Values of the other systems");
    parts.push(html("details", {}, html("summary", {}, plural(others.length, "other system")), table));
  }
  return html("div", {}, parts);
}

function valueTable(topic, systems, caption) {
  const head = html(
    "tr",
    {},
    html("th", { scope: "col" }, "System"),
    measures.map((name) => html("th", { scope: "col", class: "value" }, name)),
  );
  const rows = systems.map((system) => {
    const cells = measures.map((_, measure) =>
      html("td", { class: "value" }, number(valueOf(measure, system, topic))),
    );
    return html("tr", {}, drawnHeading(system), cells);
  });
  return html("table", {}, html("caption", {}, caption), html("thead", {}, head), html("tbody", {}, rows));
}

function relevantPassages({ relevant, nRelevant }) {
  if (nRelevant === 0) return html("p", { class: "note" }, "No passage is judged relevant for this query.");
  const heads = ["Relevant passage", "Judgment", ...sides().map((system, at) => `Rank in ${"AB"[at]}`)];
  const head = html(
    "tr",
    {},
    heads.map((text) => html("th", { scope: "col" }, text)),
  );
  const rows = relevant.map(([passage, grade, ranks]) => {
    const id = html(
      "th",
      { scope: "row", class: "name" },
      html("span", { class: "id" }, passageId(passage)),
      " ",
      titleOf(passage),
    );
    const cells = sides().map((system) => html("td", { class: "value" }, ranks[system] || "not retrieved"));
    return html("tr", {}, id, html("td", {}, judgment(grade)), cells);
  });
  const left = nRelevant - relevant.length;
  const table = html(
    "table",
    {},
    html("caption", {}, "Where the relevant passages are"),
    html("thead", {}, head),
    html("tbody", {}, rows),
  );
  return html(
    "div",
    {},
    scrolling(table, "Relevant passages"),
    left > 0 ? html("p", {}, `${plural(left, "more relevant passage")} not listed.`) : null,
  );
}

function wholeButton() {
  const button = html("button", { type: "button", "aria-pressed": String(reading.whole) }, "Longer passages");
  button.addEventListener("click", () => {
    reading.whole = !reading.whole;
    button.setAttribute("aria-pressed", String(reading.whole));
    byId("query").querySelector(".rankings").classList.toggle("whole", reading.whole);
  });
  return html("p", { class: "steps" }, button);
}

function rankings(details) {
  const columns = sides().map((system, at) => ranking(details, system, sides()[1 - at], "AB"[at], "BA"[at]));
  return html("div", { class: reading.whole ? "pair rankings whole" : "pair rankings" }, columns);
}

function ranking(details, system, other, letter, otherLetter) {
  const hits = details.hits[system];
  const ranksThere = new Map((details.hits[other] ?? []).map(([passage], at) => [passage, at + 1]));
  const elsewhere = (passage) => {
    if (other === undefined) return null;
    return ranksThere.has(passage)
      ? `${otherLetter}: rank ${ranksThere.get(passage)}`
      : `not in ${otherLetter}'s top ${report.depth}`;
  };
  const items = hits.map((entry, at) => hit(entry, at + 1, details.grades[entry[0]], elsewhere(entry[0])));
  const heading = html(
    "h4",
    {},
    swatch(system),
    other === undefined ? "" : `${letter}: `,
    systemName(system),
  );
  const list =
    items.length > 0
      ? html("ol", { class: "hits" }, items)
      : html("p", { class: "note" }, "Nothing was retrieved.");
  return html("div", {}, heading, list);
}
