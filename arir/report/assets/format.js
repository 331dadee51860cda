// Numbers as a paper prints them; the sign is a true minus.

export function number(value, digits = 4) {
  if (value === null) return "–";
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

export function signed(value, digits = 4) {
  const text = number(value, digits);
  return value !== null && value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

export function interval(low, high, form = number) {
  return low === null || high === null ? "" : `[${form(low)}, ${form(high)}]`;
}

/** Four decimals; what would read as zero is given as a bound, since no p-value is zero. */
export function pValue(p) {
  return p < 0.0001 ? "<0.0001" : p.toFixed(4);
}

/** "p = 0.0123", "p < 0.0001" */
export const pText = (p) => (p < 0.0001 ? "p < 0.0001" : `p = ${p.toFixed(4)}`);

export const count = (value) => value.toLocaleString("en");

export const plural = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

export const percent = (share) => `${Math.round(share * 1000) / 10} %`;

export const shorten = (text, length) =>
  text.length > length ? `${text.slice(0, Math.max(1, length - 1))}…` : text;
