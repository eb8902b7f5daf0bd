import type { ComponentChildren } from "preact";
import type { Failure } from "../net/api.ts";
import { Dialog } from "./dialog.tsx";
import { Notice } from "./parts.tsx";

/** A question before something is done that cannot be taken back. */
export function Confirm(props: { title: string; children: ComponentChildren; action: string; busyAction: string; close: () => void; run: () => void; busy: boolean; why: Failure | undefined; id: string }) {
  return (
    <Dialog title={props.title} close={props.close} id={`${props.id}-dialog`}>
      <p class="muted">{props.children}</p>
      {props.why && <Notice tone="bad">{props.why.text}</Notice>}
      <Foot>
        <button type="button" class="btn quiet" onClick={props.close}>
          Cancel
        </button>
        <button type="button" class="btn danger solid" disabled={props.busy} data-testid={`${props.id}-confirm`} onClick={props.run}>
          {props.busy ? props.busyAction : props.action}
        </button>
      </Foot>
    </Dialog>
  );
}

/** The buttons at a dialog's foot. */
export function Foot({ children }: { children: ComponentChildren }) {
  return <footer class="dialog-foot">{children}</footer>;
}

/** The foot of a dialog that saves something. */
export function SaveFoot({ close, busy, action = "Save", disabled = false, id = "save" }: { close: () => void; busy: boolean; action?: string; disabled?: boolean; id?: string }) {
  return (
    <Foot>
      <button type="button" class="btn quiet" onClick={close}>
        Cancel
      </button>
      <button type="submit" class="btn primary" disabled={busy || disabled} data-testid={id}>
        {busy ? "One moment…" : action}
      </button>
    </Foot>
  );
}
