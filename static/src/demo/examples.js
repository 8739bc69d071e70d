// The playground's examples: calls that show what becomes of values, the documentation's own first.

/** @typedef {{label: string, method: "track" | "identify", event: string, values: string}} Example */

/** @type {readonly Example[]} */
export const EXAMPLES = [
  {
    label: "Nested values",
    method: "track",
    event: "Test Event",
    values: `{
  foo: {
    bar: {
      cheese: "american",
      prop: [1, 2, 3],
      products: [{ A: "Jello" }, { B: "Peanut" }]
    }
  }
}`,
  },
  {
    label: "Who it is",
    method: "identify",
    event: "userId123",
    values: `{
  name: "John Doe",
  email: "john.doe@example.com",
  address: { city: "Wobbleton", zip: "04711" },
  signedUpAt: new Date("2026-02-28T12:30:00+01:00")
}`,
  },
  {
    label: "Dates",
    method: "track",
    event: "Dates",
    values: `{
  now: new Date(),
  under: { a: { list: [new Date(0)] } },
  day: "2020-06-07",
  local: "2020-06-07 09:30:00",
  noSuchDay: "2026-02-30",
  sku: "1234-56-78",
  invalid: new Date("never")
}`,
  },
  {
    label: "A cart in an order",
    method: "track",
    event: "Order Completed",
    values: `{
  order_id: "JP-100234",
  total: 27.5,
  currency: "EUR",
  coupon: null,
  delivery: { kind: "bicycle", window: { from: "18:00", to: "20:00" } },
  products: [
    { product_id: "lime-jello", price: 6, quantity: 2, tags: ["sharp", "green"] },
    { product_id: "peanut-brittle", price: 5.5, quantity: 1, tags: [] }
  ]
}`,
  },
  {
    label: "Odd values",
    method: "track",
    event: "Odd Values",
    values: `{
  map: new Map([["a", 1], ["b", { c: 2 }]]),
  set: new Set([3, 1, 2]),
  bytes: new Uint8Array([1, 2, 255]),
  big: 10n,
  bigger: 123456789012345678901234567890n,
  huge: 1e21,
  notANumber: NaN,
  minusZero: -0,
  nothing: undefined,
  none: null,
  url: new URL("https://shop.example/a?b=c#d"),
  pattern: /jell[o0]/gi,
  error: new TypeError("too wobbly"),
  made: function () { return "never sent"; },
  arrow: () => 1,
  symbol: Symbol("s"),
  invalid: new Date("never"),
  element: document.body,
  window: window,
  again: circular,
  list: [undefined, NaN, () => 1, circular, 7n]
}`,
  },
  {
    label: "Strange names",
    method: "track",
    event: "Strange Names",
    values: `{
  "__proto__": { polluted: true },
  constructor: "a key like any other",
  "with.dot": { inside: 1 },
  "": "no name",
  "2": "two",
  "1": "one",
  emoji: "🥜 and half of one: \\ud83e",
  email: "peanut@example.com",
  _email: "jello@example.com"
}`,
  },
  { label: "No event name", method: "track", event: "", values: `{ a: 1 }` },
  { label: "No properties", method: "track", event: "Just Clicked", values: `` },
];
