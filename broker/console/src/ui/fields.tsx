import type { ComponentChildren } from "preact";

/** One entry of a Select. */
export interface Option {
  readonly value: string;
  readonly label: string;
}

/** A labelled choice of one. */
export function Select(props: { label: string; name: string; value: string; options: readonly Option[]; onValue: (v: string) => void; hint?: string; error?: string | undefined; hideLabel?: boolean; disabled?: boolean }) {
  const hintId = `${props.name}-hint`;
  return (
    <label class="field">
      <span class={props.hideLabel ? "unseen" : ""}>{props.label}</span>
      <select name={props.name} data-testid={`select-${props.name}`} value={props.value} disabled={props.disabled ?? false} aria-invalid={props.error ? "true" : undefined} aria-describedby={props.hint || props.error ? hintId : undefined} onChange={(e) => props.onValue(e.currentTarget.value)}>
        {props.options.map((o) => (
          <option key={o.value} value={o.value} selected={o.value === props.value}>
            {o.label}
          </option>
        ))}
      </select>
      <Hint id={hintId} hint={props.hint} error={props.error} />
    </label>
  );
}

/** A labelled text of several lines. */
export function TextArea(props: { label: string; name: string; value: string; onValue: (v: string) => void; hint?: string; error?: string | undefined; rows?: number; required?: boolean; autofocus?: boolean }) {
  const hintId = `${props.name}-hint`;
  return (
    <label class="field">
      <span>{props.label}</span>
      <textarea name={props.name} rows={props.rows ?? 3} value={props.value} required={props.required ?? false} autofocus={props.autofocus ?? false} aria-invalid={props.error ? "true" : undefined} aria-describedby={props.hint || props.error ? hintId : undefined} onInput={(e) => props.onValue(e.currentTarget.value)} />
      <Hint id={hintId} hint={props.hint} error={props.error} />
    </label>
  );
}

/** What stands under a field: what is wrong with it, or else what it is for. */
function Hint({ id, hint, error }: { id: string; hint: string | undefined; error: string | undefined }) {
  if (!error && !hint) return null;
  return (
    <small id={id} class={error ? "bad" : ""}>
      {error || hint}
    </small>
  );
}

/** A box to tick, with its words behind it. */
export function Check(props: { label: string; name: string; checked: boolean; onValue: (v: boolean) => void; hint?: string; disabled?: boolean }) {
  return (
    <label class="check">
      <input type="checkbox" name={props.name} checked={props.checked} disabled={props.disabled ?? false} onChange={(e) => props.onValue(e.currentTarget.checked)} />
      <span>
        {props.label}
        {props.hint && <small>{props.hint}</small>}
      </span>
    </label>
  );
}

/** Several fields under one heading, with what is wrong with them together. */
export function Group({ title, children, error }: { title: string; children: ComponentChildren; error?: string | undefined }) {
  return (
    <fieldset class="group" aria-invalid={error ? "true" : undefined}>
      <legend>{title}</legend>
      {error && (
        <small class="bad" role="alert">
          {error}
        </small>
      )}
      {children}
    </fieldset>
  );
}

/** Words as people type them into one field: separated by commas or lines, none twice. */
export function wordsOf(text: string): string[] {
  return [...new Set(text.split(/[,\n]/).map((w) => w.trim()).filter((w) => w !== ""))];
}
