import { Link } from "../ui/frame.tsx";
import { Empty } from "../ui/parts.tsx";
import { useStore } from "./context.ts";
import { MailPage } from "./mail.tsx";
import { settingsParts } from "./places.ts";
import { Recipients } from "./recipients.tsx";
import { RolesPage } from "./roles.tsx";
import { ScopesPage } from "./scopes.tsx";
import { SignInRules } from "./sign-in-rules.tsx";
import { TokensPage } from "./tokens.tsx";
import { UsersPage } from "./users.tsx";

/** The settings: one page of several, of which only those that the rep may change are listed. */
export function SettingsPage({ part }: { part: string }) {
  const store = useStore();
  const parts = settingsParts(store);
  const here = part === "" ? parts[0]?.id : parts.find((p) => p.id === part)?.id;
  return (
    <>
      <header class="head">
        <h1>Settings</h1>
      </header>
      <nav class="tabs" aria-label="Settings">
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

function Part({ id }: { id: string }) {
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
    case "mail":
      return <MailPage />;
    case "recordings":
      return <Recipients />;
    default:
      return <ScopesPage />;
  }
}
