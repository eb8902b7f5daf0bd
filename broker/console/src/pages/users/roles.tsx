import { useState } from "preact/hooks";
import type { Permission, Role } from "../../gen/alongside/console/v1/account_pb.ts";
import { Confirm, SaveFoot } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Check, Group } from "../../ui/fields.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Empty, Failed, Field, Loading, Notice, Tag } from "../../ui/parts.tsx";
import { useCall, useList, useStore } from "../context.ts";

/** Roles: named sets of permissions. */
export function RolesPage() {
  const store = useStore();
  const list = useList("accounts", (signal) => store.api.accounts.listRoles({}, { signal }), "roles");
  const [editing, setEditing] = useState<Role | "new">();
  const [deleting, setDeleting] = useState<Role>();
  const roles = list.value?.roles;
  return (
    <section class="card" aria-labelledby="roles-title" data-testid="roles">
      <div class="tools">
        <h2 id="roles-title">Roles</h2>
        <span class="grow" />
        <button type="button" class="btn" data-testid="add-role" disabled={!list.value} onClick={() => setEditing("new")}>
          <Icon name="plus" />
          New role
        </button>
      </div>
      {!list.value && !list.why && <Loading rows={3} label="Loading roles" />}
      {list.why && <Failed why={list.why} retry={list.reload} />}
      {roles?.length === 0 && (
        <Empty icon="shield" title="No roles">
          A role is a name for a set of permissions.
        </Empty>
      )}
      {roles && roles.length > 0 && (
        <ul class="list">
          {roles.map((r) => (
            <li class="item" key={r.id} data-testid="role" data-name={r.name}>
              <Icon name="shield" />
              <div class="grow">
                <b>{r.name}</b> <small>{`${r.accounts} ${r.accounts === 1 ? "user" : "users"}`}</small>
                <p class="tags">
                  {r.permissions.map((p) => (
                    <Tag key={p}>{list.value?.permissions.find((x) => x.name === p)?.title || p}</Tag>
                  ))}
                </p>
              </div>
              {r.builtIn ? (
                <Tag tone="accent">built in</Tag>
              ) : (
                <span class="action">
                  <button type="button" class="btn" data-testid="edit-role" aria-label={`Edit ${r.name}`} onClick={() => setEditing(r)}>
                    Edit
                  </button>
                  <button type="button" class="btn quiet square" data-testid="delete-role" aria-label={`Delete ${r.name}`} onClick={() => setDeleting(r)}>
                    <Icon name="trash" />
                  </button>
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      {editing && list.value && <Edit role={editing === "new" ? undefined : editing} permissions={list.value.permissions} close={() => setEditing(undefined)} done={list.reload} />}
      {deleting && <Delete role={deleting} close={() => setDeleting(undefined)} done={list.reload} />}
    </section>
  );
}

function Edit({ role, permissions, close, done }: { role: Role | undefined; permissions: readonly Permission[]; close: () => void; done: () => void }) {
  const store = useStore();
  const [name, setName] = useState(role?.name ?? "");
  const [chosen, setChosen] = useState<readonly string[]>(role?.permissions ?? []);
  const { run, busy, why } = useCall(async () => {
    await store.api.accounts.saveRole({ role: { id: role?.id ?? "", name: name.trim(), permissions: [...chosen] } });
    done();
    close();
  });
  return (
    <Dialog title={role ? `Edit ${role.name}` : "New role"} close={close} id="role-dialog">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          run();
        }}
      >
        {why && <Notice tone="bad">{why.text}</Notice>}
        <Field label="Name" name="role-name" value={name} onValue={setName} autofocus />
        <Group title="It may">
          {permissions.map((p) => (
            <Check key={p.name} label={p.title || p.name} hint={p.name} name={`permission-${p.name}`} checked={chosen.includes(p.name)} onValue={(v) => setChosen(v ? [...chosen, p.name] : chosen.filter((x) => x !== p.name))} />
          ))}
        </Group>
        <SaveFoot close={close} busy={busy} id="save-role" />
      </form>
    </Dialog>
  );
}

function Delete({ role, close, done }: { role: Role; close: () => void; done: () => void }) {
  const store = useStore();
  const { run, busy, why } = useCall(async () => {
    await store.api.accounts.deleteRole({ id: role.id, confirm: true });
    done();
    close();
  });
  return (
    <Confirm title={`Delete ${role.name}?`} action="Delete" busyAction="Deleting…" close={close} run={() => run()} busy={busy} why={why} id="delete-role">
      A role that somebody still has cannot be deleted.
    </Confirm>
  );
}
