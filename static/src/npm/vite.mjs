// A plugin for Vite: `load({ appId })` finds its runtime, while developing and in what is built, and both are of one version.
import { join } from "node:path";
import { FOLDER, files, mediaType, PACKAGE, read } from "./files.mjs";

const MODULE = join(PACKAGE, "heap-web.mjs").replaceAll("\\", "/");

/** @param {{folder?: string}} [options] folder: where below the site's root the files are served, "heap-web" if nothing is said */
export default function heapWeb({ folder = FOLDER } = {}) {
  const path = folder.replace(/^\/+|\/+$/g, "");
  if (!path) throw new TypeError('heap-web: `folder` must name a folder below the site\'s root, like "heap-web"');
  let base = "/";
  let ssr = false;
  return {
    name: "heap-web",
    // Bundled in advance it would lose its address, and be another copy of itself.
    config: () => ({ optimizeDeps: { exclude: ["heap-web"] } }),

    /** @param {{base: string, build: {ssr: unknown}}} config */
    configResolved(config) {
      base = config.base;
      ssr = !!config.build.ssr;
    },

    /** The module asks for its runtime beside itself: say where that is. @param {string} code @param {string} id */
    transform(code, id) {
      if (id.replaceAll("\\", "/").split("?")[0] !== MODULE) return null;
      const home = JSON.stringify(`${base}${path}/`);
      const url = `(typeof document === "undefined" ? import.meta.url : new URL(${home}, document.baseURI).href)`;
      return { code: code.replaceAll("import.meta.url", url), map: null };
    },

    /** @param {{middlewares: {use: (path: string, handler: (request: any, response: any, next: () => void) => void) => void}}} server */
    configureServer(server) {
      const known = new Set(files());
      server.middlewares.use(`${new URL(base, "http://localhost").pathname}${path}/`, (request, response, next) => {
        const name = decodeURIComponent(new URL(request.url, "http://localhost").pathname.slice(1));
        if (!known.has(name)) return next();
        response.setHeader("Content-Type", mediaType(name));
        response.setHeader("Cache-Control", "no-cache");
        response.end(read(name));
      });
    },

    /** @this {{emitFile: (file: object) => void}} */
    generateBundle() {
      if (!ssr) for (const name of files()) this.emitFile({ type: "asset", fileName: `${path}/${name}`, source: read(name) });
    },
  };
}
