// The data of the page, and the questions that its parts ask of it.

import { addressed } from "./address.js";
import { byId } from "./dom.js";

/** What holds for all collections. */
export const report = JSON.parse(byId("data").textContent);

/** The collection that the address names, or the first. */
export const data = report.collections.find(({ name }) => name === addressed("c")) ?? report.collections[0];
report.collections = report.collections.map(({ name }) => name);

export const measures = report.measures;
/** Whether there are two systems to set side by side, and whether any were tested. */
export const comparing = data.systems.length > 1;
export const tested = data.pairs.length > 0;

const pairs = new Map(data.pairs.map((pair) => [`${pair.a} ${pair.b} ${pair.measure}`, pair]));
const positions = new Map(data.topics.map(([id], position) => [id, position]));

export const systemName = (system) => data.systems[system].name;
export const topicId = (topic) => data.topics[topic][0];
export const topicText = (topic) => data.topics[topic][1];
export const valueOf = (measure, system, topic) => data.values[measure][system][topic];

/** The position of a topic, or undefined. */
export const findTopic = (id) => positions.get(id);

/** The hypothesis "a against b", turned round where it was tested as "b against a"; or null. */
export function pairOf(a, b, measure) {
  const straight = pairs.get(`${a} ${b} ${measure}`);
  if (straight) return straight;
  const turned = pairs.get(`${b} ${a} ${measure}`);
  return turned ? turn(turned) : null;
}

function turn(pair) {
  const negative = (value) => (value === null ? null : -value);
  const mirror = ([value, low, high]) => [negative(value), negative(high), negative(low)];
  const { difference, g, delta } = pair;
  return {
    ...pair,
    a: pair.b,
    b: pair.a,
    difference: mirror(difference),
    g: mirror(g),
    delta: mirror(delta),
    wtl: [...pair.wtl].reverse(),
  };
}

/** Value of a minus value of b for every topic. */
export function differences(a, b, measure) {
  const [first, second] = [data.values[measure][a], data.values[measure][b]];
  return first.map((value, topic) => value - second[topic]);
}

/** The mean of each topic over all systems: low where a query is hard. */
export function topicMeans(measure) {
  const systems = data.values[measure];
  return data.topics.map(
    (_, topic) => systems.reduce((sum, values) => sum + values[topic], 0) / systems.length,
  );
}

/** Topics sorted by a number each, largest first; equal ones keep their order. */
export function largestFirst(numbers) {
  return numbers.map((_, topic) => topic).sort((x, y) => numbers[y] - numbers[x] || x - y);
}
