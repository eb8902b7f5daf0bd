import { create } from "@bufbuild/protobuf";
import { timestampFromDate, timestampNow } from "@bufbuild/protobuf/wkt";
import { Code, type ConnectRouter } from "@connectrpc/connect";
import type { Session } from "../../src/gen/alongside/console/v1/console_pb.ts";
import { type Guest, GuestSchema, GuestService, type InviteGuestRequest } from "../../src/gen/alongside/console/v1/guest_pb.ts";
import { type SharePolicy, SharePolicySchema } from "../../src/gen/alongside/console/v1/outsider_pb.ts";
import { InvitationSchema } from "../../src/gen/alongside/console/v1/participant_pb.ts";
import { ErrorCode } from "../../src/gen/alongside/wire/v1/reason_pb.ts";
import { me } from "./company.ts";
import { refuse } from "./office.ts";

/** What guests need of the broker around them. */
export interface House {
  session(id: string): Session;
  put(id: string, change: Partial<Session>): void;
}

/** External reps: whom the owner invites, and the one whose page it is. */
export class Guests {
  /** Who the browser is; undefined: no guest. */
  guest: Guest | undefined;
  /** Who comes by the link, and why it leads nowhere. */
  readonly links = new Map<string, Guest | ErrorCode>();
  readonly asked: InviteGuestRequest[] = [];
  fails: ErrorCode | undefined;
  wrong: { readonly field: string; readonly detail: string } | undefined;
  mailed = true;
  readonly #house: House;

  constructor(house: House) {
    this.#house = house;
  }

  routes(router: ConnectRouter): void {
    router.service(GuestService, {
      state: () => ({ organisation: "Example Org", ...(this.guest ? { guest: this.guest } : {}) }),
      redeem: (r) => {
        const found = this.links.get(r.key);
        if (found === undefined) throw refuse(Code.FailedPrecondition, ErrorCode.INVITATION_GONE);
        if (typeof found === "number") throw refuse(Code.FailedPrecondition, found);
        this.links.set(r.key, ErrorCode.LINK_USED);
        this.guest = found;
        return { guest: found, session: this.#house.session(found.sessionId) };
      },
      inviteGuest: (r) => {
        this.asked.push(r);
        if (this.wrong) throw refuse(Code.InvalidArgument, ErrorCode.MALFORMED, this.wrong.field, this.wrong.detail);
        if (this.fails !== undefined) throw refuse(Code.FailedPrecondition, this.fails);
        const s = this.#house.session(r.sessionId);
        const guest = { policy: "Vendor", description: r.description, comments: r.comments, email: r.email, expiresAt: timestampFromDate(new Date(Date.now() + 7200e3)) };
        const invitation = create(InvitationSchema, { id: `g${this.asked.length}`, sessionId: s.id, deviceName: s.deviceName, from: me.name, to: { case: "repId", value: "x1" }, toName: r.name, sentAt: timestampNow(), guest });
        this.#house.put(s.id, { invitations: [...s.invitations, invitation] });
        return { invitation, link: "https://support.example.org/join#kZ4v0QkZ4v0QkZ4v0QkZ4v0QkZ4v0QkZ4v0QkZ4v0Q", mailed: this.mailed && r.email !== "" };
      },
    });
  }
}

/** Val, an external rep who may do this in the session. */
export function val(...capabilities: string[]): Guest {
  return create(GuestSchema, { id: "x1", name: "Val Vendor", sessionId: "5e551000", capabilities });
}

export function policies(): SharePolicy[] {
  return [
    create(SharePolicySchema, { id: "p1", name: "Vendor", capabilities: ["See the screen", "Use keyboard and mouse", "Chat"] }),
    create(SharePolicySchema, { id: "p2", name: "Onlooker", capabilities: ["See the screen"] }),
  ];
}
