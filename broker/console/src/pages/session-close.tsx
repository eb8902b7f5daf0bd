import type { Action, Session } from "../gen/alongside/console/v1/console_pb.ts";
import { errorWords } from "../core/words.ts";
import { Foot } from "../ui/confirm.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { useRouter } from "../ui/frame.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { Notice } from "../ui/parts.tsx";
import { useCall, useStore } from "./context.ts";

interface Outcome {
  readonly icon: IconName;
  readonly title: string;
  readonly text: string;
  readonly danger: boolean;
}

// The ways out of a session, by the id of their action. Which of them are legal
// for this rep, the broker says with the session.
const outcomes: Readonly<Record<string, Outcome>> = {
  end: { icon: "power", title: "End the session", text: "It is over for everybody; the person at the device is told that you ended it.", danger: true },
  hold: { icon: "clock", title: "Hold the session", text: "It waits in your own queue; the person at the device is told.", danger: false },
  leave: { icon: "out", title: "Leave the session", text: "It goes on with its owner, without you.", danger: false },
};

/** Asks how to leave: nothing is closed without a chosen outcome (C10, L8). */
export function CloseSession({ session, close }: { session: Session; close: () => void }) {
  const store = useStore();
  const router = useRouter();
  const legal = session.actions.filter((a) => outcomes[a.id]);
  const { run, busy, why } = useCall(async (id: string) => {
    if (id !== "end") return;
    await store.callSession(session.id, store.api.sessions.end({ id: session.id }));
    close();
  });
  return (
    <Dialog title="How do you want to close this session?" close={close} id="close-dialog">
      {why && <Notice tone="bad">{why.text}</Notice>}
      <ul class="outcomes" aria-label="Outcomes">
        {legal.map((a) => (
          <li key={a.id}>
            <Choice action={a} of={outcomes[a.id]!} busy={busy} choose={() => run(a.id)} />
          </li>
        ))}
        <li>
          <button type="button" class="outcome" data-testid="outcome-away" onClick={() => router.go("/inventory")}>
            <Icon name="back" size={20} />
            <span>
              <b>Go to the inventory</b>
              <small>The session stays open, and you find it there and in the summary.</small>
            </span>
          </button>
        </li>
      </ul>
      <Foot>
        <button type="button" class="btn quiet" data-testid="close-stay" onClick={close}>
          Stay
        </button>
      </Foot>
    </Dialog>
  );
}

function Choice({ action: a, of, busy, choose }: { action: Action; of: Outcome; busy: boolean; choose: () => void }) {
  return (
    <button type="button" class={`outcome${of.danger ? " danger" : ""}`} disabled={busy || !a.enabled} data-testid={`outcome-${a.id}`} onClick={choose}>
      <Icon name={of.icon} size={20} />
      <span>
        <b>{of.title}</b>
        <small>{a.enabled ? of.text : a.reason || errorWords(a.code)}</small>
      </span>
    </button>
  );
}
