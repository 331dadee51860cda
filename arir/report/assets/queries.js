// Find a query: by its id or words, or from the top of an order.

import { comparing, data, differences, largestFirst, topicId, topicMeans, topicText } from "./data.js";
import { byId, html } from "./dom.js";
import { count, plural, shorten, signed } from "./format.js";
import { follow, openTopic, state } from "./state.js";
import { collected, fold } from "./text.js";

const PAGE = 50;
const TEXT_SHOWN = 140;
const folded = data.topics.map(([id, text]) => fold(`${id} ${text}`));

const ORDERS = {
  a: ["A better first", () => largestFirst(differences(state.a, state.b, state.measure))],
  b: ["B better first", () => largestFirst(differences(state.b, state.a, state.measure))],
  hard: [
    "Hardest first (mean of all systems)",
    () => largestFirst(topicMeans(state.measure).map((mean) => -mean)),
  ],
  long: ["Longest first", () => largestFirst(data.topics.map(([, text]) => text.split(/\s+/).length))],
  given: ["Order of the topics", () => data.topics.map((_, topic) => topic)],
};
const listed = { topics: [], shown: PAGE };

export function showQueryList() {
  const order = byId("query-order");
  const names = Object.keys(ORDERS).filter((name) => comparing || !["a", "b"].includes(name));
  order.append(...names.map((name) => html("option", { value: name }, ORDERS[name][0])));
  lead();
  const renew = () => {
    const words = fold(byId("query-search").value).split(/\s+/).filter(Boolean);
    const matches = (topic) => words.every((word) => folded[topic].includes(word));
    Object.assign(listed, { topics: ORDERS[order.value][1]().filter(matches), shown: PAGE });
    fillList();
  };
  byId("query-search").addEventListener("input", renew);
  order.addEventListener("change", renew);
  byId("query-more").addEventListener("click", showMore);
  follow(["measure", "a", "b"], renew);
  follow(["topic"], markChosen);
}

function lead() {
  const included = Object.keys(data.details).length;
  const all = data.topics.length;
  byId("queries-lead").textContent =
    included === all
      ? "What systems A and B rank first for a query, with the judgments."
      : `What systems A and B rank first for a query, with the judgments. To keep this page small, the rankings of ${count(included)} of the ${count(all)} topics ` +
        "are included: those on which the systems differ most. The values of every topic are included.";
}

function fillList() {
  byId("query-list").replaceChildren(...listed.topics.slice(0, listed.shown).map(item));
  byId("query-count").textContent =
    listed.topics.length === 0 ? "No query matches." : plural(listed.topics.length, "query", "queries");
  byId("query-more").hidden = listed.shown >= listed.topics.length;
  markChosen();
}

/** Focus stays with the reader: it moves to the first of the new queries. */
function showMore() {
  const first = listed.shown;
  listed.shown += PAGE;
  fillList();
  byId("query-list").children[first]?.querySelector("button").focus();
}

function item(topic) {
  const text = topicText(topic);
  const gap = comparing
    ? signed(data.values[state.measure][state.a][topic] - data.values[state.measure][state.b][topic], 3)
    : "";
  const id = html("span", { class: "id" }, topicId(topic));
  const button = html(
    "button",
    { type: "button", click: () => openTopic(topic), "data-topic": topic },
    id,
    html("span", { class: "value" }, gap),
  );
  if (text) button.append(collected("span", shorten(text, TEXT_SHOWN), { class: "text" }));
  return html("li", {}, button);
}

function markChosen() {
  for (const button of byId("query-list").querySelectorAll("button")) {
    const chosen = Number(button.dataset.topic) === state.topic && state.unknown === null;
    if (chosen) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

/** The queries before and after a topic in the present order; undefined at the ends. */
export function neighbours(topic) {
  const at = listed.topics.indexOf(topic);
  return at < 0 ? [] : [listed.topics[at - 1], listed.topics[at + 1]];
}
