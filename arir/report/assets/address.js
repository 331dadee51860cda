// The part of the address behind #, such as q=ID, or c=COLLECTION&q=ID.

/** What the address names, or null. */
export function addressed(key) {
  return new URLSearchParams(location.hash.slice(1)).get(key);
}

/** An address that names a query, within a collection where there are several. */
export function addressOf(topic, collection = null) {
  const parts = [];
  if (collection !== null) parts.push(`c=${encodeURIComponent(collection)}`);
  if (topic !== null) parts.push(`q=${encodeURIComponent(topic)}`);
  return `#${parts.join("&")}`;
}
