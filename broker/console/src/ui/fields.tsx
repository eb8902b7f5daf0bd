import type { ComponentChildren } from "preact";

/** One entry of a Select. */
export interface Option {
  readonly value: string;
  readonly label: string;
}

/** A labelled choice of one. */
export function Select(props: { label: string; name: string; value: string; options: readonly Option[]; onValue: (v: string) => void; hint?: string; hideLabel?: boolean; disabled?: boolean }) {
  const hintId = `${props.name}-hint`;
  return (
    <label class="field">
      <span class={props.hideLabel ? "unseen" : ""}>{props.label}</span>
      <select name={props.name} data-testid={`select-${props.name}`} value={props.value} disabled={props.disabled ?? false} aria-describedby={props.hint ? hintId : undefined} onChange={(e) => props.onValue(e.currentTarget.value)}>
        {props.options.map((o) => (
          <option key={o.value} value={o.value} selected={o.value === props.value}>
            {o.label}
          </option>
        ))}
      </select>
      {props.hint && <small id={hintId}>{props.hint}</small>}
    </label>
  );
}

/** A labelled text of several lines. */
export function TextArea(props: { label: string; name: string; value: string; onValue: (v: string) => void; hint?: string; rows?: number; required?: boolean; autofocus?: boolean }) {
  const hintId = `${props.name}-hint`;
  return (
    <label class="field">
      <span>{props.label}</span>
      <textarea name={props.name} rows={props.rows ?? 3} value={props.value} required={props.required ?? false} autofocus={props.autofocus ?? false} aria-describedby={props.hint ? hintId : undefined} onInput={(e) => props.onValue(e.currentTarget.value)} />
      {props.hint && <small id={hintId}>{props.hint}</small>}
    </label>
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

/** Several groups of fields under one heading. */
export function Group({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <fieldset class="group">
      <legend>{title}</legend>
      {children}
    </fieldset>
  );
}

/** Words as people type them into one field: separated by commas or lines, none twice. */
export function wordsOf(text: string): string[] {
  return [...new Set(text.split(/[,\n]/).map((w) => w.trim()).filter((w) => w !== ""))];
}
