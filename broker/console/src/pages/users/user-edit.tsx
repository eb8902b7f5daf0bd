import { useState } from "preact/hooks";
import type { Account, Role } from "../../gen/alongside/console/v1/account_pb.ts";
import { SaveFoot } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Check, Group } from "../../ui/fields.tsx";
import { Field, Notice } from "../../ui/parts.tsx";
import { useCall, useStore } from "../context.ts";

/** A new account, or the changes to one. */
export function UserDialog({ account, roles, close, done }: { account: Account | undefined; roles: readonly Role[]; close: () => void; done: () => void }) {
  const store = useStore();
  const [form, setForm] = useState({ name: account?.name ?? "", displayName: account?.displayName ?? "", email: account?.email ?? "", password: "" });
  const [chosen, setChosen] = useState<readonly string[]>(account?.roles ?? []);
  const set = (key: keyof typeof form) => (v: string) => setForm({ ...form, [key]: v });
  const { run, busy, why } = useCall(async () => {
    const { displayName, email, password } = form;
    if (account) {
      await store.api.accounts.updateAccount({ id: account.id, displayName, email, roles: { ids: [...chosen] }, ...(password ? { password } : {}) });
    } else {
      await store.api.accounts.createAccount({ ...form, roles: [...chosen] });
    }
    done();
    close();
  });
  const wrong = (field: string) => (why?.field === field ? why.text : undefined);
  return (
    <Dialog title={account ? `Edit ${account.displayName || account.name}` : "New user"} close={close} id="user-dialog">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          run();
        }}
      >
        {why && (why.field === "" || why.field === "roles") && <Notice tone="bad">{why.text}</Notice>}
        {!account && <Field label="Sign-in name" name="user-name" value={form.name} onValue={set("name")} error={wrong("name")} autofocus />}
        <Field label="Name" name="user-display-name" hint="As the person at a device reads it." value={form.displayName} onValue={set("displayName")} error={wrong("display_name")} />
        <Field label="E-mail" name="user-email" type="email" required={false} value={form.email} onValue={set("email")} error={wrong("email")} />
        {!account?.external && (
          <Field
            label={account ? "New password" : "Password"}
            name="user-password"
            type="password"
            autocomplete="new-password"
            required={!account}
            hint={account ? "Empty: as it is. A new one ends all of their sign-ins." : "At least 10 characters."}
            value={form.password}
            onValue={set("password")}
            error={wrong("password")}
          />
        )}
        <Group title="Roles">
          {roles.map((r) => (
            <Check key={r.id} label={r.name} name={`role-${r.id}`} checked={chosen.includes(r.id)} onValue={(v) => setChosen(v ? [...chosen, r.id] : chosen.filter((x) => x !== r.id))} />
          ))}
        </Group>
        <SaveFoot close={close} busy={busy} action={account ? "Save" : "Create"} id="save-user" />
      </form>
    </Dialog>
  );
}
