import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";
import { ago } from "../../core/time.ts";
import type { Account, Role } from "../../gen/alongside/console/v1/account_pb.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Menu } from "../../ui/menu.tsx";
import { Empty, Failed, Loading, Notice, Tag } from "../../ui/parts.tsx";
import { useCall, useList, useNow, useStore } from "../context.ts";
import { UserDialog } from "./user-edit.tsx";

/** Who may sign in, and with which roles. */
export function UsersPage() {
  const store = useStore();
  const now = useNow(60_000);
  const list = useList("accounts", async (signal) => {
    const [a, r] = await Promise.all([store.api.accounts.listAccounts({}, { signal }), store.api.accounts.listRoles({}, { signal })]);
    return { accounts: a.accounts, roles: r.roles };
  });
  const [editing, setEditing] = useState<Account | "new">();
  const [asking, setAsking] = useState<{ account: Account; what: "disable" | "reset" }>();
  const enable = useCall(async (id: string) => {
    await store.api.accounts.updateAccount({ id, disabled: false });
    list.reload();
  });
  const accounts = list.value?.accounts;
  return (
    <section class="card" aria-labelledby="users-title" data-testid="users">
      <div class="tools">
        <h2 id="users-title">Users</h2>
        <span class="grow" />
        <button type="button" class="btn" data-testid="add-user" disabled={!list.value} onClick={() => setEditing("new")}>
          <Icon name="plus" />
          New user
        </button>
      </div>
      {!list.value && !list.why && <Loading rows={3} label="Loading users" />}
      {list.why && <Failed why={list.why} retry={list.reload} />}
      {enable.why && <Notice tone="bad">{enable.why.text}</Notice>}
      {accounts?.length === 0 && (
        <Empty icon="person" title="No users">
          Whoever is to give support needs an account.
        </Empty>
      )}
      {accounts && accounts.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">User</th>
              <th scope="col" class="roomy-only">
                Roles
              </th>
              <th scope="col" class="wide-only">
                Second factor
              </th>
              <th scope="col" class="wide-only">
                Seen
              </th>
              <th scope="col" class="right">
                <span class="unseen">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {accounts.map((a) => (
              <tr key={a.id} data-testid="user" data-name={a.name}>
                <td>
                  <button type="button" class="row-link" data-testid="edit-user" onClick={() => setEditing(a)}>
                    {a.displayName || a.name}
                  </button>
                  <small class="detail">
                    {a.name}
                    {a.external ? " · signs in through the identity provider" : ""}
                  </small>
                </td>
                <td class="roomy-only">{rolesOf(a, list.value?.roles ?? [])}</td>
                <td class="wide-only">
                  <Tag tone={a.mfa ? "good" : "warn"}>{a.mfa ? "set up" : "none"}</Tag>
                </td>
                <td class="wide-only">{a.seenAt ? ago(timestampDate(a.seenAt), now) : "never"}</td>
                <td class="right">
                  <span class="action">
                    {a.disabled && <Tag tone="bad">disabled</Tag>}
                    <Menu
                      name={`More for ${a.name}`}
                      icon="settings"
                      label="More"
                      align="end"
                      items={[
                        { id: "edit", label: "Edit", pick: () => setEditing(a) },
                        { id: "reset-mfa", label: "Reset second factor", pick: () => setAsking({ account: a, what: "reset" }) },
                        a.disabled ? { id: "enable", label: "Enable", pick: () => enable.run(a.id) } : { id: "disable", label: "Disable", pick: () => setAsking({ account: a, what: "disable" }) },
                      ]}
                    />
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {editing && list.value && <UserDialog account={editing === "new" ? undefined : editing} roles={list.value.roles} close={() => setEditing(undefined)} done={list.reload} />}
      {asking?.what === "disable" && <Disable account={asking.account} close={() => setAsking(undefined)} done={list.reload} />}
      {asking?.what === "reset" && <Reset account={asking.account} close={() => setAsking(undefined)} done={list.reload} />}
    </section>
  );
}

function rolesOf(a: Account, roles: readonly Role[]): string {
  return a.roles.map((id) => roles.find((r) => r.id === id)?.name ?? id).join(", ") || "none";
}

interface Asking {
  readonly account: Account;
  readonly close: () => void;
  readonly done: () => void;
}

function Disable({ account, close, done }: Asking) {
  const store = useStore();
  const { run, busy, why } = useCall(async () => {
    await store.api.accounts.updateAccount({ id: account.id, disabled: true });
    done();
    close();
  });
  return (
    <Confirm title={`Disable ${account.displayName || account.name}?`} action="Disable" busyAction="Disabling…" close={close} run={() => run()} busy={busy} why={why} id="disable-user">
      They are signed out everywhere at once, and their keys stop working.
    </Confirm>
  );
}

function Reset({ account, close, done }: Asking) {
  const store = useStore();
  const { run, busy, why } = useCall(async () => {
    await store.api.accounts.resetMfa({ id: account.id, confirm: true });
    done();
    close();
  });
  return (
    <Confirm title={`Reset the second factor of ${account.displayName || account.name}?`} action="Reset" busyAction="Resetting…" close={close} run={() => run()} busy={busy} why={why} id="reset-mfa">
      All of their factors and recovery codes are removed. Make sure that it is really them who asks.
    </Confirm>
  );
}
