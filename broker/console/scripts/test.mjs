// Bundles every tests/*.test.ts and runs them with node --test. Names given as
// arguments choose some: `npm test -- keyboard`.
import { spawnSync } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { zstdWasm } from "./build.mjs";
import { mkdir, writeFile } from "node:fs/promises";

const root = fileURLToPath(new URL("../", import.meta.url));
const out = `${root}.test`;
const wanted = process.argv.slice(2);
const tests = (await readdir(`${root}tests`)).filter((f) => f.endsWith(".test.ts") && (wanted.length === 0 || wanted.some((w) => f.startsWith(w))));

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await writeFile(`${out}/zstd.wasm`, await zstdWasm());
await build({
  absWorkingDir: root,
  entryPoints: tests.map((f) => `tests/${f}`),
  outdir: out,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node18",
  external: ["playwright-core"],
  jsx: "automatic",
  jsxImportSource: "preact",
  sourcemap: "inline",
  logLevel: "warning",
});
// A file has a browser of its own; two keep two processors busy.
const files = tests.map((f) => `${out}/${f.replace(/\.ts$/, ".mjs")}`);
const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", "--test-concurrency=2", "--test-reporter=spec", ...files], { stdio: "inherit", cwd: root });
process.exit(run.status ?? 1);
