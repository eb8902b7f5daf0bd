import { create } from "@bufbuild/protobuf";
import { IssueSchema, ObjectKind } from "../../gen/alongside/console/v1/directory_pb.ts";
import { Check, Select } from "../../ui/fields.tsx";
import { choices, define, nameOf } from "./kind.ts";

export const issue = define<"issue">({
  case: "issue",
  kind: ObjectKind.ISSUE,
  one: "issue",
  many: "Issues",
  about: "A type of problem. What is asked under an issue waits in its queue.",
  icon: "alert",
  needs: [ObjectKind.QUEUE],
  first: { kind: ObjectKind.QUEUE, words: "Make a queue first", to: "/settings/queues" },
  columns: ["Queue", "Request Help"],
  errors: ["queue"],
  blank: () => create(IssueSchema),
  cells: (v, refs) => [nameOf(refs.of(ObjectKind.QUEUE), v.queue), v.requestHelp ? "offered to reps" : "not offered"],
  fields: ({ value, refs, change, wrong }) => (
    <>
      <Select label="Queue" name="queue" value={value.queue} options={choices(refs.of(ObjectKind.QUEUE), value.queue, "Choose a queue")} hint="Where it waits." error={wrong("queue")} onValue={(queue) => change({ ...value, queue })} />
      <Check label="Offer it under Request Help" hint="Reps in a session can then ask for help under this issue." name="request-help" checked={value.requestHelp} onValue={(requestHelp) => change({ ...value, requestHelp })} />
    </>
  ),
});
