/** heap_web: analytics.js' calls for Heap, transformed by Python in a worker, and none of them lost. */

export interface Settings {
  /** The App ID: the environment's number in Heap (Account > Manage > Projects), 1 to 20 digits. */
  appId: string | number;
  /** Which of Heap's two scripts is loaded. Default "classic". */
  sdk?: "classic" | "latest";
  /** Bare name of the host that serves Heap's script, like "cdn.eu.heap-api.com". */
  hostname?: string;
  /** Where Heap sends what it captures. */
  ingestServer?: string;
  /** The same, for a script that is self-hosted. */
  trackingServer?: string;
  /** Heap records no text of elements. */
  disableTextCapture?: boolean;
  /** Heap's cookies are for https alone. */
  secureCookie?: boolean;
  /** Defaults of the calls' `integrations` option, like `{ All: false, Heap: true }`. */
  integrations?: Record<string, unknown>;
  /** How many items of arrays become events of their own, per `track`. Default 0: none. */
  arrayLimit?: number;
  /** Whether `reset()` also calls `heap.resetIdentity()`. */
  resetIdentity?: boolean;
  /** Nothing is loaded or stored before `analytics.consent(true)`. */
  consentRequired?: boolean;
  /** Nothing is loaded or stored where the browser asks not to be tracked (Do Not Track, Global Privacy Control). */
  respectDnt?: boolean;
  /** Each settled call is written to the console. */
  debug?: boolean;
  /** Opens the inspector. */
  inspector?: boolean;
  /** CSP nonce for Heap's script. The script tag passes on its own. */
  nonce?: string;
  /** Name of a global variable to define. The script tag defines `analytics`. */
  global?: string;
  /** URL of the runtime's folder, where it is not beside our script. */
  runtime?: string;
}

/** What Heap was told: a method of `window.heap` and its arguments. */
export type Command = [method: string, ...args: unknown[]];

export interface Result {
  /** `kept`: Heap has not got it yet, this page or the next one will deliver it. `dropped`: it will not be delivered. */
  status: "delivered" | "kept" | "dropped";
  commands: Command[];
  /** Why it was kept or dropped. */
  reason?: string;
}

export interface State {
  runtime: "idle" | "loading" | "ready" | "failed";
  heap: "idle" | "loading" | "live" | "failed";
  /** Where Python runs: a SharedWorker, a Worker, or the page. */
  mode: "shared" | "dedicated" | "page" | null;
  /** 0 to 1, of the runtime's download. */
  progress: number;
  /** How long Python took to boot, in ms; null until then. */
  bootMs: number | null;
  /** What waits in the journal, of all pages of this App ID. */
  journal: { calls: number; bytes: number };
  consent: "granted" | "required" | "refused";
  /** Calls of this page that Heap has not got. */
  waiting: number;
}

export interface Message {
  code: string;
  message: string;
}

export interface Events {
  ready: () => void;
  /**
   * A call was made, or taken over from a page that is gone (`replayed`). `at`: epoch ms; `journalled`: it is written down by now, so
   * that a crash cannot lose it (a call that Heap has before its own tick is over need not be). `args` are JSON; what JSON has not is `{"$": kind}`, as in `{"$": "bigint", "v": "10"}` or `{"$": "undefined"}`.
   */
  call: (call: {
    id: number;
    method: string;
    args: unknown[];
    at: number;
    replayed: boolean;
    journalled: boolean;
  }) => void;
  /** Python has read a call. `ms`: since the call. */
  transformed: (call: { id: number; commands: Command[]; ms: number }) => void;
  settled: (call: { id: number; ms: number } & Result) => void;
  state: (state: State) => void;
  error: (error: Message) => void;
  warning: (warning: Message) => void;
}

export type Options = { integrations?: Record<string, unknown>; [name: string]: unknown };
export type Callback = () => void;
type Fields = object | null;

/** What was said last on this page, whether Heap has heard of it or not. An argument sets it. */
export interface User {
  id(id?: string | number | null): string | number | null;
  traits(traits?: object | null): Record<string, unknown>;
  /** Made at the first question. */
  anonymousId(id?: string): string;
}

/** The group that was said last. An argument sets it. */
export interface Group {
  id(id?: string | number | null): string | number | null;
  traits(traits?: object | null): Record<string, unknown>;
}

type OfElement<T> = T | ((element: Element) => T);

/** Any event, with any properties. */
export type AnyEvents = Record<string, Fields>;

/** The names of the events none of whose properties is required. */
type Bare<Tracked> = { [Name in keyof Tracked]: null extends Tracked[Name] ? Name : {} extends Tracked[Name] ? Name : never }[keyof Tracked];

/**
 * @template Tracked the events that may be tracked, by name with their properties:
 * `load<{ "Signed Up": { plan: "free" | "pro" }; "Logged Out": {} }>(settings)`. Names and properties are then completed and checked.
 */
