import { useState } from "preact/hooks";
import { invitedWords } from "../../core/invitation.ts";
import { ownerOf } from "../../core/participants.ts";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import { Icon } from "../../ui/icon.tsx";
import { Menu, type MenuItem } from "../../ui/menu.tsx";
import { useCall, useMe, useStore } from "../context.ts";
import { InviteGuest } from "./invite-guest.tsx";
import { Share, type ShareWay } from "./share.tsx";

/** The owner's ways to bring reps in, to hand the session on, and to take an invitation back (O6, O18). */
export function ShareMenu({ session, invited }: { session: Session; invited: () => void }) {
  const me = useMe();
  const store = useStore();
  const [way, setWay] = useState<ShareWay>();
  const [guest, setGuest] = useState(false);
  const cancel = useCancelInvitation();
  const owner = ownerOf(session);
  if (store.guest.value) return null;
  if (owner?.repId !== me) {
    const why = `Only the owner${owner ? `, ${owner.name},` : ""} can share this session.`;
    return (
      <button type="button" class="btn quiet" aria-disabled="true" aria-label={`Share: ${why}`} title={why} data-testid="share-not">
        <Icon name="share" />
        <span class="menu-label kept">Share</span>
      </button>
    );
  }
  const items: MenuItem[] = [
    { id: "share-teams", label: "Any representative of a team…", section: "Share with", pick: () => setWay({ kind: "teams", transfer: false }) },
    { id: "share-reps", label: "A representative…", pick: () => setWay({ kind: "reps", transfer: false }) },
    { id: "share-help", label: "Request help by issue…", pick: () => setWay({ kind: "help", transfer: false }) },
    { id: "share-guest", label: "An external rep…", hint: "by a link", pick: () => setGuest(true) },
    { id: "transfer", label: "Transfer the ownership…", section: "Hand on", pick: () => setWay({ kind: "reps", transfer: true }) },
    ...session.invitations.map((i, n) => ({ id: "cancel-invitation", label: i.toName, hint: invitedWords(i), pick: () => cancel.run(i.id), ...(n === 0 ? { section: "Cancel the invitation to" } : {}) })),
  ];
  return (
    <>
      <Menu name="Share" icon="share" label="Share" items={items} align="end" kept />
      {cancel.why && (
        <small class="bad" role="alert">
          {cancel.why.text}
        </small>
      )}
      {guest && <InviteGuest session={session} close={() => setGuest(false)} />}
      {way && (
        <Share
          session={session}
          way={way}
          change={setWay}
          close={() => setWay(undefined)}
          offered={() => {
            setWay(undefined);
            invited();
          }}
        />
      )}
    </>
  );
}

/** Takes an invitation back. */
export function useCancelInvitation() {
  const store = useStore();
  return useCall(async (id: string) => {
    store.cancelled.add(id); // before the push that tells that it is gone
    await store.api.collaboration.cancelInvitation({ id });
  });
}
