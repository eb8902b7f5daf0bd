import { useState } from "preact/hooks";
import { merge } from "../../core/merge.ts";
import type { ConfigObject } from "../../gen/alongside/console/v1/directory_pb.ts";
import { ErrorCode } from "../../gen/alongside/wire/v1/reason_pb.ts";
import { SaveFoot } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextArea } from "../../ui/fields.tsx";
import { Field, Notice } from "../../ui/parts.tsx";
import { useCall, useStore } from "../context.ts";
import type { Content, Kind, References } from "./kind.ts";
import { Conflict } from "./object-conflict.tsx";

/** What of an object can be edited. */
interface Draft {
  readonly name: string;
  readonly note: string;
  readonly object: Content;
}

const draftOf = (o: ConfigObject): Draft => ({ name: o.name, note: o.note, object: o.object });

/** A new object, or the changes to one as it was when the dialog opened. What it is now comes as current. */
export function ObjectDialog(props: { of: Kind; object: ConfigObject | undefined; current: ConfigObject | undefined; refs: References; close: () => void; reload: () => void }) {
  const { of, current, refs, close, reload } = props;
  const store = useStore();
  const [read, setRead] = useState(props.object);
  const [draft, setDraft] = useState<Draft>(() => (read ? draftOf(read) : { name: "", note: "", object: of.blank() }));
  const { run, busy, why } = useCall(async () => {
    try {
      await store.api.config.saveObject({ object: { id: read?.id ?? "", version: read?.version ?? 0n, ...draft, name: draft.name.trim(), note: draft.note.trim() } });
    } finally {
      reload(); // after a conflict, too: to see what it is now
    }
    close();
  });
  const changed = read !== undefined && !busy && current?.version !== read.version;
  const wrong = (field: string) => (why?.field === field ? why.text : undefined);
  const told = why && (["name", "note", ...of.errors].includes(why.field) || (changed && (why.code === ErrorCode.CONFLICT || why.code === ErrorCode.NOT_FOUND)));
  const take = (d: Draft) => {
    setDraft(d);
    setRead(current);
  };
  return (
    <Dialog title={props.object ? `Edit ${props.object.name}` : `New ${of.one}`} close={close} id="object-dialog">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (!changed) run();
        }}
      >
        {why && !told && <Notice tone="bad">{why.text}</Notice>}
        {changed && (
          <Conflict
            of={of}
            read={read}
            current={current}
            refs={refs}
            keep={() => take(current ? { ...merge(draftOf(read), draft, draftOf(current)), object: mergeContent(read.object, draft.object, current.object) } : draft)}
            drop={() => (current ? take(draftOf(current)) : close())}
          />
        )}
        <Field label="Name" name="object-name" value={draft.name} onValue={(name) => setDraft({ ...draft, name })} error={wrong("name")} autofocus />
        {of.fields({ value: draft.object, refs, change: (object) => setDraft({ ...draft, object }), wrong })}
        <TextArea label="Note" name="object-note" rows={2} hint="For administrators." value={draft.note} onValue={(note) => setDraft({ ...draft, note })} error={wrong("note")} />
        <SaveFoot close={close} busy={busy} disabled={changed} action={read ? "Save" : "Create"} id="save-object" />
      </form>
    </Dialog>
  );
}

function mergeContent(read: Content, mine: Content, theirs: Content): Content {
  return { case: mine.case, value: merge(read.value ?? {}, mine.value ?? {}, theirs.value ?? {}) } as Content;
}