export interface Analytics<Tracked extends object = AnyEvents> {
  readonly VERSION: string;
  readonly state: State;
  /** Starts, if the script tag has not. What is wrong with the settings is said in the console. */
  load(options?: Partial<Settings> | string): Analytics<Tracked>;

  identify(id: string | number | null, traits?: Fields, options?: Options | null, callback?: Callback): Promise<Result>;
  identify(id: string | number | null, traits: Fields, callback: Callback): Promise<Result>;
  identify(id: string | number | null, callback: Callback): Promise<Result>;
  identify(traits: object, options?: Options | Callback | null, callback?: Callback): Promise<Result>;
  identify(callback?: Callback): Promise<Result>;

  track<Name extends keyof Tracked & string>(event: Name, properties: Tracked[Name], callback: Callback): Promise<Result>;
  track<Name extends Bare<Tracked> & string>(event: Name, properties?: Tracked[Name] | null, options?: Options | null, callback?: Callback): Promise<Result>;
  track<Name extends Bare<Tracked> & string>(event: Name, callback: Callback): Promise<Result>;
  track<Name extends keyof Tracked & string>(event: Name, properties: Tracked[Name], options?: Options | null, callback?: Callback): Promise<Result>;

  /** Accepted, as in analytics.js; tells Heap nothing, for it captures page views itself. */
  page(...args: unknown[]): Promise<Result>;
  group(): Group;
  /** Accepted, as in analytics.js; tells Heap nothing. */
  group(...args: [unknown, ...unknown[]]): Promise<Result>;
  /** Accepted, as in analytics.js; tells Heap nothing. */
  alias(...args: unknown[]): Promise<Result>;

  /** Forgets the user. */
  reset(): Promise<Result>;
  setAnonymousId(id: string): Promise<Result>;
  user(): User;

  /** Tracks clicks on links, and then lets the visitor go on. */
  trackLink(links: unknown, event: OfElement<string>, properties?: OfElement<object>): Analytics<Tracked>;
  /** Tracks a form as it is submitted, and then sends it. */
  trackForm(forms: unknown, event: OfElement<string>, properties?: OfElement<object>): Analytics<Tracked>;
  /** Calls as a stub notes them, `["track", "Late"]`. */
  push(...calls: [method: string, ...args: unknown[]][]): number;
  /** How long a callback waits for its call, in ms. */
  timeout(ms: number): Analytics<Tracked>;
  /** `load` has been called, and was right. */
  readonly initialized: boolean;

  /** Called once Heap is live and Python runs, or one of them has failed; after 20 s whatever has come. The state says which. */
  ready(callback?: Callback): Promise<State>;
  /** Resolves when every call so far has settled. */
  flush(): Promise<void>;
  /** True: the visitor agrees. False: nothing more is tracked, and what we stored is removed. */
  consent(granted: boolean): void;
  /** As `consent(false)`: Heap is stopped too. */
  stop(): Analytics<Tracked>;
  debug(on?: boolean): Analytics<Tracked>;

  on<Name extends keyof Events>(name: Name, listener: Events[Name]): Analytics<Tracked>;
  /** A method's name: called with the arguments of each such call. */
  on(name: string, listener: (...args: any[]) => void): Analytics<Tracked>;
  once<Name extends keyof Events>(name: Name, listener: Events[Name]): Analytics<Tracked>;
  once(name: string, listener: (...args: any[]) => void): Analytics<Tracked>;
  off(name: string, listener?: (...args: any[]) => void): Analytics<Tracked>;
}

/** Loads heap_web, once per page however often it is called, and returns the page's `analytics`. */
export function load<Tracked extends object = AnyEvents>(options: Settings): Analytics<Tracked>;

/** The name of the runtime's folder in this build, "runtime/…/": where a bundler has moved the script, `load` must know its URL. */
export const runtime: string;

/** A destination plugin for Segment's analytics.js 2, named "Heap" as in its `integrations`. */
export interface SegmentPlugin {
  name: string;
  type: "destination";
  version: string;
  isLoaded(): boolean;
  load(context: unknown, segment: unknown): Promise<void>;
  unload(context: unknown, segment: unknown): Promise<void>;
  /** Resolves once Heap is live, or cannot be. */
  ready(): Promise<unknown>;
  track<Context>(context: Context): Context;
  identify<Context>(context: Context): Context;
  page<Context>(context: Context): Context;
  group<Context>(context: Context): Context;
  alias<Context>(context: Context): Context;
}

/** For pages that keep Segment's `@segment/analytics-next`: `analytics.register(heapWeb({ appId }))`. */
export function heapWeb(options: Settings): SegmentPlugin;

declare global {
  interface Window {
    analytics: Analytics;
  }
}
