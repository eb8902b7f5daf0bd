import { create } from "@bufbuild/protobuf";
import { ObjectKind, TeamSchema } from "../../gen/alongside/console/v1/directory_pb.ts";
import { define, people } from "./kind.ts";
import { Members } from "./members.tsx";

export const team = define<"team">({
  case: "team",
  kind: ObjectKind.TEAM,
  one: "team",
  many: "Teams",
  about: "Reps who work together. Queues belong to teams, and sessions can be shared with one.",
  icon: "people",
  needs: [ObjectKind.QUEUE],
  columns: ["Members", "Queues"],
  errors: ["members"],
  blank: () => create(TeamSchema),
  cells: (v, refs, id) => [
    people(v.members, refs),
    refs
      .of(ObjectKind.QUEUE)
      .filter((q) => q.object.case === "queue" && q.object.value.team === id)
      .map((q) => q.name)
      .join(", ") || "none",
  ],
  fields: ({ value, refs, change, wrong }) => (
    <Members accounts={refs.accounts} members={value.members} error={wrong("members")} set={(id, on) => change({ ...value, members: on ? [...value.members, id] : value.members.filter((m) => m !== id) })} />
  ),
});
