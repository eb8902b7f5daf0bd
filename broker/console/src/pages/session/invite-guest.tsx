import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useRef, useState } from "preact/hooks";
import type { Session } from "../../gen/alongside/console/v1/console_pb.ts";
import type { InviteGuestResponse } from "../../gen/alongside/console/v1/guest_pb.ts";
import type { SharePolicy } from "../../gen/alongside/console/v1/outsider_pb.ts";
import { Foot, SaveFoot } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Select, TextArea } from "../../ui/fields.tsx";
import { Empty, Failed, Field, Loading, Notice } from "../../ui/parts.tsx";
import { useCall, useList, useStore } from "../context.ts";

/** Invites somebody without an account by a link (O28–O31). */
export function InviteGuest({ session, close }: { session: Session; close: () => void }) {
  const store = useStore();
  const [made, setMade] = useState<InviteGuestResponse>();
  const targets = useList("directory", async (signal) => store.api.collaboration.shareTargets({ sessionId: session.id }, { signal }), session.id);
  const all = targets.value;
  return (
    <Dialog title={made ? "The link" : "Invite an external rep"} close={close} id="guest-dialog">
      {made ? (
        <Made made={made} close={close} />
      ) : (
        <>
          {!all && !targets.why && <Loading rows={4} label="Loading the session policies" />}
          {targets.why && <Failed why={targets.why} retry={targets.reload} />}
          {all && all.policies.length === 0 && <NoPolicy close={close} />}
          {all && all.policies.length > 0 && <Form session={session} policies={all.policies} mail={all.mail} close={close} done={setMade} />}
        </>
      )}
    </Dialog>
  );
}

function NoPolicy({ close }: { close: () => void }) {
  return (
    <>
      <Empty icon="shield" title="There is no session policy">
        It says what somebody from outside may do. An administrator makes one in the settings, under Session policies.
      </Empty>
      <Foot>
        <button type="button" class="btn quiet" onClick={close}>
          Close
        </button>
      </Foot>
    </>
  );
}

function Form({ session, policies, mail, close, done }: { session: Session; policies: readonly SharePolicy[]; mail: boolean; close: () => void; done: (made: InviteGuestResponse) => void }) {
  const store = useStore();
  const [form, setForm] = useState({ policyId: policies[0]?.id ?? "", name: "", description: "", comments: "", email: "" });
  const set = (key: keyof typeof form) => (v: string) => setForm({ ...form, [key]: v });
  const { run, busy, why } = useCall(async () => done(await store.api.guests.inviteGuest({ sessionId: session.id, ...form, email: form.email.trim() })));
  const wrong = (field: string) => (why?.field === field ? why.text : undefined);
  const chosen = policies.find((p) => p.id === form.policyId);
  const may = chosen?.capabilities.map((c) => c.charAt(0).toLowerCase() + c.slice(1)).join(", ") ?? "";
  const known = ["policy", "name", "description", "comments", "email"].some((f) => wrong(f));
  return (
    <form
      data-testid="guest-form"
      onSubmit={(e) => {
        e.preventDefault();
        run();
      }}
    >
      <p class="muted">Somebody without an account comes into this session, and nothing else, by a link. They never own it.</p>
      {why && !known && <Notice tone="bad">{why.text}</Notice>}
      <Select label="Session policy" name="policy" value={form.policyId} options={policies.map((p) => ({ value: p.id, label: p.name }))} onValue={set("policyId")} hint={`They may: ${may}.`} error={wrong("policy")} />
      <Field label="Their name" name="name" hint="Everybody in the session sees it, the person at the device too." value={form.name} onValue={set("name")} error={wrong("name")} autofocus />
      <Field label="Description" name="description" hint="Of what kind the invitation is, such as “Printer vendor”." value={form.description} onValue={set("description")} error={wrong("description")} required={false} />
      <TextArea label="Comments" name="comments" rows={2} hint="For reports." value={form.comments} onValue={set("comments")} error={wrong("comments")} />
      {mail && <Field label="Send the link to" name="email" type="email" hint="An e-mail address; leave it empty to copy the link yourself." value={form.email} onValue={set("email")} error={wrong("email")} required={false} />}
      <SaveFoot close={close} busy={busy} action="Create the link" disabled={form.name.trim() === ""} id="create-link" />
    </form>
  );
}

function Made({ made, close }: { made: InviteGuestResponse; close: () => void }) {
  const [copied, setCopied] = useState<"" | "yes" | "no">("");
  const field = useRef<HTMLInputElement>(null);
  const guest = made.invitation?.guest;
  const until = guest?.expiresAt ? timestampDate(guest.expiresAt).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : "";
  const copy = () => {
    field.current?.select();
    const done = navigator.clipboard?.writeText(made.link) ?? Promise.reject(new Error("no clipboard"));
    done.then(() => setCopied("yes"), () => setCopied("no"));
  };
  return (
    <>
      {guest?.email && (
        <Notice tone={made.mailed ? "good" : "bad"} id="link-mailed">
          {made.mailed ? `The link goes to ${guest.email}.` : `The mail to ${guest.email} could not be sent. Copy the link and send it yourself.`}
        </Notice>
      )}
      <Notice tone="warn">
        {`It is shown once, and lets one person in, once${until && `, until ${until}`}, while you own the session. Whoever has it can use it.`}
      </Notice>
      <label class="field">
        <span>{`Link for ${made.invitation?.toName ?? ""}`}</span>
        <input ref={field} class="mono" readOnly value={made.link} data-testid="guest-link" onFocus={(e) => e.currentTarget.select()} />
      </label>
      <p class="muted" role="status" data-testid="copied">
        {copied === "yes" && "The link is copied."}
        {copied === "no" && "The browser does not allow it: copy the marked link by hand."}
      </p>
      <Foot>
        <button type="button" class="btn primary" data-testid="copy-link" onClick={copy}>
          Copy the link
        </button>
        <button type="button" class="btn quiet" data-testid="guest-done" onClick={close}>
          Done
        </button>
      </Foot>
    </>
  );
}
