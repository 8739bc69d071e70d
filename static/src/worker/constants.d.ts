// Constants that the build puts in (esbuild's define) for the worker.
declare const __PARTS__: Record<string, { size: number; sha256?: string }>;
declare const __SAMPLE__: string;
