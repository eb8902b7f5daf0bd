import { useState } from "preact/hooks";
import { moved } from "../../core/order.ts";
import { matcherWords } from "../../core/scope.ts";
import type { Scope } from "../../gen/alongside/console/v1/settings_pb.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Empty, Failed, Loading, Notice, Tag } from "../../ui/parts.tsx";
import { useCall, useList, useStore } from "../context.ts";
import { ScopeEditor } from "./scope-edit.tsx";

/** The settings scopes in their order: the first that holds a device and says something decides. */
export function ScopesPage() {
  const store = useStore();
  const list = useList("settings", (signal) => store.api.settings.listScopes({}, { signal }));
  const catalogue = useList("catalogue", async (signal) => (await store.api.settings.catalogue({}, { signal })).settings);
  const [editing, setEditing] = useState<Scope | "new">();
  const [deleting, setDeleting] = useState<Scope>();
  const [dragged, setDragged] = useState("");
  const [said, setSaid] = useState("");
  const version = list.value?.version ?? 0n;
  const scopes = list.value?.scopes;
  const order = useCall(async (ids: readonly string[]) => {
    try {
      await store.api.settings.orderScopes({ ids: [...ids], version });
    } finally {
      list.reload();
    }
  });
  const move = (at: number, by: number) => {
    if (!scopes) return;
    const next = moved(scopes, at, by);
    if (next === scopes) return;
    order.run(next.map((s) => s.id));
    setSaid(`${scopes[at]?.name} is now number ${next.indexOf(scopes[at]!) + 1} of ${next.length}`);
  };
  const drop = (on: number) => {
    const from = scopes?.findIndex((s) => s.id === dragged) ?? -1;
    setDragged("");
    if (from >= 0) move(from, on - from);
  };
  const why = list.why ?? catalogue.why;
  return (
    <section class="card" aria-labelledby="scopes-title" data-testid="scopes">
      <div class="tools">
        <div class="grow">
          <h2 id="scopes-title">Settings scopes</h2>
          <small>From the top: the first scope that holds a device and defines a setting decides it.</small>
        </div>
        <button type="button" class="btn" data-testid="add-scope" disabled={!catalogue.value} onClick={() => setEditing("new")}>
          <Icon name="plus" />
          New scope
        </button>
      </div>
      {!why && (!scopes || !catalogue.value) && <Loading rows={3} label="Loading scopes" />}
      {why && (
        <Failed
          why={why}
          retry={() => {
            list.reload();
            catalogue.reload();
          }}
        />
      )}
      {order.why && <Notice tone="bad">{order.why.text}</Notice>}
      <p class="unseen" role="status">
        {said}
      </p>
      {!why && scopes?.length === 0 && (
        <Empty icon="settings" title="No scopes">
          Without a scope nothing is allowed on any device.
        </Empty>
      )}
      {!why && scopes && catalogue.value && (
        <ol class="list scopes">
          {scopes.map((s, i) => (
            <li
              key={s.id}
              class={`item${dragged === s.id ? " dragged" : ""}`}
              data-testid="scope"
              data-scope={s.name}
              draggable
              onDragStart={() => setDragged(s.id)}
              onDragEnd={() => setDragged("")}
              onDragOver={(e) => {
                if (dragged) e.preventDefault();
              }}
              onDrop={(e) => {
                e.preventDefault();
                drop(i);
              }}
            >
              <span class="handle" aria-hidden="true">
                <Icon name="drag" />
              </span>
              <div class="grow">
                <b>{s.name}</b> <small>{`${matcherWords("devices", s.devices)}${matcherWords("users", s.users) ? ` · ${matcherWords("users", s.users)}` : ""}`}</small>
                <p class="tags">
                  {Object.entries(s.settings).map(([key, value]) => (
                    <Tag key={key} tone={value === "true" ? "good" : "plain"}>{`${catalogue.value?.find((c) => c.key === key)?.title || key}: ${shortValue(value)}`}</Tag>
                  ))}
                  {Object.keys(s.settings).length === 0 && <small>defines nothing: everything is inherited</small>}
                </p>
              </div>
              <div class="action">
                <button type="button" class="btn quiet square" disabled={i === 0 || order.busy} aria-label={`Move ${s.name} up`} data-testid="scope-up" onClick={() => move(i, -1)}>
                  <Icon name="up" />
                </button>
                <button type="button" class="btn quiet square" disabled={i === scopes.length - 1 || order.busy} aria-label={`Move ${s.name} down`} data-testid="scope-down" onClick={() => move(i, 1)}>
                  <Icon name="down" />
                </button>
                <button type="button" class="btn" data-testid="edit-scope" aria-label={`Edit ${s.name}`} onClick={() => setEditing(s)}>
                  Edit
                </button>
                <button type="button" class="btn quiet square" aria-label={`Delete ${s.name}`} data-testid="delete-scope" onClick={() => setDeleting(s)}>
                  <Icon name="trash" />
                </button>
              </div>
            </li>
          ))}
        </ol>
      )}
      {editing && catalogue.value && (
        <ScopeEditor
          scope={editing === "new" ? undefined : editing}
          version={version}
          catalogue={catalogue.value}
          close={() => setEditing(undefined)}
          done={list.reload}
        />
      )}
      {deleting && <Delete scope={deleting} version={version} close={() => setDeleting(undefined)} done={list.reload} />}
    </section>
  );
}

function Delete({ scope, version, close, done }: { scope: Scope; version: bigint; close: () => void; done: () => void }) {
  const store = useStore();
  const { run, busy, why } = useCall(async () => {
    await store.api.settings.deleteScope({ id: scope.id, confirm: true, version });
    if (store.view.value === scope.id) store.chooseView("");
    done();
    close();
  });
  return (
    <Confirm title={`Delete ${scope.name}?`} action="Delete" busyAction="Deleting…" close={close} run={() => run()} busy={busy} why={why} id="delete-scope">
      Its devices follow the scopes below it from now on. Where none of them allows remote support, running sessions end.
    </Confirm>
  );
}

const longest = 40;

function shortValue(value: string): string {
  if (value === "true") return "on";
  if (value === "false") return "off";
  return value.length > longest ? `${value.slice(0, longest)}…` : value || "empty";
}
