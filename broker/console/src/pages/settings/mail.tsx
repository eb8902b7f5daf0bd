import { useEffect, useState } from "preact/hooks";
import type { MailSettings } from "../../gen/alongside/console/v1/mail_pb.ts";
import { Check, Select, TextArea, wordsOf } from "../../ui/fields.tsx";
import { Failed, Field, Loading, Notice } from "../../ui/parts.tsx";
import { useCall, useList, useStore } from "../context.ts";

const ways = [
  { value: "starttls", label: "STARTTLS" },
  { value: "tls", label: "TLS from the start" },
  { value: "none", label: "None (this machine only)" },
];

/** How the broker sends mail, and a message to try it. */
export function MailPage() {
  const store = useStore();
  const loaded = useList("mail", (signal) => store.api.mail.getMail({}, { signal }));
  return (
    <section class="card" aria-labelledby="mail-title" data-testid="mail">
      <div class="tools">
        <h2 id="mail-title">Mail</h2>
      </div>
      {!loaded.value && !loaded.why && <Loading rows={3} label="Loading the mail settings" />}
      {loaded.why && <Failed why={loaded.why} retry={loaded.reload} />}
      {loaded.value && (
        <div class="panel wide">
          {loaded.value.lastError && (
            <Notice tone="bad" id="mail-last-error">
              {`The last message could not be sent: ${loaded.value.lastError}`}
            </Notice>
          )}
          <Form settings={loaded.value.settings} done={loaded.reload} />
          <Try />
        </div>
      )}
    </section>
  );
}

function Form({ settings: s, done }: { settings: MailSettings | undefined; done: () => void }) {
  const store = useStore();
  const fresh = () => ({ enabled: s?.enabled ?? false, host: s?.host ?? "", port: String(s?.port || 587), security: s?.security || "starttls", user: s?.user ?? "", from: s?.from ?? "", notify: s?.notify.join("\n") ?? "" });
  const [form, setForm] = useState(fresh);
  const [password, setPassword] = useState("");
  const [saved, setSaved] = useState(false);
  useEffect(() => setForm(fresh()), [s]);
  const set = <K extends keyof typeof form>(key: K) => (v: (typeof form)[K]) => {
    setSaved(false);
    setForm({ ...form, [key]: v });
  };
  const { run, busy, why } = useCall(async () => {
    await store.api.mail.saveMail({ settings: { ...form, port: Math.trunc(Number(form.port)) || 0, notify: wordsOf(form.notify) }, ...(password ? { password } : {}) });
    setPassword("");
    setSaved(true);
    done();
  });
  const wrong = (field: string) => (why?.field === field ? why.text : undefined);
  return (
    <form
      class="stack form"
      onSubmit={(e) => {
        e.preventDefault();
        run();
      }}
    >
      {why && <Notice tone="bad">{why.text}</Notice>}
      {saved && (
        <Notice tone="good" id="mail-saved">
          Saved.
        </Notice>
      )}
      <Check label="Send mail" name="mail-enabled" checked={form.enabled} onValue={set("enabled")} />
      <div class="three">
        <Field label="Server" name="mail-host" required={form.enabled} value={form.host} onValue={set("host")} error={wrong("host")} />
        <Field label="Port" name="mail-port" type="number" value={form.port} onValue={set("port")} error={wrong("port")} />
        <Select label="Encryption" name="mail-security" value={form.security} options={ways} onValue={set("security")} />
      </div>
      <div class="pair">
        <Field label="User" name="mail-user" required={false} value={form.user} onValue={set("user")} error={wrong("user")} />
        <Field label="Password" name="mail-password" type="password" autocomplete="new-password" required={false} hint={s?.passwordSet ? "One is set. Empty: as it is." : "None is set."} value={password} onValue={setPassword} />
      </div>
      <Field label="From" name="mail-from" required={form.enabled} value={form.from} onValue={set("from")} error={wrong("from")} />
      <TextArea label="Told of new requests" name="mail-notify" hint="Addresses, one a line." value={form.notify} onValue={set("notify")} />
      <div>
        <button type="submit" class="btn primary" disabled={busy} data-testid="save-mail">
          {busy ? "Saving…" : "Save"}
        </button>
      </div>
    </form>
  );
}

function Try() {
  const store = useStore();
  const [to, setTo] = useState("");
  const [sent, setSent] = useState("");
  const { run, busy, why } = useCall(async () => {
    setSent("");
    await store.api.mail.testMail({ to });
    setSent(to);
  });
  return (
    <form
      class="stack form"
      onSubmit={(e) => {
        e.preventDefault();
        run();
      }}
    >
      {why && <Notice tone="bad">{why.text}</Notice>}
      {sent && (
        <Notice tone="good" id="mail-sent">
          {`A message is on its way to ${sent}.`}
        </Notice>
      )}
      <Field label="Try it" name="mail-to" type="email" hint="Sends one message with what is saved." value={to} onValue={setTo} />
      <div>
        <button type="submit" class="btn" disabled={busy} data-testid="test-mail">
          {busy ? "Sending…" : "Send a test message"}
        </button>
      </div>
    </form>
  );
}
