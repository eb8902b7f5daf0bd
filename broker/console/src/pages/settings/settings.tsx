import { useEffect, useRef } from "preact/hooks";
import { Link } from "../../ui/frame.tsx";
import { Empty } from "../../ui/parts.tsx";
import { useStore } from "../context.ts";
import { MailPage } from "./mail.tsx";
import { PortalPage } from "./portal.tsx";
import { buttonProfile } from "../office/button-profile.tsx";
import { issue } from "../office/issue.tsx";
import { jumpGroup } from "../office/jump-group.tsx";
import { jumpPolicy } from "../office/jump-policy.tsx";
import { queue } from "../office/queue.tsx";
import { sessionPolicy } from "../office/session-policy.tsx";
import { team } from "../office/team.tsx";
import type { Kind } from "../office/kind.ts";
import { ObjectsPage } from "../office/objects.tsx";
import { settingsParts } from "../places.ts";
import { Recipients } from "../recording/recipients.tsx";
import { RolesPage } from "../users/roles.tsx";
import { ScopesPage } from "./scopes.tsx";
import { SignInRules } from "./sign-in-rules.tsx";
import { TokensPage } from "../inventory/tokens.tsx";
import { UsersPage } from "../users/users.tsx";

/** The settings: one page of several, of which only those that the rep may change are listed. */
export function SettingsPage({ part }: { part: string }) {
  const store = useStore();
  const parts = settingsParts(store);
  const here = part === "" ? parts[0]?.id : parts.find((p) => p.id === part)?.id;
  const tabs = useRef<HTMLElement>(null);
  // In a narrow window the tabs scroll: the current one is to be seen.
  useEffect(() => tabs.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" }), [here]);
  return (
    <>
      <header class="head">
        <h1>Settings</h1>
      </header>
      <nav ref={tabs} class="tabs" aria-label="Settings">
        {parts.map((p) => (
          <Link key={p.id} to={`/settings/${p.id}`} current={p.id === here} id={`tab-${p.id}`}>
            {p.label}
          </Link>
        ))}
      </nav>
      {here === undefined ? (
        <section class="card">
          <Empty icon="lock" title="Nothing for you here">
            These settings are not yours to change, or there are none at this address.
          </Empty>
        </section>
      ) : (
        <Part id={here} />
      )}
    </>
  );
}

const office: Readonly<Record<string, Kind>> = { teams: team, queues: queue, issues: issue, "jump-groups": jumpGroup, "jump-policies": jumpPolicy, "session-policies": sessionPolicy, buttons: buttonProfile };

function Part({ id }: { id: string }) {
  const kind = office[id];
  if (kind) return <ObjectsPage key={id} of={kind} />;
  switch (id) {
    case "users":
      return (
        <>
          <UsersPage />
          <SignInRules />
        </>
      );
    case "roles":
      return <RolesPage />;
    case "tokens":
      return <TokensPage />;
    case "portal":
      return <PortalPage />;
    case "mail":
      return <MailPage />;
    case "recordings":
      return <Recipients />;
    default:
      return <ScopesPage />;
  }
}
