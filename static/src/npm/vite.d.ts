/** A plugin for Vite: `plugins: [heapWeb()]`. It serves and emits heap-web's files, and tells `load` where they are. */
export default function heapWeb(options?: {
  /** Folder below the site's root that they are served from. Default "heap-web". */
  folder?: string;
}): { name: string };
