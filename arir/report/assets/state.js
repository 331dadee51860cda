// What the reader has chosen. Nothing is kept but collection and query, in the address.

import { addressOf, addressed } from "./address.js";
import { data, differences, findTopic, largestFirst, report, topicId } from "./data.js";

const listeners = [];

export const state = { measure: 0, a: data.leaders[0], b: data.leaders[1], topic: null, unknown: null };

/** Call back now and after every change of one of the named choices. */
export function follow(names, listener) {
  listeners.push([names, listener]);
  listener(state);
}

export function choose(values) {
  const changed = Object.keys(values).filter((name) => state[name] !== values[name]);
  Object.assign(state, values);
  for (const [names, listener] of listeners) {
    if (names.some((name) => changed.includes(name))) listener(state);
  }
}

/** The address of a query of this collection. */
export function linkTo(topic) {
  return addressOf(topicId(topic), report.collections.length > 1 ? data.name : null);
}

/** Open a query: the address changes, and with it the page. */
export function openTopic(topic) {
  location.hash = linkTo(topic);
}

/** Open another collection: the page is built again from its data. */
export function openCollection(name) {
  location.hash = addressOf(null, name);
}

/** Take collection and query from the address; without a query, the one on which A gains most. */
export function readAddress() {
  const collection = addressed("c");
  if (collection !== null && collection !== data.name && report.collections.includes(collection))
    location.reload();
  const id = addressed("q");
  if (id === null) {
    if (state.topic === null) choose({ topic: first(), unknown: null });
    return false;
  }
  const topic = findTopic(id);
  if (topic === undefined) choose({ unknown: id });
  else choose({ topic, unknown: null });
  return true;
}

function first() {
  const order = largestFirst(differences(state.a, state.b, state.measure));
  return order.find((topic) => data.details[topic]) ?? order[0];
}
