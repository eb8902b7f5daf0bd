import { create } from "@bufbuild/protobuf";
import { ObjectKind, QueueSchema } from "../../gen/alongside/console/v1/directory_pb.ts";
import { Check, Select } from "../../ui/fields.tsx";
import { choices, define, nameOf } from "./kind.ts";

export const queue = define<"queue">({
  case: "queue",
  kind: ObjectKind.QUEUE,
  one: "queue",
  many: "Queues",
  about: "Where sessions and invitations wait until somebody of a team takes them.",
  icon: "requests",
  needs: [ObjectKind.TEAM, ObjectKind.ISSUE],
  first: { kind: ObjectKind.TEAM, words: "Make a team first", to: "/settings/teams" },
  columns: ["Team", "Issues", "Fallback"],
  errors: ["team"],
  blank: () => create(QueueSchema),
  cells: (v, refs, id) => [
    nameOf(refs.of(ObjectKind.TEAM), v.team),
    refs
      .of(ObjectKind.ISSUE)
      .filter((i) => i.object.case === "issue" && i.object.value.queue === id)
      .map((i) => i.name)
      .join(", ") || "none",
    v.fallback ? "for sessions nobody owns" : "no",
  ],
  fields: ({ value, refs, change, wrong }) => (
    <>
      <Select label="Team" name="team" value={value.team} options={choices(refs.of(ObjectKind.TEAM), value.team, "Choose a team")} hint="Its members see what waits here, and take it." error={wrong("team")} onValue={(team) => change({ ...value, team })} />
      <Check label="Fallback queue" hint="Sessions whose owner is gone wait here, where no other queue is theirs. There is one at most: this takes the place of another." name="fallback" checked={value.fallback} onValue={(fallback) => change({ ...value, fallback })} />
    </>
  ),
});
