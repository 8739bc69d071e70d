// Constants that the build writes into the bundles.

/** Folder of the Python runtime, relative to our own script: "runtime/<hash>/". */
declare const __RUNTIME__: string;

declare const __VERSION__: string;

/** What the Python core knows of Heap's two SDK generations. `{id}` in a path stands for the App ID. */
declare const __HEAP__: {
  classic: { methods: string[]; host: string; path: string };
  latest: { methods: string[]; host: string; path: string };
};
