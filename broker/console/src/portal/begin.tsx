import { useState } from "preact/hooks";
import { type PortalApi, type PortalFailure, portalFailure } from "../net/portal.ts";
import type { DescribePortalResponse } from "../gen/alongside/console/v1/portal_pb.ts";
import { Select } from "../ui/fields.tsx";
import { Field, Notice } from "../ui/parts.tsx";
import { failureWords } from "./failure.ts";
import type { Words } from "./words.ts";

/** The first step: a name, and a key or what it is about. */
export function Begin({ api, portal, words: w, fragment, begun }: { api: PortalApi; portal: DescribePortalResponse; words: Words; fragment: string; begun: (token: string) => void }) {
  const choices = [...portal.issues.map((i) => ({ value: `issue ${i.id}`, label: i.name })), ...portal.queues.map((q) => ({ value: `queue ${q.id}`, label: q.name }))];
  const [withKey, setWithKey] = useState(fragment !== "" || choices.length === 0);
  const [name, setName] = useState("");
  const [key, setKey] = useState(fragment);
  const [choice, setChoice] = useState(choices.length === 1 ? choices[0]!.value : "");
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState<PortalFailure>();
  const begin = async () => {
    setBusy(true);
    setWhy(undefined);
    const [kind, id = ""] = choice.split(" ");
    const to = withKey ? ({ case: "key", value: key } as const) : kind === "issue" ? ({ case: "issueId", value: id } as const) : ({ case: "queueId", value: id } as const);
    try {
      const { token } = await api.beginChat({ name, to });
      begun(token);
    } catch (err) {
      setWhy(portalFailure(err));
      setBusy(false);
    }
  };
  return (
    <form
      class="stack"
      data-testid="begin"
      onSubmit={(e) => {
        e.preventDefault();
        if (!busy) void begin();
      }}
    >
      {portal.greeting && <p class="greeting">{portal.greeting}</p>}
      {why && <Notice tone="bad" id="begin-why">{failureWords(why, w)}</Notice>}
      <Field label={w.name} name="name" autocomplete="name" value={name} onValue={setName} autofocus />
      {withKey ? (
        <Field label={w.key} name="key" hint={w.keyHint} value={key} onValue={setKey} />
      ) : (
        <Select label={w.about} name="choice" value={choice} options={[{ value: "", label: w.choose }, ...choices]} onValue={setChoice} />
      )}
      <button type="submit" class="btn primary wide" data-testid="start" disabled={busy || name.trim() === "" || (withKey ? key.trim() === "" : choice === "")}>
        {busy ? w.starting : w.start}
      </button>
      {choices.length > 0 && (
        <button type="button" class="btn quiet" data-testid="other-way" onClick={() => setWithKey(!withKey)}>
          {withKey ? w.noKey : w.haveKey}
        </button>
      )}
    </form>
  );
}
