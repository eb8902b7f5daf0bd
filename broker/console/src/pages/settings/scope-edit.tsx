import { useState } from "preact/hooks";
import { settingProblem } from "../../core/scope.ts";
import type { Matcher, Scope, Setting } from "../../gen/alongside/console/v1/settings_pb.ts";
import { ErrorCode } from "../../gen/alongside/wire/v1/reason_pb.ts";
import { SaveFoot } from "../../ui/confirm.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Group, wordsOf } from "../../ui/fields.tsx";
import { Field, Notice } from "../../ui/parts.tsx";
import { useCall, useStore } from "../context.ts";
import { SettingField } from "./setting-field.tsx";

type Sets = Record<"names" | "groups" | "tags", string>;

/** A scope: which devices and users it holds, and what it defines. Everything else is inherited. */
export function ScopeEditor({ scope, version, catalogue, close, done }: { scope: Scope | undefined; version: bigint; catalogue: readonly Setting[]; close: () => void; done: () => void }) {
  const store = useStore();
  const [name, setName] = useState(scope?.name ?? "");
  const [devices, setDevices] = useState(() => setsOf(scope?.devices));
  const [users, setUsers] = useState(() => setsOf(scope?.users));
  const [settings, setSettings] = useState<Readonly<Record<string, string>>>(scope?.settings ?? {});
  const { run, busy, why } = useCall(async () => {
    // The version that was edited, not one that came since: a change in between is a conflict.
    await store.api.settings.saveScope({ scope: { id: scope?.id ?? "", name: name.trim(), devices: matcher(devices), users: matcher(users), settings: { ...settings }, version: read } });
    done();
    close();
  });
  const [read] = useState(version);
  const conflict = why?.code === ErrorCode.CONFLICT;
  const invalid = catalogue.some((s) => settings[s.key] !== undefined && settingProblem(s, settings[s.key]!) !== "");
  const wrong = (field: string) => (why?.field === field ? why.text : undefined);
  const define = (key: string, value: string | undefined) => {
    const { [key]: _, ...rest } = settings;
    setSettings(value === undefined ? rest : { ...rest, [key]: value });
  };
  return (
    <Dialog title={scope ? `Edit ${scope.name}` : "New scope"} close={close} id="scope-dialog" wide>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (!invalid) run();
        }}
      >
        {why && (
          <Notice tone={conflict ? "warn" : "bad"} id={conflict ? "scope-conflict" : "scope-error"}>
            {why.text}{" "}
            {conflict && (
              <button
                type="button"
                class="btn small"
                onClick={() => {
                  done();
                  close();
                }}
              >
                Read again
              </button>
            )}
          </Notice>
        )}
        <Field label="Name" name="scope-name" value={name} onValue={setName} error={wrong("name")} autofocus={!scope} />
        <Members title="Devices" name="devices" hint="Empty: every device. Names take * and ?." sets={devices} change={setDevices} />
        <Members title="The person in front" name="users" hint="Empty: anybody and nobody." sets={users} change={setUsers} />
        <Group title="Settings">
          <div class="settings-list">
            {catalogue.map((s) => (
              <SettingField key={s.key} setting={s} value={settings[s.key]} error={wrong(s.key) ?? wrong(`settings.${s.key}`)} change={(v) => define(s.key, v)} />
            ))}
          </div>
        </Group>
        <SaveFoot close={close} busy={busy} disabled={invalid || conflict} id="save-scope" />
      </form>
    </Dialog>
  );
}

function Members({ title, name, hint, sets, change }: { title: string; name: string; hint: string; sets: Sets; change: (s: Sets) => void }) {
  return (
    <Group title={title}>
      <small>{hint}</small>
      <div class="three">
        {(["names", "groups", "tags"] as const).map((k) => (
          <Field key={k} label={{ names: "Names", groups: "Groups", tags: "Tags" }[k]} name={`${name}-${k}`} required={false} value={sets[k]} onValue={(v) => change({ ...sets, [k]: v })} />
        ))}
      </div>
    </Group>
  );
}

function setsOf(m: Matcher | undefined): Sets {
  return { names: m?.names.join(", ") ?? "", groups: m?.groups.join(", ") ?? "", tags: m?.tags.join(", ") ?? "" };
}

function matcher(s: Sets) {
  return { names: wordsOf(s.names), groups: wordsOf(s.groups), tags: wordsOf(s.tags) };
}
