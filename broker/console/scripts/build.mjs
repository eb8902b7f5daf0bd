// Builds dist from src. The same sources and lock file give the same bytes.
import { build } from "esbuild";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);
const at = (path) => fileURLToPath(new URL(path, root));

/** The WebAssembly of zstddec as a file of its own: a page without data: URLs can load it. */
export async function zstdWasm() {
  const text = await readFile(at("node_modules/zstddec/dist/zstddec.mjs"), "utf8");
  const found = /const wasm = (["'`])([A-Za-z0-9+/=]+)\1/.exec(text);
  if (!found) throw new Error("zstddec no longer holds its WebAssembly where it was");
  return Buffer.from(found[2], "base64");
}

/** The licences of what is bundled, which ask to go along. */
async function licenses() {
  const { dependencies } = JSON.parse(await readFile(at("package.json"), "utf8"));
  const parts = [];
  for (const [name, version] of Object.entries({ ...dependencies, "@preact/signals-core": "" }).sort()) {
    const text = await readFile(at(`node_modules/${name}/LICENSE`), "utf8").catch(() => "Apache-2.0, https://www.apache.org/licenses/LICENSE-2.0\n");
    parts.push(`${name} ${version}\n\n${text.trim()}\n`);
  }
  return parts.join(`\n${"-".repeat(78)}\n\n`);
}

const common = {
  absWorkingDir: fileURLToPath(root),
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome123", "firefox125", "safari17.5"], // light-dark() and Trusted Types or their absence
  legalComments: "none", // all of them are in licenses.txt,
  charset: "utf8",
  logLevel: "warning",
};

export async function buildTo(out) {
  await rm(out, { recursive: true, force: true });
  await mkdir(`${out}/assets`, { recursive: true });
  await build({ ...common, entryPoints: { app: "src/pages/main.tsx", worker: "src/view/worker.ts", style: "src/ui/style/style.css" }, outdir: `${out}/assets`, jsx: "automatic", jsxImportSource: "preact" });
  // The public page: a bundle of its own, so that none of the console's code is in it.
  await build({ ...common, entryPoints: { portal: "src/portal/main.tsx", "portal-style": "src/ui/style/portal.css" }, outdir: `${out}/assets`, jsx: "automatic", jsxImportSource: "preact" });
  await writeFile(`${out}/assets/zstd.wasm`, await zstdWasm());
  await copyFile(at("src/icon.svg"), `${out}/assets/icon.svg`);
  await copyFile(at("src/index.html"), `${out}/index.html`);
  await copyFile(at("src/portal.html"), `${out}/portal.html`);
  await writeFile(`${out}/assets/licenses.txt`, await licenses());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildTo(at("dist"));
