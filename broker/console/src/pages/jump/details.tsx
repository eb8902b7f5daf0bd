import { create } from "@bufbuild/protobuf";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type JumpClient, type JumpDetails, JumpDetailsSchema, type JumpTargetsResponse } from "../../gen/alongside/console/v1/jump_pb.ts";
import { Select, TextArea } from "../../ui/fields.tsx";
import { Field } from "../../ui/parts.tsx";

/** What is typed about a Jump Client. */
export interface Draft {
  readonly name: string;
  readonly group: string;
  readonly policy: string;
  readonly tag: string;
  readonly comments: string;
  readonly until: string; // a date; empty: for ever
}

export const blank = (name: string): Draft => ({ name, group: "", policy: "", tag: "", comments: "", until: "" });

export function draftOf(c: JumpClient): Draft {
  return { name: c.name, group: c.groupId, policy: c.policyId, tag: c.tag, comments: c.comments, until: c.expiresAt ? localDate(timestampDate(c.expiresAt)) : "" };
}

/** The draft as the broker takes it. The last day counts whole; an expiry whose day stays is left as it is. */
export function detailsOf(d: Draft, before?: JumpClient): JumpDetails {
  const kept = before?.expiresAt && draftOf(before).until === d.until ? before.expiresAt : undefined;
  const expiresAt = d.until === "" ? undefined : (kept ?? timestampFromDate(new Date(`${d.until}T23:59:59`)));
  return create(JumpDetailsSchema, { name: d.name, groupId: d.group, policyId: d.policy, tag: d.tag, comments: d.comments, ...(expiresAt ? { expiresAt } : {}) });
}

function localDate(t: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())}`;
}

/** The fields of a Jump Client (J2). Groups are those to which the rep may pin (J3), and the one that it has. */
export function DetailFields({ draft, change, targets, now, wrong }: { draft: Draft; change: (d: Draft) => void; targets: JumpTargetsResponse; now?: JumpClient; wrong: (field: string) => string | undefined }) {
  const groups = targets.groups.map((g) => ({ value: g.id, label: g.name }));
  if (now && now.groupId !== "" && !groups.some((g) => g.value === now.groupId)) groups.push({ value: now.groupId, label: now.groupName });
  return (
    <>
      <Field label="Name" name="jump-name" required={false} hint="Empty: the device's own." value={draft.name} error={wrong("name")} onValue={(name) => change({ ...draft, name })} />
      <div class="pair">
        <Select label="Jump Group" name="jump-group" value={draft.group} options={[{ value: "", label: "My own list" }, ...groups]} hint="Who may start it." error={wrong("group_id")} onValue={(group) => change({ ...draft, group })} />
        <Select label="Jump policy" name="jump-policy" value={draft.policy} options={[{ value: "", label: "None" }, ...targets.policies.map((p) => ({ value: p.id, label: p.name }))]} hint="When and under which conditions." error={wrong("policy_id")} onValue={(policy) => change({ ...draft, policy })} />
      </div>
      <div class="pair">
        <Field label="Tag" name="jump-tag" required={false} value={draft.tag} error={wrong("tag")} onValue={(tag) => change({ ...draft, tag })} />
        <Field label="Until" name="jump-until" type="date" required={false} hint="Empty: for ever." value={draft.until} error={wrong("expires_at")} onValue={(until) => change({ ...draft, until })} />
      </div>
      <TextArea label="Comments" name="jump-comments" value={draft.comments} error={wrong("comments")} onValue={(comments) => change({ ...draft, comments })} />
    </>
  );
}
