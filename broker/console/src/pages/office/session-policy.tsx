import { create } from "@bufbuild/protobuf";
import { ObjectKind, SessionPolicySchema } from "../../gen/alongside/console/v1/directory_pb.ts";
import { Check, Group } from "../../ui/fields.tsx";
import { define } from "./kind.ts";

export const sessionPolicy = define<"sessionPolicy">({
  case: "sessionPolicy",
  kind: ObjectKind.SESSION_POLICY,
  one: "session policy",
  many: "Session policies",
  about: "What somebody from outside, who is invited into a session under it, may do there.",
  icon: "shield",
  needs: [],
  columns: ["Allows"],
  errors: ["capabilities"],
  blank: () => create(SessionPolicySchema),
  cells: (v, refs) => [v.capabilities.map((name) => refs.capabilities.find((c) => c.name === name)?.title ?? name).join(" · ")],
  fields: ({ value, refs, change, wrong }) => (
    <Group title="Whoever is invited may" error={wrong("capabilities")}>
      {refs.capabilities.map((c) => (
        <Check
          key={c.name}
          label={c.title}
          name={`capability-${c.name}`}
          checked={value.capabilities.includes(c.name)}
          onValue={(on) => change({ ...value, capabilities: on ? [...value.capabilities, c.name] : value.capabilities.filter((n) => n !== c.name) })}
        />
      ))}
    </Group>
  ),
});
