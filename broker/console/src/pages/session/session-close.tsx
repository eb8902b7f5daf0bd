import { participantsOf } from "../../core/participants.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { Foot } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { useRouter } from "../../ui/frame.tsx";
import { Icon, type IconName } from "../../ui/icon.tsx";
import { Notice } from "../../ui/parts.tsx";
import { useCall, useStore } from "../context.ts";

interface Outcome {
  readonly icon: IconName;
  readonly title: string;
  readonly text: string;
  readonly danger: boolean;
}

// The ways out of a session. Which of them are legal for this rep, the broker says
// with the session.
const outcomes: Readonly<Record<string, Outcome>> = {
  end: { icon: "power", title: "End the session", text: "It is over for everybody; the person at the device is told that you ended it.", danger: true },
  cancel: { icon: "cross", title: "Cancel the question", text: "The person at the device is not asked any more.", danger: true },
  leave: { icon: "out", title: "Leave the session", text: "Only you go; it goes on for the others. You come back with a new invitation.", danger: false },
  hold: { icon: "clock", title: "Hold the session", text: "It waits in your own queue; the person at the device sees that nobody looks meanwhile.", danger: false },
};

/** Asks how to leave: nothing is closed without a chosen outcome (C10, L8). */
export function CloseSession({ session, close }: { session: Session; close: () => void }) {
  const store = useStore();
  const router = useRouter();
  const { run, busy, why } = useCall(async (outcome: string) => {
    if (outcome === "leave") return store.leave(session.id);
    await store.callSession(session.id, store.api.sessions.close({ id: session.id, outcome }));
    if (outcome === "hold") router.go("/queue");
    else close();
  });
  const others = participantsOf(session)
    .filter((p) => !p.owner)
    .map((p) => p.name)
    .join(", ");
  return (
    <Dialog title="How do you want to close this session?" close={close} id="close-dialog">
      {why && <Notice tone="bad">{why.text}</Notice>}
      <ul class="outcomes" aria-label="Outcomes">
        {session.outcomes.map((id) => {
          const of = outcomes[id];
          return (
            of && (
              <li key={id}>
                <Choice id={id} of={id === "hold" && others ? { ...of, text: `It waits in your own queue; it goes on for ${others}.` } : of} busy={busy} choose={() => run(id)} />
              </li>
            )
          );
        })}
        {!store.guest.value && <li>
          <button type="button" class="outcome" data-testid="outcome-away" onClick={() => router.go("/inventory")}>
            <Icon name="back" size={20} />
            <span>
              <b>Go to the inventory</b>
              <small>The session stays open, and you find it there and in the summary.</small>
            </span>
          </button>
        </li>}
      </ul>
      <Foot>
        <button type="button" class="btn quiet" data-testid="close-stay" onClick={close}>
          Stay
        </button>
      </Foot>
    </Dialog>
  );
}

function Choice({ id, of, busy, choose }: { id: string; of: Outcome; busy: boolean; choose: () => void }) {
  return (
    <button type="button" class={`outcome${of.danger ? " danger" : ""}`} disabled={busy} data-testid={`outcome-${id}`} onClick={choose}>
      <Icon name={of.icon} size={20} />
      <span>
        <b>{of.title}</b>
        <small>{of.text}</small>
      </span>
    </button>
  );
}
