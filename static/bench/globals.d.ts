// What the bench's pages share: the global `bench`, the Heap that it stands in for, and Pyodide by its own path.
type Properties = Record<string, unknown>;
type LongTask = { at: number; ms: number; scripts: { url: string; ms: number }[] };

interface Bench {
  /** Put a Heap in the page that is there from the start and only notes what arrives. */
  standIn(): void;
  /** A cart of 21 leaves, nested. */
  cart(number: number): Properties;
  /** What a plain-JavaScript integration does: nested keys joined, dates and arrays as text. */
  flat(properties: Properties): Properties;
  /** analytics.js 2's destination plugin that tells Heap. */
  destination(): object;
  /** Settles with the time (ms since navigation) at which the call numbered `count`, from 1, arrived at Heap. */
  until(count: number): Promise<number>;
  /** The long tasks so far, each with the scripts that ran in the frame around it. */
  tasks(): LongTask[];
  /** When the first call arrived, in ms since navigation. */
  first(): Promise<number | null>;
  /** How many calls have arrived. */
  count(): number;
  /** The properties of the call that arrived last. */
  sample(): unknown;
  /** Make a call: each contestant's own. A promise settles when it was delivered. */
  send(event: string, properties: Properties): unknown;
  /** Calls made before the contestant was there, where it has no queue of its own. */
  queue: [string, Properties][];
  /** Measure Python in the page. */
  python(): Promise<{ importMs: number; firstMs: number; perSecond: number }>;
}

declare var bench: Bench;
interface Window {
  bench: Bench;
  heap: any;
}
