import { useState } from "preact/hooks";
import { codeName, errorWords } from "../../core/words.ts";
import type { ErrorCode } from "../../gen/alongside/wire/v1/reason_pb.ts";
import type { ExplainResponse, Rule } from "../../gen/alongside/console/v1/settings_pb.ts";
import { Failed, Field, Loading, Notice, Tag } from "../../ui/parts.tsx";
import { useList, useStore } from "../context.ts";

/** Whether the rep may start a session on a device now, and which rule decides it. */
export function ExplainPanel({ device }: { device: string }) {
  const store = useStore();
  const [open, setOpen] = useState(false);
  return (
    <details class="explain" open={open} onToggle={(e) => setOpen(e.currentTarget.open)} data-testid="explain">
      <summary>Which rules decide this</summary>
      {open && <Explanation rep="" device={device} action="" key={`${device} ${store.view.value}`} />}
    </details>
  );
}

/** The same for any rep and any action. */
export function ExplainPage() {
  const [form, setForm] = useState({ rep: "", device: "", action: "" });
  const [asked, setAsked] = useState<typeof form>();
  const set = (key: keyof typeof form) => (v: string) => setForm({ ...form, [key]: v });
  return (
    <>
      <header class="head">
        <h1>Explain</h1>
        <span class="muted">May this rep do this on this device now, and which rule decides?</span>
      </header>
      <section class="card">
        <form
          class="panel wide"
          onSubmit={(e) => {
            e.preventDefault();
            setAsked({ ...form });
          }}
        >
          <div class="three">
            <Field label="Rep" name="rep" required={false} hint="Empty: yourself." value={form.rep} onValue={set("rep")} />
            <Field label="Device" name="device" hint="Its name or id." value={form.device} onValue={set("device")} />
            <Field label="Action" name="action" required={false} hint="Empty: session.start" value={form.action} onValue={set("action")} />
          </div>
          <button type="submit" class="btn primary" data-testid="explain-ask">
            Explain
          </button>
        </form>
        {asked && (
          <div class="panel wide">
            <Explanation key={Object.values(asked).join("\n")} {...asked} />
          </div>
        )}
      </section>
    </>
  );
}

function Explanation({ rep, device, action }: { rep: string; device: string; action: string }) {
  const store = useStore();
  const answer = useList("settings", (signal) => store.api.settings.explain({ rep, device, action }, { signal }), `${rep}\n${device}\n${action}`);
  if (answer.why) return <Failed why={answer.why} retry={answer.reload} />;
  if (!answer.value) return <Loading rows={2} label="Asking" />;
  return <Answer of={answer.value} />;
}

function Answer({ of: a }: { of: ExplainResponse }) {
  const code = a.code as ErrorCode;
  return (
    <div class="stack explanation" data-testid="explanation" data-allowed={a.allowed}>
      <Notice tone={a.allowed ? "good" : "warn"}>{a.allowed ? "Allowed" : `Not allowed: ${a.reason || errorWords(code)}`}</Notice>
      <p class="muted">
        Decided by <b data-testid="explain-rule">{ruleWords(a.rule)}</b>
        {!a.allowed && <code>{` ${codeName(code)}`}</code>}
      </p>
      {a.settings.length > 0 && (
        <table class="plain-table">
          <thead>
            <tr>
              <th scope="col">Setting</th>
              <th scope="col">Value</th>
              <th scope="col">From</th>
            </tr>
          </thead>
          <tbody>
            {a.settings.map((s) => (
              <tr key={s.key} class={s.key === a.rule?.setting ? "selected" : ""}>
                <td class="mono">{s.key}</td>
                <td class="breakable">{s.value || "–"}</td>
                <td>
                  <Tag tone={s.rule?.kind === "scope" ? "accent" : "plain"}>{ruleWords(s.rule)}</Tag>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function ruleWords(r: Rule | undefined): string {
  switch (r?.kind) {
    case "scope":
      return `scope ${r.scopeName || r.scopeId}`;
    case "permission":
      return `permission${r.setting ? ` ${r.setting}` : ""}`;
    case "entitlement":
      return "the device's entitlement";
    case "hours":
      return `the hours${r.scopeName ? ` of ${r.scopeName}` : ""}`;
    case "floor":
      return "the device's own floor";
    case "mfa":
      return "the second factor";
    case "default":
      return "default";
    default:
      return r?.kind || "–";
  }
}
