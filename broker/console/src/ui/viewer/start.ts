const workerPath = "/assets/worker.js";

interface ScriptUrlPolicy {
  createScriptURL(url: string): string;
}
declare const trustedTypes: { createPolicy(name: string, rules: ScriptUrlPolicy): ScriptUrlPolicy } | undefined;

// The one policy of the page, and all that it lets through is the worker. Made
// once, because a second one of the same name is refused.
const rules: ScriptUrlPolicy = {
  createScriptURL(url) {
    if (url !== workerPath) throw new TypeError("not a script of ours");
    return url;
  },
};
const policy = typeof trustedTypes === "undefined" ? rules : trustedTypes.createPolicy("alongside", rules);

/** Starts a viewer's worker. */
export function startWorker(): Worker {
  return new Worker(policy.createScriptURL(workerPath), { type: "module", name: "viewer" });
}
