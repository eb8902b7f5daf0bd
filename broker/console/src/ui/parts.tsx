import type { ComponentChildren } from "preact";
import type { Failure } from "../net/api.ts";
import { codeName } from "../core/words.ts";
import { Icon, type IconName } from "./icon.tsx";

export type Tone = "plain" | "good" | "warn" | "bad" | "accent";

/** Status in words. */
export function Tag({ tone = "plain", title, children, id }: { tone?: Tone; title?: string; children: ComponentChildren; id?: string }) {
  return (
    <span class={`tag ${tone}`} title={title} data-testid={id}>
      {children}
    </span>
  );
}

/** A coloured dot; the words beside it say the same. */
export function Dot({ tone }: { tone: "on" | "busy" | "off" }) {
  return <span class={`dot ${tone}`} aria-hidden="true" />;
}

/** What a list shows when there is nothing in it: what it is for and what to do next. */
export function Empty({ icon, title, children, action }: { icon: IconName; title: string; children: ComponentChildren; action?: ComponentChildren }) {
  return (
    <div class="empty" data-testid="empty">
      <span class="empty-icon">
        <Icon name={icon} size={24} />
      </span>
      <h2>{title}</h2>
      <p>{children}</p>
      {action}
    </div>
  );
}

/** A list that could not be loaded, with the code and a way to try again. */
export function Failed({ why, retry }: { why: Failure; retry?: () => void }) {
  return (
    <div class="empty" role="alert" data-testid="failed">
      <span class="empty-icon bad">
        <Icon name="alert" size={24} />
      </span>
      <h2>{why.text}</h2>
      <p class="mono">{why.unreachable ? "unreachable" : codeName(why.code)}</p>
      {retry && (
        <button type="button" class="btn" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Rows that stand where the list will be, so that nothing jumps. */
export function Loading({ rows = 5, label = "Loading" }: { rows?: number; label?: string }) {
  return (
    <div class="loading" role="status" aria-label={label} data-testid="loading">
      {Array.from({ length: rows }, (_, i) => (
        <div class="loading-row" key={i}>
          <i />
          <i />
          <i />
        </div>
      ))}
    </div>
  );
}

/** A message about what was done or did not work. */
export function Notice({ tone, children, id }: { tone: "good" | "warn" | "bad"; children: ComponentChildren; id?: string }) {
  return (
    <div class={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"} data-testid={id}>
      <Icon name={tone === "good" ? "check" : "alert"} />
      <span>{children}</span>
    </div>
  );
}

/** A labelled input. */
export function Field(props: {
  label: string;
  name: string;
  type?: "text" | "password" | "number" | "email" | "date";
  hint?: string;
  error?: string | undefined;
  autocomplete?: string;
  value: string;
  onValue: (v: string) => void;
  required?: boolean;
  autofocus?: boolean;
  disabled?: boolean;
  numeric?: boolean;
}) {
  const hintId = `${props.name}-hint`;
  return (
    <label class="field">
      <span>{props.label}</span>
      <input
        name={props.name}
        type={(props.type ?? "text") as "text" /* the types want a literal */}
        autocomplete={props.autocomplete ?? "off"}
        value={props.value}
        required={props.required ?? true}
        autofocus={props.autofocus ?? false}
        disabled={props.disabled ?? false}
        inputMode={props.numeric ? "numeric" : undefined}
        aria-invalid={props.error ? "true" : undefined}
        aria-describedby={props.hint || props.error ? hintId : undefined}
        onInput={(e) => props.onValue(e.currentTarget.value)}
      />
      {(props.error || props.hint) && (
        <small id={hintId} class={props.error ? "bad" : ""}>
          {props.error || props.hint}
        </small>
      )}
    </label>
  );
}

/** Two letters of a name. */
export function Avatar({ name }: { name: string }) {
  const words = name.split(/[\s._-]+/).filter((w) => w !== "");
  const letters = (words.length > 1 ? `${[...words[0]!][0]}${[...words[1]!][0]}` : [...name].slice(0, 2).join("")).toUpperCase();
  return (
    <span class="avatar" aria-hidden="true">
      {letters}
    </span>
  );
}
