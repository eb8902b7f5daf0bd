import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { externalWords } from "../../core/words.ts";
import { MfaNeed } from "../../gen/alongside/console/v1/console_pb.ts";
import { Brand, useRouter } from "../../ui/frame.tsx";
import { Failed, Field, Notice } from "../../ui/parts.tsx";
import { useCall, useStore } from "../context.ts";
import { EnrollFactor } from "./enroll-factor.tsx";
import { Prove } from "./prove.tsx";

// Where a sign-in through the identity provider begins.
const oidcPath = "/oidc/start";
const shortest = 10; // characters of a password, as the broker demands

/** The way in: sign-in, or the first-run setup while there is no administrator. */
export function SignInPage() {
  const store = useStore();
  if (store.startFailure.value) {
    return (
      <Card title="Sign in">
        <Failed why={store.startFailure.value} retry={() => void store.start()} />
      </Card>
    );
  }
  if (store.setupNeeded.value) return <Setup />;
  switch (store.mfa.value) {
    case MfaNeed.PROVE:
      return <SecondFactor />;
    case MfaNeed.ENROLL:
      return <FirstFactor />;
    default:
      return <SignIn />;
  }
}

function Card({ title, text, children }: { title: string; text?: string; children: ComponentChildren }) {
  return (
    <main class="gate">
      <section class="gate-card" aria-labelledby="gate-title">
        <Brand />
        <h1 id="gate-title">{title}</h1>
        {text && <p class="muted">{text}</p>}
        {children}
      </section>
    </main>
  );
}

function SecondFactor() {
  const store = useStore();
  return (
    <Card title="Second factor" text="Your password was right. Show that it is you.">
      <Prove done={() => void store.start()} />
      <StartOver />
    </Card>
  );
}

function FirstFactor() {
  const store = useStore();
  return (
    <Card title="Set up a second factor" text="Your organisation asks for one. It takes a minute.">
      <EnrollFactor done={() => void store.start()} />
      <StartOver />
    </Card>
  );
}

/** Leaves half a sign-in. */
function StartOver() {
  const store = useStore();
  const { run, busy } = useCall(async () => {
    try {
      await store.signOut();
    } finally {
      store.forget("");
    }
  });
  return (
    <button type="button" class="btn quiet" disabled={busy} data-testid="start-over" onClick={() => run()}>
      Sign in as somebody else
    </button>
  );
}

function SignIn() {
  const store = useStore();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const router = useRouter();
  const failed = new URLSearchParams(router.search.value).get("failed");
  const { run, busy, why } = useCall(async () => {
    if (failed !== null) router.go("/sign-in", true); // this try is another one
    await store.signIn(name, password);
  });
  const farewell = store.farewell.value;
  return (
    <Card title="Sign in" text={store.organisation.value ? `to ${store.organisation.value}` : ""}>
      {farewell === "signed_out" && !why && (
        <Notice tone="good" id="signed-out">
          You are signed out.
        </Notice>
      )}
      {farewell === "expired" && !why && (
        <Notice tone="warn" id="session-expired">
          Your sign-in has ended. Sign in again to go on.
        </Notice>
      )}
      {failed !== null && farewell === "" && !why && (
        <Notice tone="bad" id="external-failed">
          {externalWords(failed)}
        </Notice>
      )}
      {why && (
        <Notice tone="bad" id="sign-in-error">
          {why.text}
        </Notice>
      )}
      <form
        data-testid="sign-in-form"
        onSubmit={(e) => {
          e.preventDefault();
          run();
        }}
      >
        <Field label="Name" name="name" autocomplete="username" value={name} onValue={setName} autofocus />
        <Field label="Password" name="password" type="password" autocomplete="current-password" value={password} onValue={setPassword} />
        <button type="submit" class="btn primary wide" disabled={busy} data-testid="sign-in-submit">
          {busy ? "Signing in…" : "Sign in"}
        </button>
      </form>
      {store.oidcName.value && (
        <a class="btn wide" href={oidcPath} data-testid="oidc">
          Sign in with {store.oidcName.value}
        </a>
      )}
    </Card>
  );
}

function Setup() {
  const store = useStore();
  const [form, setForm] = useState({ secret: "", organisation: "", displayName: "", name: "", password: "" });
  const [again, setAgain] = useState("");
  const set = (key: keyof typeof form) => (v: string) => setForm({ ...form, [key]: v });
  const { run, busy, why } = useCall(async () => store.setup(form));
  const mismatch = again !== "" && again !== form.password;
  const wrong = (field: string) => (why?.field === field ? why.text : undefined);
  return (
    <Card title="Set up Alongside" text="There is no administrator yet. The server printed a one-time secret when it started.">
      {why && why.field === "" && (
        <Notice tone="bad" id="setup-error">
          {why.text}
        </Notice>
      )}
      <form
        data-testid="setup-form"
        onSubmit={(e) => {
          e.preventDefault();
          if (!mismatch) run();
        }}
      >
        <Field label="One-time secret" name="secret" value={form.secret} onValue={set("secret")} error={wrong("secret")} autofocus />
        <Field label="Organisation" name="organisation" hint="The person at a device reads it in the question for consent." value={form.organisation} onValue={set("organisation")} error={wrong("organisation")} />
        <Field label="Your name" name="display_name" hint="As the person at a device should read it." autocomplete="name" value={form.displayName} onValue={set("displayName")} error={wrong("display_name")} />
        <Field label="Sign-in name" name="name" autocomplete="username" value={form.name} onValue={set("name")} error={wrong("name")} />
        <Field label="Password" name="password" type="password" autocomplete="new-password" hint={`At least ${shortest} characters.`} value={form.password} onValue={set("password")} error={wrong("password")} />
        <Field label="Password again" name="password_again" type="password" autocomplete="new-password" value={again} onValue={setAgain} error={mismatch ? "The two passwords differ." : undefined} />
        <button type="submit" class="btn primary wide" disabled={busy || mismatch} data-testid="setup-submit">
          {busy ? "Setting up…" : "Create the administrator"}
        </button>
      </form>
    </Card>
  );
}
