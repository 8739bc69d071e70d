/** Stubs of Heap: what queues calls until its script has come. */

import { attempt, isNode, matches, sourceText, world } from "../natives.js";

/** The methods that Heap's snippets write: they only push the call onto a queue. Minified, or as we write them. */
const QUEUES = /\.push\(\s*(\[\s*\w+\s*(\]\s*\.concat\(|,\s*\.\.\.)|\{\s*name\s*:)/;

/** Whether it is a function; an element that is called so is none. @param {unknown} value */
export const isFunction = (value) => typeof value === "function" && !isNode(value);

/** Something that is called heap and tracks: Heap, or a stub of it. An element or a frame of that name is neither. @returns {any} */
export const current = () =>
  attempt(() => {
    const { heap } = world;
    return heap && !isNode(heap) && isFunction(heap.track) ? heap : null;
  });

/** Whether a method is that of a stub. @param {unknown} method */
export const isQueueing = (method) => typeof method === "function" && matches(QUEUES, sourceText(method));
