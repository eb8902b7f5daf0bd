import { useState } from "preact/hooks";
import { type ConfigObject, ObjectKind } from "../../gen/alongside/console/v1/directory_pb.ts";
import { ErrorCode } from "../../gen/alongside/wire/v1/reason_pb.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { Link } from "../../ui/frame.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Empty, Failed, Loading } from "../../ui/parts.tsx";
import { useCall, useList, useStore } from "../context.ts";
import type { Kind, References } from "./kind.ts";
import { ObjectDialog } from "./object-edit.tsx";
import { ObjectTable } from "./object-table.tsx";

/** The objects of one kind: searched, added, changed and deleted. */
export function ObjectsPage({ of }: { of: Kind }) {
  const store = useStore();
  const list = useList(
    "directory",
    async (signal): Promise<{ own: readonly ConfigObject[]; refs: References }> => {
      const people = store.may("account.edit") ? store.api.accounts.listAccounts({}, { signal }) : undefined;
      const kinds = [of.kind, ...of.needs];
      const [lists, accounts] = await Promise.all([Promise.all(kinds.map((kind) => store.api.config.listObjects({ kind }, { signal }))), people]);
      const all = new Map<ObjectKind, readonly ConfigObject[]>(kinds.map((kind, i) => [kind, lists[i]?.objects ?? []]));
      return { own: all.get(of.kind) ?? [], refs: { accounts: accounts?.accounts, capabilities: lists[0]?.capabilities ?? [], of: (kind) => all.get(kind) ?? [] } };
    },
    of.one,
  );
  const [query, setQuery] = useState("");
  const [editing, setEditing] = useState<ConfigObject | "new">();
  const [deleting, setDeleting] = useState<ConfigObject>();
  const { own, refs } = list.value ?? {};
  const words = query.trim().toLowerCase();
  const found = refs && own?.filter((o) => [o.name, o.note, ...of.cells(o, refs)].join(" ").toLowerCase().includes(words));
  const add = (
    <button type="button" class="btn" data-testid="add-object" disabled={!own} onClick={() => setEditing("new")}>
      <Icon name="plus" />
      {`New ${of.one}`}
    </button>
  );
  return (
    <section class="card" aria-labelledby="objects-title" data-testid="objects">
      <div class="tools">
        <div class="grow">
          <h2 id="objects-title">{of.many}</h2>
          <small>{of.about}</small>
        </div>
        {own && own.length > 0 && (
          <>
            <label class="search">
              <Icon name="search" size={15} />
              <input type="search" placeholder="Search" aria-label={`Search ${of.many}`} data-testid="search" value={query} onInput={(e) => setQuery(e.currentTarget.value)} />
            </label>
            {of.beside && <of.beside />}
            {add}
          </>
        )}
      </div>
      {!own && !list.why && <Loading rows={3} label={`Loading ${of.many}`} />}
      {list.why && <Failed why={list.why} retry={list.reload} />}
      {own?.length === 0 && refs && <Nothing of={of} refs={refs} add={add} />}
      {own && own.length > 0 && found?.length === 0 && (
        <Empty icon="search" title="Nothing found">
          Neither a name nor anything else here holds these words.
        </Empty>
      )}
      {refs && found && found.length > 0 && <ObjectTable of={of} objects={found} refs={refs} edit={setEditing} remove={setDeleting} />}
      {editing && own && refs && (
        <ObjectDialog of={of} object={editing === "new" ? undefined : editing} current={editing === "new" ? undefined : own.find((o) => o.id === editing.id)} refs={refs} close={() => setEditing(undefined)} reload={list.reload} />
      )}
      {deleting && <Delete of={of} object={deleting} close={() => setDeleting(undefined)} done={list.reload} />}
    </section>
  );
}

function Nothing({ of, refs, add }: { of: Kind; refs: References; add: preact.JSX.Element }) {
  const first = of.first && refs.of(of.first.kind).length === 0 ? of.first : undefined;
  return (
    <Empty
      icon={of.icon}
      title={of.kind === ObjectKind.BUTTON_PROFILE ? "No profiles" : `No ${of.many}`}
      action={
        first ? (
          <Link to={first.to} class="btn" id="first">
            {first.words}
          </Link>
        ) : (
          add
        )
      }
    >
      {of.about}
    </Empty>
  );
}

function Delete({ of, object, close, done }: { of: Kind; object: ConfigObject; close: () => void; done: () => void }) {
  const store = useStore();
  const { run, busy, why } = useCall(async () => {
    await store.api.config.deleteObject({ kind: of.kind, id: object.id, confirm: true });
    done();
    close();
  });
  const said = why?.code === ErrorCode.IN_USE && why.detail ? { ...why, text: `It stays: ${why.detail}.` } : why;
  return (
    <Confirm title={`Delete ${object.name}?`} action="Delete" busyAction="Deleting…" close={close} run={() => run()} busy={busy} why={said} id="delete-object">
      {`It is gone for everybody. A ${of.one} that something else refers to cannot be deleted.`}
    </Confirm>
  );
}
