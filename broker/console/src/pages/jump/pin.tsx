import { useState } from "preact/hooks";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import type { JumpClient } from "../../gen/alongside/console/v1/jump_pb.ts";
import { JumpMode } from "../../gen/alongside/wire/v1/jump_pb.ts";
import { Foot, SaveFoot } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Check, Group } from "../../ui/fields.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Failed, Loading, Notice } from "../../ui/parts.tsx";
import { useCall, useList, useStore } from "../context.ts";
import { blank, DetailFields, detailsOf } from "./details.tsx";

/** The session's way to pin its device (J1). */
export function PinButton({ session }: { session: Session }) {
  const store = useStore();
  const [open, setOpen] = useState(false);
  if (!store.may("jump.pin")) return null;
  return (
    <>
      <button type="button" class="btn quiet" aria-label="Pin a Jump Client…" title="Pin a Jump Client…" data-testid="pin" onClick={() => setOpen(true)}>
        <Icon name="jump" />
        <span class="menu-label">Pin</span>
      </button>
      {open && <PinDialog session={session} close={() => setOpen(false)} />}
    </>
  );
}

const serviceHint = (elevated: boolean) =>
  elevated
    ? "Installs the client as a service of the whole machine, a device of its own, also reachable with nobody signed in. An elevated client is pinned so, or not at all."
    : "Also reachable with nobody signed in. The client has to be elevated, or to run as the machine's service.";

function PinDialog({ session, close }: { session: Session; close: () => void }) {
  const store = useStore();
  const targets = useList("directory", (signal) => store.api.jumps.jumpTargets({}, { signal }));
  const [draft, setDraft] = useState(blank(""));
  const [chosen, setService] = useState<boolean>();
  const service = chosen ?? session.elevated; // an elevated client is pinned in no other mode
  const factors = useList("factors", (signal) => store.api.mfa.listFactors({}, { signal }));
  const passkeys = factors.value?.factors.filter((f) => f.kind === "passkey") ?? [];
  const [lock, setLock] = useState<readonly string[]>([]);
  const [made, setMade] = useState<JumpClient>();
  const { run, busy, why } = useCall(async () => {
    const mode = service ? JumpMode.SERVICE : JumpMode.USER;
    setMade((await store.api.jumps.pin({ sessionId: session.id, details: detailsOf(draft), mode, lockPasskeys: [...lock] })).client);
  });
  const wrong = (field: string) => (why?.field === field ? why.text : undefined);
  return (
    <Dialog title={`Pin ${session.deviceName}`} close={close} id="pin-dialog">
      {made && (
        <>
          <Notice tone="good" id="pinned">{`${made.name} is a Jump Client now, in ${made.groupName || "your own list"}. It stays when the session ends.${made.locked ? " It is locked." : ""}`}</Notice>
          <Foot>
            <button type="button" class="btn primary" data-testid="pin-done" onClick={close}>
              Done
            </button>
          </Foot>
        </>
      )}
      {!made && !targets.value && !targets.why && <Loading rows={4} label="Loading where you may pin" />}
      {!made && !targets.value && targets.why && <Failed why={targets.why} retry={targets.reload} />}
      {!made && targets.value && (
        <form
          onSubmit={(e) => {
            e.preventDefault();
            run();
          }}
        >
          <p class="muted">The device can be started from the Jump page then. The person there is asked first.</p>
          {why && why.field === "" && (
            <Notice tone="bad" id="pin-error">
              {why.detail ? `${why.text} (${why.detail})` : why.text}
            </Notice>
          )}
          <DetailFields draft={draft} change={setDraft} targets={targets.value} wrong={wrong} />
          <Check label="Service mode" name="jump-service" hint={serviceHint(session.elevated)} checked={service} onValue={setService} />
          <Group title="Jump lock" error={wrong("lock_passkeys")}>
            <p class="muted">
              With a lock the device starts without a person's yes only for who uses one of these passkeys, whatever this server says. Only at the device can the lock be removed.
            </p>
            {passkeys.length === 0 && <p class="muted">You have no passkey. Add one to your account to lock devices.</p>}
            {passkeys.map((f) => (
              <Check key={f.id} label={`Lock by ${f.name}`} name={`jump-lock-${f.id}`} checked={lock.includes(f.id)} onValue={(on) => setLock(on ? [...lock, f.id] : lock.filter((id) => id !== f.id))} />
            ))}
          </Group>
          {busy && <Notice tone="warn" id="pin-asking">Waiting for the person at the device to say yes.</Notice>}
          <SaveFoot close={close} busy={busy} action="Pin" id="pin-confirm" />
        </form>
      )}
    </Dialog>
  );
}
