// What a thawed interpreter never comes to, and what the glue's spelling cannot tell: libraries linked later, file systems of others.

/** @typedef {import("./read-glue.mjs").Glue} Glue */

const NEVER = '()=>{throw new Error("left out of this bundle")}';
/** @type {Record<string, string>} name of a declaration -> its value instead */
const INSTEAD = {
  loadWebAssemblyModule: NEVER,
  getDylinkMetadata: "()=>({})",
  FS_handledByPreloadPlugin: NEVER,
  IDBFS: "{quit(){}}",
  PROXYFS: "{}",
  WORKERFS: "{}",
};

/** @param {Glue} glue @returns {Glue} */
export function leaveOut(glue) {
  const found = new Set(glue.units.flatMap(({ names }) => names));
  const missing = Object.keys(INSTEAD).filter((name) => !found.has(name));
  if (missing.length) throw new Error(`The glue has no ${missing.join(", ")}, which this version of Pyodide should have.`);
  const units = glue.units.map((unit) => {
    const [name = ""] = unit.names;
    return name in INSTEAD ? { ...unit, uses: [], text: `${name}=${INSTEAD[name]}` } : unit;
  });
  return { ...glue, units };
}
