import { useEffect, useState } from "preact/hooks";
import type { GetPortalResponse, PortalChoice } from "../../gen/alongside/console/v1/portal_pb.ts";
import { Check, Group, TextArea } from "../../ui/fields.tsx";
import { Failed, Field, Loading, Notice } from "../../ui/parts.tsx";
import { useCall, useList, useStore } from "../context.ts";

/** How the public page looks, and what customers may choose there. */
export function PortalPage() {
  const store = useStore();
  const loaded = useList("portal", (signal) => store.api.portal.getPortal({}, { signal }));
  return (
    <section class="card" aria-labelledby="portal-title" data-testid="portal-settings">
      <div class="tools">
        <h2 id="portal-title">Portal page</h2>
      </div>
      {!loaded.value && !loaded.why && <Loading rows={3} label="Loading the portal's settings" />}
      {loaded.why && <Failed why={loaded.why} retry={loaded.reload} />}
      {loaded.value && (
        <div class="panel wide">
          <p class="muted">
            Customers open <code class="breakable">{loaded.value.address}</code> with nothing installed.
          </p>
          <Form portal={loaded.value} done={loaded.reload} />
        </div>
      )}
    </section>
  );
}

function Form({ portal, done }: { portal: GetPortalResponse; done: () => void }) {
  const store = useStore();
  const s = portal.settings;
  const fresh = () => ({ open: s?.open ?? false, title: s?.title ?? "", greeting: s?.greeting ?? "", accent: s?.accent ?? "", issues: s?.issues ?? [], queues: s?.queues ?? [] });
  const [form, setForm] = useState(fresh);
  const [logo, setLogo] = useState<Uint8Array<ArrayBuffer>>();
  const [saved, setSaved] = useState(false);
  useEffect(() => setForm(fresh()), [s]);
  const set = <K extends keyof typeof form>(key: K) => (v: (typeof form)[K]) => {
    setSaved(false);
    setForm({ ...form, [key]: v });
  };
  const { run, busy, why } = useCall(async () => {
    await store.api.portal.savePortal({ settings: form, ...(logo ? { logo } : {}) });
    setLogo(undefined);
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
        <Notice tone="good" id="portal-saved">
          Saved.
        </Notice>
      )}
      <Check label="Take chats from the page" name="portal-open" checked={form.open} onValue={set("open")} hint="Closed, nobody can start one, not even with a session key." />
      <Field label="Title" name="portal-page-title" value={form.title} onValue={set("title")} required={false} hint="Without one it is the organisation's name." error={wrong("title")} />
      <TextArea label="Greeting" name="portal-greeting" value={form.greeting} onValue={set("greeting")} error={wrong("greeting")} />
      <Field label="Colour" name="portal-accent" value={form.accent} onValue={set("accent")} required={false} hint="As #1a5fb4; without one it is the page's own." error={wrong("accent")} />
      <label class="field">
        <span>{s?.hasLogo ? "Another logo" : "Logo"}</span>
        <input
          type="file"
          accept="image/png,image/jpeg"
          name="portal-logo"
          onChange={(e) => {
            setSaved(false);
            const file = e.currentTarget.files?.[0];
            if (file) void file.arrayBuffer().then((b) => setLogo(new Uint8Array(b)));
          }}
        />
        <small class={wrong("logo") ? "bad" : ""}>{wrong("logo") ?? "PNG or JPEG, up to 32 KiB."}</small>
      </label>
      {s?.hasLogo && (
        <button type="button" class="btn" data-testid="portal-no-logo" onClick={() => setLogo(new Uint8Array())}>
          {logo?.length === 0 ? "The logo goes when you save" : "Take the logo away"}
        </button>
      )}
      <Choices title="Issues that customers may choose" name="portal-issue" all={portal.issues} chosen={form.issues} choose={set("issues")} error={wrong("issues")} />
      <Choices title="Queues that customers may choose" name="portal-queue" all={portal.queues} chosen={form.queues} choose={set("queues")} error={wrong("queues")} />
      <button type="submit" class="btn primary" disabled={busy} data-testid="portal-save">
        {busy ? "Saving…" : "Save"}
      </button>
    </form>
  );
}

function Choices({ title, name, all, chosen, choose, error }: { title: string; name: string; all: readonly PortalChoice[]; chosen: readonly string[]; choose: (ids: string[]) => void; error: string | undefined }) {
  if (all.length === 0) return null;
  return (
    <Group title={title} error={error}>
      {all.map((c) => (
        <Check key={c.id} label={c.name} name={`${name}-${c.id}`} checked={chosen.includes(c.id)} onValue={(on) => choose(on ? [...chosen, c.id] : chosen.filter((id) => id !== c.id))} />
      ))}
    </Group>
  );
}
