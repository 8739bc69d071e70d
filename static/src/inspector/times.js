// Times as a person reads them.

/** A duration, with as many digits as matter. @param {number} ms */
export const milliseconds = (ms) =>
  ms < 10 ? `${ms.toFixed(1)} ms` : ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;

/** A time of day to the millisecond, in the visitor's zone. @param {number} at epoch ms */
export function clock(at) {
  const time = new Date(at);
  return `${time.toLocaleTimeString([], { hour12: false })}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}
