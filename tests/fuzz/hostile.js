// Values that no one should hand to a call, picked by a seed and a number: `fuzz.run(seed, from, to)` makes calls with them and
// returns what the page saw: exceptions, rejections, promises that never settled, and what Heap was told. Heap is played here.
(() => {
  const { defineProperty } = Object;
  const { getPrototypeOf, ownKeys } = Reflect;
  const scalars = { string: true, boolean: true, number: true };
  const seen = { thrown: [], rejections: [], wrong: [], status: {}, reasons: {} };
  /** @type {Map<string, number>} how often Heap was told of each call */
  const received = new Map();
  const say = (error) => {
    try {
      return String(error).slice(0, 300);
    } catch {
      return "an error that cannot be shown";
    }
  };

  // ── Heap ──

  const flat = (object) => {
    if (!object || typeof object !== "object" || getPrototypeOf(object) !== Object.prototype) return false;
    for (const key of ownKeys(object)) {
      const value = object[key];
      if (typeof key !== "string" || !scalars[typeof value] || (typeof value === "number" && value - value !== 0)) return false;
    }
    return true;
  };
  const right = {
    track: (args) => args.length === 2 && typeof args[0] === "string" && args[0] !== "" && flat(args[1]),
    identify: (args) => args.length === 1 && scalars[typeof args[0]] && args[0] && flat({ id: args[0] }),
    addUserProperties: (args) => args.length === 1 && flat(args[0]),
    resetIdentity: (args) => args.length === 0,
  };
  window.heap = { loaded: true };
  for (const method of ownKeys(right)) {
    heap[method] = (...args) => {
      if (!right[method](args)) seen.wrong.push(`${method} ${JSON.stringify(args).slice(0, 300)}`);
      const { call } = args[args.length - 1] || {};
      if (call) received.set(call, (received.get(call) || 0) + 1);
    };
  }

  // ── chance ──

  /** Numbers below 2^32, the same ones for the same start. */
  const chance = (seed, number) => {
    let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)) | 0;
    const next = () => {
      state = (state + 0x6d2b79f5) | 0;
      let bits = Math.imul(state ^ (state >>> 15), 1 | state);
      bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
      return (bits ^ (bits >>> 14)) >>> 0;
    };
    const below = (count) => next() % count;
    return { below, of: (array) => array[below(array.length)] };
  };

  // ── other realms ──

  const frame = (html) => {
    const element = document.createElement("iframe");
    if (html) {
      element.sandbox = "";
      element.srcdoc = html;
    }
    document.body.append(element);
    return element;
  };
  const there = frame().contentWindow;
  const stranger = frame("elsewhere").contentWindow;
  const leaving = frame();
  const gone = leaving.contentWindow;
  const left = { object: new gone.Object(), array: new gone.Array(1, 2), date: new gone.Date(0), map: new gone.Map([["a", 1]]), document: gone.document };
  leaving.remove();

  // ── values that hold no others ──

  const refuse = () => {
    throw new Proxy({}, { get: refuse });
  };
  const deaf = (target) => new Proxy(target, new Proxy({}, { get: () => refuse }));
  const revoked = (target) => {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    return proxy;
  };
  const tagged = (tag, rest) => ({ [Symbol.toStringTag]: tag, ...rest });
  const element = (name) => document.createElement(name);
  const rejected = () => {
    const promise = Promise.reject(new Error("the value's own"));
    promise.catch(() => {});
    return promise;
  };
  class Own {
    #secret = 1;
    shown = () => this.#secret;
    get inherited() {
      return refuse();
    }
  }
  class LateDate extends Date {
    toISOString() {
      return refuse();
    }
  }
  class DeafMap extends Map {
    forEach() {
      return refuse();
    }
  }

  const TEXTS = [
    ..."|a|b|a.b|.|$| |x\0y|\u2028|\"\\|😀|__proto__|constructor|prototype|toJSON|toString|valueOf|hasOwnProperty|length|then|nodeType|null|undefined|NaN".split("|"),
    ..."[object Object]|0|1|10|4294967295|id|email|_email|ada@example.com|Heap|All|integrations|context|providers|anonymousId|2020-02-29|2021-02-29".split("|"),
    ..."2020-06-07 08:09:10|2020-06-07 24:00:00|2020-13-07 08:09:10|2020-06-07T08:09:10.123456+05:30|2016-12-31T23:59:60Z|9999-12-31T23:59:59-23:59".split("|"),
    ...["\ud800", "\udc00\ud800", "x\udfff", "é".repeat(300), "x".repeat(1025), "\ud800".repeat(600)],
  ];
  const VALUES = [
    ...[undefined, null, true, false, 0, -0, 1, -1, 0.1, NaN, Infinity, -Infinity, 2 ** 53, -(2 ** 53), 1e21, 1e308, 5e-324, 1e-7],
    ...[0n, 123n, -(2n ** 64n), 10n ** 5000n, Symbol("s"), Symbol.iterator, document.all],
    ...[window, document, document.body, document.body.style, navigator, location, history, sessionStorage, performance, crypto, Math, JSON, Reflect],
    ...[Object, Date, Proxy, Object.prototype, Array.prototype, Function.prototype, Date.prototype, Map.prototype, Promise.prototype],
    ...[there, there.document, there.Object.prototype, stranger, gone, ...Object.values(left), there.document.createElement("p"), there.Symbol("s")],
  ];
  const MAKERS = [
    ...[() => () => {}, () => refuse, () => class {}, () => async () => {}, () => function* () {}, () => deaf(() => {}), () => revoked(() => {}), () => there.eval("(() => 1)")],
    ...[() => element("div"), () => element("form"), () => new Text("t"), () => new DocumentFragment(), () => document.querySelectorAll("*"), () => new Event("e"), () => new Range()],
    ...[() => new Date(0), () => new Date(NaN), () => new Date(8.64e15), () => new Date(-8.64e15), () => new LateDate(), () => new there.Date(1e12), () => new there.Date(NaN)],
    ...[() => /x/g, () => new URL("https://example.com/?a=%20"), () => new URLSearchParams("a=1"), () => new Blob(["x"]), () => new File([], "f"), () => new Headers({ a: "b" })],
    ...[() => new Error("wrong"), () => Object.defineProperty(new Error(), "message", { get: refuse }), () => new DOMException("m", "n"), () => new AggregateError([1], "m")],
    ...[() => Promise.resolve(1), rejected, () => new Promise(() => {}), () => new WeakMap(), () => new WeakSet(), () => new WeakRef({}), () => ({ then: refuse })],
    ...[() => new ArrayBuffer(8), () => new DataView(new ArrayBuffer(8)), () => new Uint8Array(3), () => new Float64Array([NaN, 0.5, -Infinity]), () => new BigInt64Array(2)],
    ...[() => Object(1), () => Object("text"), () => Object(1n), () => Object(Symbol("s")), () => Object(false), () => new there.Number(NaN), () => new there.String("\ud800")],
    ...[() => Object.assign(Object(1), { valueOf: refuse }), () => Object.assign(Object("s"), { valueOf: () => window })],
    ...[() => new Map([["a", 1], [{}, 2], [Symbol.iterator, 3], ["__proto__", 4]]), () => new Set([1, "a", NaN, {}]), () => new there.Map([["a", new there.Date(0)]]), () => new DeafMap([["a", 1]])],
    ...[() => new Map().entries(), () => [].values(), () => (function* () { yield refuse(); })(), () => (function () { return arguments; })(1, refuse)],
    ...["Date", "Map", "Set", "Error", "URL", "Promise", "Window", "x"].map((tag) => () => tagged(tag)),
    ...["Number", "String", "BigInt", "Symbol"].map((tag) => () => tagged(tag, { a: 1 })), // whose valueOf is itself
    ...[() => tagged("Date", { getTime: () => 0, toISOString: () => window }), () => tagged("Set", { forEach: (add) => add(window) }), () => tagged("RegExp", { toString: refuse })],
    ...[() => ({ get [Symbol.toStringTag]() { return refuse(); } }), () => Object.assign(Object.create(null), { a: 1 }), () => Object.create({ get a() { return refuse(); } })],
    ...[() => new Own(), () => Object.freeze({ a: 1 }), () => ({ nodeType: 1 }), () => ({ nodeType: refuse }), () => ({ get nodeType() { return refuse(); } }), () => ({ [Symbol("s")]: 1, a: 1 })],
    ...[() => [, 1, , 2], () => Object.assign([1], { a: 2, toJSON: refuse }), () => new Array(300), () => analytics],
    ...[() => deaf({}), () => deaf([]), () => revoked({}), () => revoked([]), () => deaf(new Date()), () => new Proxy(new Date(0), {}), () => new Proxy(new Map(), {}), () => deaf(there)],
    ...[() => new Proxy({}, { ownKeys: () => ["a", "a"] }), () => new Proxy({}, { ownKeys: () => window }), () => new Proxy({}, { getPrototypeOf: () => 1 })],
    ...[() => new Proxy({}, { ownKeys: () => ["a", "b"], getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }), get: (_, key) => (key === "b" ? 2 : refuse()) })],
    ...[-1, NaN, "3", 2.5, null, {}, Symbol("s"), 1n].map((length) => () => new Proxy([1, 2], { get: (_, key) => (key === "length" ? length : key) })),
    ...[() => ({ toJSON: refuse }), () => ({ toJSON: () => window }), () => ({ get toJSON() { return refuse(); } }), () => ({ toString: refuse, valueOf: refuse, [Symbol.toPrimitive]: refuse })],
    ...[() => ({ toJSON() { return this; }, a: 1 }), () => ({ toJSON: (key) => ({ key, toJSON: refuse }) }), () => ({ toJSON: deaf(() => {}) }), () => ({ toJSON: class {} })],
    ...[() => Object.assign(new Date(0), { toJSON: refuse }), () => Object.assign(new Map([["a", 1]]), { toJSON: () => 1 }), () => ({ valueOf: () => 1 })],
    ...[() => ({ get again() { analytics.track("Within"); return 1; } }), () => ({ get grow() { this[`k${ownKeys(this).length}`] = 1; return 1; } }), () => ({ get b() { delete this.c; return 1; }, c: 2 })],
    () => {
      const array = [1, 2, 3];
      defineProperty(array, 0, { get: () => (array.length = 1) });
      return array;
    },
  ];
  /** Those that take their time: one value in a thousand. */
  const HUGE = [
    ...[() => "x".repeat(1e6), () => "\ud800".repeat(1e5), () => "é\"\\\n".repeat(1e5), () => new Array(1e9), () => new Uint8Array(1e6), () => new Float64Array(1e4).fill(0.1)],
    ...[2 ** 32 - 1, Infinity, 1e9].map((length) => () => new Proxy([], { get: (_, key) => (key === "length" ? length : 1) })),
    ...[(value) => [value], (value) => ({ a: value }), (value) => ({ $: value }), (value) => new Map([["m", value]]), (value) => new Set([value]), (value) => new Proxy([value], {})].map((wrap) => () => {
      let value = 1;
      for (let i = 0; i < 1e5; i++) value = wrap(value);
      return value;
    }),
    () => {
      let value = [1];
      for (let i = 0; i < 50; i++) value = [value, value];
      return value;
    },
    () => {
      const endless = () => ({ get a() { return endless(); }, get b() { return endless(); } });
      return endless();
    },
    () => {
      const endless = () => ({ toJSON: () => ({ again: endless() }) });
      return endless();
    },
    () => {
      const endless = () => new Proxy({}, { get: endless, ownKeys: () => ["a"], getPrototypeOf: endless, getOwnPropertyDescriptor: endless });
      return endless();
    },
    () => Object.fromEntries(Array.from({ length: 1e4 }, (_, i) => [`key ${i}`, { i }])),
  ];

  const leaf = (from) => {
    const kind = from.below(1000);
    if (kind === 0) return from.of(HUGE)();
    return kind < 250 ? from.of(TEXTS) : kind < 500 ? from.of(VALUES) : from.of(MAKERS)();
  };

  // ── values that hold others ──

  const some = (from, room) => Array.from({ length: from.below(4) }, () => value(from, room - 1));
  // By definition, so that __proto__ is a key like any other.
  const put = (object, key, descriptor) => defineProperty(object, key, { enumerable: true, configurable: true, ...descriptor });
  const fill = (from, room, object, get) => {
    for (const item of some(from, room)) {
      try {
        put(object, from.of(TEXTS), get ? { get: () => item } : { value: item, writable: true });
      } catch {} // an array's length
    }
    return object;
  };
  const CONTAINERS = [
    ...Array(6).fill((from, room) => fill(from, room, {})),
    ...Array(3).fill((from, room) => some(from, room)),
    (from, room) => fill(from, room, {}, true),
    (from, room) => fill(from, room, Object.create(null)),
    (from, room) => fill(from, room, new there.Object()),
    (from, room) => fill(from, room, new Date(0)),
    (from, room) => fill(from, room, some(from, room)),
    (from, room) => there.Array.from(some(from, room)),
    (from, room) => new Map(some(from, room).map((item) => [from.of(TEXTS), item])),
    (from, room) => new Set(some(from, room)),
    (from, room) => new Proxy(fill(from, room, {}), {}),
    (from, room) => new Proxy(some(from, room), {}),
    (from, room) => ({ toJSON: () => made, made: value(from, room - 1) }),
    (from, room) => {
      const made = value(from, room - 1);
      return { toJSON: () => made };
    },
    (from, room) => {
      const object = fill(from, room, { a: 1 });
      put(object, "self", { value: object });
      put(object, "round", { value: [object, new Map([["self", object]]), new Set([object])] });
      return object;
    },
    (from, room) => {
      let made = value(from, room - 1);
      for (let i = from.below(40); i; i--) made = from.below(2) ? [made] : { deep: made };
      return made;
    },
  ];
  const value = (from, room = 3) => (room <= 0 || !from.below(3) ? leaf(from) : from.of(CONTAINERS)(from, room));

  // ── calls ──

  /** Where in a call a value may stand: (call's id, value) -> [method, args, how often Heap is told of the id at least, and at most]. */
  const CALLS = [
    (call, value) => ["track", ["Hostile", { call, value }], 1, 1],
    (call, value) => ["track", ["Hostile", { call, in: { list: [value], value } }], 1, 1],
    (call, value, from) => ["track", ["Hostile", put({ call }, from.of(TEXTS) + "!", { get: () => value })], 1, 1],
    (call, value) => ["track", ["Hostile", value]],
    (call, value) => ["track", [value, { call }]],
    (call, value) => ["track", ["Hostile", { call }, value, value]],
    (call, value) => ["track", ["Hostile", { call }, { integrations: value, context: value, anonymousId: value }]],
    (call, value) => ["track", [value, value, value, value, value]],
    (call, value) => ["identify", [`user ${call}`, { call, value, email: value }], 1],
    (call, value) => ["identify", [{ call, value }], 1],
    (call, value) => ["identify", [value]],
    (call, value) => ["identify", [value, { call, value }, value]],
    (call, value) => ["identify", [`user ${call}`, value]],
    (call, value) => ["page", [value, value, value]],
    (call, value) => ["group", [value, value]],
    (call, value) => ["alias", [value, value]],
    (call, value) => ["setAnonymousId", [value]],
    (call, value) => ["reset", [value]],
  ];
  const pause = () => new Promise((resolve) => setTimeout(resolve));
  const made = (seed, number) => {
    const from = chance(seed, number);
    const given = value(from);
    return from.of(CALLS)(`${seed}:${number}`, given, from);
  };

  addEventListener("error", (event) => seen.rejections.push(`uncaught: ${say(event.message)}`));
  addEventListener("unhandledrejection", (event) => seen.rejections.push(`unhandled: ${say(event.reason)}`));

  window.fuzz = {
    made,
    async run(seed, start, end, patience) {
      /** @type {Map<string, number>} */
      const unsettled = new Map();
      const owed = [];
      const promises = [];
      for (let number = start; number < end; number++) {
        const [method, args, least = 0, most = Infinity] = made(seed, number); // traits are told again with later ones
        const call = `${seed}:${number}`;
        owed.push([call, least, most]);
        unsettled.set(call, number);
        try {
          const promise = analytics[method](...args);
          const settled = promise.then(
            ({ status, reason = "" }) => {
              unsettled.delete(call);
              seen.status[status] = (seen.status[status] || 0) + 1;
              if (status !== "delivered") seen.reasons[reason] = call;
              if (least && status !== "delivered") seen.wrong.push(`${call} is ${status}: ${reason}`);
            },
            (error) => seen.rejections.push(`${call} was rejected: ${say(error)}`),
          );
          promises.push(settled);
        } catch (error) {
          unsettled.delete(call);
          seen.thrown.push(`${call} ${method}: ${say(error)}`);
        }
        if (number % 20 === 19) await pause();
      }
      await Promise.race([Promise.all(promises), new Promise((resolve) => setTimeout(resolve, patience))]);
      await pause(); // a rejection is reported after the task in which it came
      const seenNow = { ...seen, unsettled: [...unsettled.keys()], received: received.size };
      seenNow.lost = owed.filter(([call, least]) => (received.get(call) || 0) < least);
      seenNow.twice = owed.filter(([call, , most]) => received.get(call) > most);
      seenNow.polluted = [...ownKeys(Object.prototype), ...ownKeys(Array.prototype)].map(String).filter((key) => !natives.has(key));
      received.clear();
      const told = JSON.stringify(seenNow);
      for (const list of [seen.thrown, seen.rejections, seen.wrong]) list.length = 0;
      return JSON.parse(told);
    },
  };
  const natives = new Set([...ownKeys(Object.prototype), ...ownKeys(Array.prototype)].map(String));
})();
