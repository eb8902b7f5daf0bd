import { create } from "@bufbuild/protobuf";
import { Code, type ConnectRouter } from "@connectrpc/connect";
import { type Capability, CapabilitySchema, type ConfigObject, ConfigService, ObjectKind } from "../../src/gen/alongside/console/v1/directory_pb.ts";
import { ErrorCode } from "../../src/gen/alongside/wire/v1/reason_pb.ts";
import { refuse } from "./office.ts";

const kinds: Readonly<Record<string, ObjectKind>> = {
  team: ObjectKind.TEAM,
  queue: ObjectKind.QUEUE,
  issue: ObjectKind.ISSUE,
  jumpGroup: ObjectKind.JUMP_GROUP,
  sessionPolicy: ObjectKind.SESSION_POLICY,
  buttonProfile: ObjectKind.BUTTON_PROFILE,
  jumpPolicy: ObjectKind.JUMP_POLICY,
};

const wrong = (field: string, detail: string) => refuse(Code.InvalidArgument, ErrorCode.MALFORMED, field, detail);

/** What administrators set up at the played broker. */
export class Objects {
  all: ConfigObject[] = [];
  capabilities: Capability[] = [
    create(CapabilitySchema, { name: "view", title: "See the screen" }),
    create(CapabilitySchema, { name: "control", title: "Use keyboard and mouse" }),
    create(CapabilitySchema, { name: "chat", title: "Chat" }),
  ];
  /** Lists are refused while it is true. */
  broken = false;

  find(name: string): ConfigObject {
    return this.all.find((o) => o.name === name)!;
  }

  /** What another administrator does. */
  change(name: string, to: Partial<ConfigObject>): void {
    this.all = this.all.map((o) => (o.name === name ? { ...o, ...to, version: o.version + 1n } : o));
  }

  routes(router: ConnectRouter): void {
    router.service(ConfigService, {
      listObjects: (q) => {
        if (this.broken) throw refuse(Code.Internal, ErrorCode.INTERNAL);
        return { objects: this.all.filter((o) => kinds[o.object.case ?? ""] === q.kind), capabilities: q.kind === ObjectKind.SESSION_POLICY ? this.capabilities : [] };
      },
      saveObject: (q) => {
        const o = q.object!;
        this.#check(o);
        const was = this.all.find((x) => x.id === o.id);
        if (o.id !== "" && !was) throw refuse(Code.NotFound, ErrorCode.NOT_FOUND);
        if (was && was.version !== o.version) throw refuse(Code.FailedPrecondition, ErrorCode.CONFLICT, "", "somebody else changed this");
        const kept = { ...o, id: was?.id ?? `o${this.all.length + 1}`, version: o.version + 1n };
        this.all = [...this.all.filter((x) => x.id !== o.id), kept];
        return { object: kept };
      },
      deleteObject: (q) => {
        if (!q.confirm) throw refuse(Code.FailedPrecondition, ErrorCode.CONFIRMATION_REQUIRED);
        const by = this.all.find(({ object: o }) => (o.case === "queue" && o.value.team === q.id) || ((o.case === "issue" || o.case === "buttonProfile") && o.value.queue === q.id));
        if (by) throw refuse(Code.FailedPrecondition, ErrorCode.IN_USE, "", `this is used by ${by.object.case} “${by.name}”: change that first`);
        this.all = this.all.filter((o) => o.id !== q.id);
        return {};
      },
    });
  }

  #check({ id, name, note, object: o }: ConfigObject): void {
    if (this.all.some((x) => x.name === name && x.id !== id && x.object.case === o.case)) throw wrong("name", "There is one of this name.");
    if (note.length > 100) throw wrong("note", "Use up to 100.");
    if (o.case === "queue" && o.value.team === "") throw wrong("team", "Choose its team.");
    if (o.case === "issue" && o.value.queue === "") throw wrong("queue", "Choose its queue.");
    if (o.case === "sessionPolicy" && !o.value.capabilities.includes("view")) throw wrong("capabilities", "Choose at least one.");
    if (o.case === "buttonProfile" && (o.value.maxDays === 0 || o.value.maxDays > 365)) throw wrong("max_days", "Use 1 to 365 days.");
    if (o.case === "jumpGroup" && o.value.members.length === 0) throw wrong("members", "Choose somebody.");
  }
}
