// A bar a query: A's value minus B's, largest first. The whole plot is one slider, so that it is a
// single stop for the keyboard and a bar of no height can be reached too.

import { chart, colourOf, horizontals, label, line, linear } from "./chart.js";
import {
  differences,
  largestFirst,
  measures,
  pairOf,
  systemName,
  topicId,
  topicText,
  valueOf,
} from "./data.js";
import { byId, html, svg } from "./dom.js";
import { count, number, pText, shorten, signed } from "./format.js";
import { follow, linkTo, openTopic, state } from "./state.js";
import { collected } from "./text.js";

const HEIGHT = 260;
const BOX = { top: 14, bottom: HEIGHT - 26, left: 52 };
const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };

const view = { order: [], gaps: [], at: 0, x: null, cursor: null };

export function showDifferences() {
  const plot = byId("differences-chart");
  const redraw = chart(plot, draw);
  follow(["measure", "a", "b"], () => {
    view.gaps = differences(state.a, state.b, state.measure);
    view.order = largestFirst(view.gaps);
    byId("differences-lead").textContent = summary();
    plot.setAttribute("aria-valuemin", 1);
    plot.setAttribute("aria-valuemax", view.order.length);
    redraw();
    moveTo(state.topic === null ? 0 : view.order.indexOf(state.topic));
  });
  follow(["topic"], () => {
    if (state.topic !== null) moveTo(view.order.indexOf(state.topic));
  });
  plot.addEventListener("keydown", onKey);
  plot.addEventListener("pointermove", (event) => moveTo(nearest(event)));
  plot.addEventListener("click", (event) => {
    moveTo(nearest(event));
    openTopic(view.order[view.at]);
  });
}

function summary() {
  const wins = view.gaps.filter((gap) => gap > 0).length;
  const losses = view.gaps.filter((gap) => gap < 0).length;
  const pair = pairOf(state.a, state.b, state.measure);
  const tested = pair
    ? `; mean difference ${signed(pair.difference[0])}, ${pText(pair.corrected)} after correction`
    : "";
  return (
    `${measures[state.measure]} of A (${systemName(state.a)}) minus that of B (${systemName(state.b)}) for each query, largest first. ` +
    `A is better on ${count(wins)}, B on ${count(losses)}, both are equal on ${count(view.gaps.length - wins - losses)}${tested}. ` +
    "Choose a bar to open its query; with the keyboard, the arrow keys move and Enter opens."
  );
}

function draw(width) {
  const right = width - 8;
  const reach = Math.max(0.01, ...view.gaps.map(Math.abs));
  const y = linear([-reach, reach], [BOX.bottom, BOX.top]);
  const step = (right - BOX.left) / view.order.length;
  view.x = (at) => BOX.left + at * step;
  view.step = step;
  view.cursor = svg("rect", {
    y: BOX.top - 6,
    height: BOX.bottom - BOX.top + 12,
    width: Math.max(2, step),
    class: "cursor",
  });
  place();
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, "aria-hidden": "true" },
    horizontals(y, [-reach, reach], BOX.left, right, 5, signed),
    view.cursor,
    bars(y, step),
    line(BOX.left, y(0), right, y(0), "zero"),
    label(right, BOX.top + 12, `▲ ${shorten(systemName(state.a), 34)} better`, "end", "axis"),
    label(BOX.left + 4, BOX.bottom - 6, `▼ ${shorten(systemName(state.b), 34)} better`, "start", "axis"),
    label((BOX.left + right) / 2, HEIGHT - 4, `${count(view.order.length)} queries`, "middle"),
  );
}

/** One path for each side: thousands of bars stay quick. */
function bars(y, step) {
  const gap = step > 4 ? 1 : 0;
  const sides = { a: "", b: "" };
  view.order.forEach((topic, at) => {
    const height = view.gaps[topic];
    if (height === 0) return;
    sides[height > 0 ? "a" : "b"] +=
      `M${view.x(at).toFixed(2)} ${y(0)}V${y(height).toFixed(2)}h${(step - gap).toFixed(2)}V${y(0)}z`;
  });
  return Object.entries(sides).map(([side, d]) =>
    svg("path", { d, fill: colourOf(state[side]), class: "bars" }),
  );
}

function nearest(event) {
  const box = byId("differences-chart").getBoundingClientRect();
  return Math.floor((event.clientX - box.left - BOX.left) / view.step);
}

function onKey(event) {
  const targets = { Home: 0, End: view.order.length - 1 };
  if (event.key === "Enter" || event.key === " ") openTopic(view.order[view.at]);
  else if (event.key in targets) moveTo(targets[event.key]);
  else if (event.key in STEPS) moveTo(view.at + STEPS[event.key]);
  else return;
  event.preventDefault();
}

function moveTo(at) {
  view.at = Math.min(Math.max(0, at), view.order.length - 1);
  const topic = view.order[view.at];
  const values = `${signed(view.gaps[topic])} (A ${number(valueOf(state.measure, state.a, topic))}, B ${number(valueOf(state.measure, state.b, topic))})`;
  const plot = byId("differences-chart");
  plot.setAttribute("aria-valuenow", view.at + 1);
  plot.setAttribute("aria-valuetext", `${topicId(topic)}: ${values}`);
  const text = topicText(topic);
  byId("differences-readout").replaceChildren(
    html("a", { href: linkTo(topic) }, topicId(topic)),
    html("span", { class: "value" }, values),
    text ? collected("bdi", text) : "",
  );
  place();
}

function place() {
  if (view.cursor) view.cursor.setAttribute("x", view.x(view.at));
}
