import { settingProblem } from "../../core/scope.ts";
import type { Setting } from "../../gen/alongside/console/v1/settings_pb.ts";

/** One setting of the catalogue: not defined and so inherited, or defined with a value. */
export function SettingField({ setting: s, value, error, change }: { setting: Setting; value: string | undefined; error: string | undefined; change: (v: string | undefined) => void }) {
  const defined = value !== undefined;
  const problem = defined ? error || settingProblem(s, value) : "";
  const hintId = `setting-${s.key}-hint`;
  const words = [s.help, s.unit && `In ${unitWords[s.unit] ?? s.unit}.`].filter(Boolean).join(" ");
  return (
    <div class={`setting${defined ? " defined" : ""}`} data-testid="setting" data-key={s.key} data-defined={defined}>
      <div>
        <span id={`setting-${s.key}`}>{s.title || s.key}</span>
        <small id={hintId} class={problem ? "bad" : ""}>
          {problem || words}
        </small>
      </div>
      <div class="setting-value">
        <select
          aria-label={`${s.title || s.key}: defined here`}
          name={`define-${s.key}`}
          value={choice(s, value)}
          onChange={(e) => {
            const v = e.currentTarget.value;
            change(v === inherit ? undefined : v === define ? (value ?? s.default) : v);
          }}
        >
          {choices(s).map((c) => (
            <option key={c.value} value={c.value} selected={c.value === choice(s, value)}>
              {c.label}
            </option>
          ))}
        </select>
        {defined && typed(s) && s.kind !== "hours" && (
          <input name={`value-${s.key}`} type={s.kind === "number" ? "number" : ("text" as "number")} aria-labelledby={`setting-${s.key}`} aria-describedby={hintId} aria-invalid={problem ? "true" : undefined} step="any" value={value} onInput={(e) => change(e.currentTarget.value)} />
        )}
        {defined && s.kind === "hours" && (
          <textarea name={`value-${s.key}`} rows={3} placeholder="Mon-Fri 08:00-18:00 Europe/Berlin" aria-labelledby={`setting-${s.key}`} aria-describedby={hintId} value={value} onInput={(e) => change(e.currentTarget.value)} />
        )}
      </div>
    </div>
  );
}

// Values of the choice itself that no setting can have.
const inherit = "\u0000inherit";
const define = "\u0000define";

const unitWords: Readonly<Record<string, string>> = { s: "seconds", min: "minutes", days: "days", characters: "characters" };

function typed(s: Setting): boolean {
  return s.kind !== "bool" && s.kind !== "choice";
}

function choice(s: Setting, value: string | undefined): string {
  if (value === undefined) return inherit;
  return typed(s) ? define : value;
}

function choices(s: Setting): { value: string; label: string }[] {
  const first = { value: inherit, label: `Not defined (${defaultWords(s)})` };
  if (s.kind === "bool") return [first, { value: "true", label: "On" }, { value: "false", label: "Off" }];
  if (s.kind === "choice") return [first, ...s.choices.map((c) => ({ value: c, label: c.replaceAll("_", " ") }))];
  return [first, { value: define, label: "Defined" }];
}

/** Not defined means inherited from a scope below, and from the default at last. */
function defaultWords(s: Setting): string {
  const value = s.kind === "bool" ? (s.default === "true" ? "on" : "off") : s.default;
  return `inherited; default ${value || "empty"}`;
}
