// Type-checks every layer against the libraries it may use, checks that layers
// import downwards only, and that dist is what src builds.
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildTo } from "./build.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const src = join(root, "src");

// What a layer may import, besides itself: other layers, then packages.
const layers = {
  gen: [[], ["@bufbuild/protobuf"]],
  wire: [["gen"], ["@bufbuild/protobuf"]],
  core: [["gen", "wire"], []],
  net: [["gen", "wire", "core"], ["@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-web", "@hpke/core"]],
  view: [["gen", "wire", "core", "net"], ["@bufbuild/protobuf"]],
  ui: [["gen", "wire", "core", "net", "view"], ["preact", "@preact/signals"]],
  portal: [["gen", "wire", "core", "net", "ui"], ["preact", "@preact/signals", "@bufbuild/protobuf"]],
  pages: [["gen", "wire", "core", "net", "ui"], ["preact", "@preact/signals", "@bufbuild/protobuf"]],
};
// A page takes only the types of the worker's messages; the worker itself runs elsewhere.
const typesOnly = new Set(["ui>view"]);
// Sinks that markup or code could come through. The document is for ui and pages.
const forbidden = [/\binnerHTML\b/, /\bouterHTML\b/, /\binsertAdjacentHTML\b/, /dangerouslySetInnerHTML/, /\beval\(/, /new Function\b/, /document\.write/, /https?:\/\//];
const longest = 400; // lines of a file, by the project's style

const problems = [];

for (const layer of Object.keys(layers)) {
  if (layer === "gen") continue; // checked with each layer that imports it
  const { status, stdout } = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", join(src, layer)], { encoding: "utf8" });
  if (status !== 0) problems.push(`${layer}:\n${stdout}`);
}
const tests = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", join(root, "tests")], { encoding: "utf8" });
if (tests.status !== 0) problems.push(`tests:\n${tests.stdout}`);

for (const layer of Object.keys(layers)) {
  for (const file of await readdir(join(src, layer), { recursive: true })) {
    if (!/\.tsx?$/.test(file)) continue;
    const path = join(src, layer, file);
    const text = await readFile(path, "utf8");
    const name = relative(root, path);
    checkImports(layer, path, name, text);
    if (layer === "gen") continue;
    for (const sink of forbidden) if (sink.test(text)) problems.push(`${name}: contains ${sink.source}`);
    if (text.split("\n").length > longest) problems.push(`${name}: longer than ${longest} lines`);
    if (layer !== "ui" && layer !== "pages" && layer !== "portal" && /\bdocument\./.test(text)) problems.push(`${name}: touches the document`);
  }
}

function checkImports(layer, path, name, text) {
  const [below, packages] = layers[layer];
  for (const [, type, from] of text.matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+"([^"]+)"/gm)) {
    if (from.startsWith(".")) {
      const to = relative(src, resolve(dirname(path), from)).split("/")[0];
      if (to === layer) continue;
      if (!below.includes(to)) problems.push(`${name}: ${layer} may not import ${to}`);
      else if (typesOnly.has(`${layer}>${to}`) && !type) problems.push(`${name}: ${layer} may import only types of ${to}`);
    } else if (!packages.some((p) => from === p || from.startsWith(`${p}/`))) {
      problems.push(`${name}: ${layer} may not import ${from}`);
    }
  }
}

// The committed build is the one that the sources make.
const fresh = await mkdtemp(join(tmpdir(), "console-"));
try {
  await buildTo(fresh);
  for (const file of await readdir(fresh, { recursive: true })) {
    const want = await readFile(join(fresh, file)).catch(() => undefined);
    if (!want) continue; // a folder
    const have = await readFile(join(root, "dist", file)).catch(() => undefined);
    if (!have?.equals(want)) problems.push(`dist/${file} is stale: npm run build`);
  }
} finally {
  await rm(fresh, { recursive: true });
}

for (const p of problems) console.error(p);
process.exit(problems.length > 0 ? 1 : 0);
