import { create } from "@bufbuild/protobuf";
import { JumpGroupSchema, JumpMemberSchema, ObjectKind } from "../../gen/alongside/console/v1/directory_pb.ts";
import { Check } from "../../ui/fields.tsx";
import { define, people } from "./kind.ts";
import { Members } from "./members.tsx";

export const jumpGroup = define<"jumpGroup">({
  case: "jumpGroup",
  kind: ObjectKind.JUMP_GROUP,
  one: "Jump Group",
  many: "Jump Groups",
  about: "Devices that are pinned to a Jump Group are within reach of its members, and of nobody else.",
  icon: "monitor",
  needs: [],
  columns: ["Members"],
  errors: ["members"],
  blank: () => create(JumpGroupSchema),
  cells: ({ members }, refs) => [
    people(
      members.map((m) => m.account),
      refs,
      (id) => (members.find((m) => m.account === id)?.pin ? " (may pin)" : ""),
    ),
  ],
  fields: ({ value, refs, change, wrong }) => {
    const of = (id: string) => value.members.find((m) => m.account === id);
    return (
      <Members
        accounts={refs.accounts}
        members={value.members.map((m) => m.account)}
        error={wrong("members")}
        set={(id, on) => change({ ...value, members: on ? [...value.members, create(JumpMemberSchema, { account: id })] : value.members.filter((m) => m.account !== id) })}
        right={(id) => <Check label="may pin" name={`pin-${id}`} checked={of(id)?.pin ?? false} disabled={!of(id)} onValue={(pin) => change({ ...value, members: value.members.map((m) => (m.account === id ? { ...m, pin } : m)) })} />}
      />
    );
  },
});
