// What the reader has chosen. Nothing is kept but the query, in the address: #q=ID.

import { data, findTopic, largestFirst, differences, topicId } from "./data.js";

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

/** Open a query: the address changes, and with it the page. */
export function openTopic(topic) {
  location.hash = `q=${encodeURIComponent(topicId(topic))}`;
}

/** Take the query from the address; without one, the first of those on which A is better. */
export function readAddress() {
  const id = addressed();
  if (id === null) {
    if (state.topic === null) choose({ topic: first(), unknown: null });
    return false;
  }
  const topic = findTopic(id);
  if (topic === undefined) choose({ unknown: id });
  else choose({ topic, unknown: null });
  return true;
}

function addressed() {
  const found = location.hash.match(/^#q=(.*)$/);
  if (!found) return null;
  try {
    return decodeURIComponent(found[1]);
  } catch {
    return found[1];
  }
}

function first() {
  const order = largestFirst(differences(state.a, state.b, state.measure));
  return order.find((topic) => data.details[topic]) ?? order[0];
}
