import { create } from "@bufbuild/protobuf";
import { ObjectKind } from "../../gen/alongside/console/v1/directory_pb.ts";
import { JumpPolicySchema } from "../../gen/alongside/console/v1/jumpplan_pb.ts";
import { Check, TextArea } from "../../ui/fields.tsx";
import { define } from "./kind.ts";

export const jumpPolicy = define<"jumpPolicy">({
  case: "jumpPolicy",
  kind: ObjectKind.JUMP_POLICY,
  one: "jump policy",
  many: "Jump policies",
  about: "When Jump Clients may be started and under which conditions, beside what the scopes say.",
  icon: "shield",
  needs: [],
  columns: ["Hours", "Conditions"],
  errors: ["hours"],
  blank: () => create(JumpPolicySchema),
  cells: (v) => [
    v.hours.length === 0 ? "always" : v.hours.join(", "),
    [v.secondFactor && "second factor", v.ask && "a person says yes", v.join ? "the second joins" : "one at a time"].filter(Boolean).join(" · "),
  ],
  fields: ({ value, change, wrong }) => (
    <>
      <TextArea label="Hours" name="jump-hours" hint="Lines like Mon-Fri 08:00-18:00 Europe/Berlin. None: always." value={value.hours.join("\n")} error={wrong("hours")} onValue={(text) => change({ ...value, hours: text.split("\n") })} />
      <Check label="Needs a second factor" name="jump-second-factor" hint="Proved within the last five minutes." checked={value.secondFactor} onValue={(secondFactor) => change({ ...value, secondFactor })} />
      <Check label="A person at the device says yes, always" name="jump-ask" checked={value.ask} onValue={(ask) => change({ ...value, ask })} />
      <Check label="Who comes second joins the session" name="jump-join" hint="Its owner is told, and not asked. Otherwise the second is refused." checked={value.join} onValue={(join) => change({ ...value, join })} />
    </>
  ),
});
