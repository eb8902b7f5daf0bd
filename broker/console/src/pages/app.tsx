import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { Frame, Link, useRouter } from "../ui/frame.tsx";
import { Empty, Notice } from "../ui/parts.tsx";
import { isOutside, type Route } from "../ui/router.ts";
import { AccountPage } from "./account/account.tsx";
import { AuditPage } from "./audit/audit.tsx";
import { AvailabilityMenu } from "./availability.tsx";
import { useCall, useStore } from "./context.ts";
import { DevicePage } from "./inventory/device.tsx";
import { ExplainPage } from "./settings/explain.tsx";
import { JoinPage } from "./guest/join.tsx";
import { InventoryPage } from "./inventory/inventory.tsx";
import { JumpPage } from "./jump/jump.tsx";
import { OpenSessions } from "./open-sessions.tsx";
import { placeOf, placesOf } from "./places.ts";
import { QueuePage } from "./queue/queue.tsx";
import { PlayerPage } from "./recording/player.tsx";
import { RecordingsPage } from "./recording/recordings.tsx";
import { RequestsPage } from "./request/requests.tsx";
import { SessionPage } from "./session/session.tsx";
import { SettingsPage } from "./settings/settings.tsx";
import { SignInPage } from "./sign-in/sign-in.tsx";
import { SignOut, touchedBySignOut } from "./sign-out.tsx";
import { StepUp } from "./sign-in/step-up.tsx";
import { SummaryPage } from "./summary.tsx";
import { ViewSelect } from "./settings/view-select.tsx";

const titles: Readonly<Record<Route["page"], string>> = {
  summary: "Summary",
  requests: "Requests",
  queue: "Queue",
  inventory: "Inventory",
  jump: "Jump",
  device: "Device",
  session: "Session",
  audit: "Audit log",
  recordings: "Recordings",
  player: "Recording",
  explain: "Explain",
  settings: "Settings",
  account: "Your account",
  join: "Invitation",
  "sign-in": "Sign in",
  unknown: "Not found",
};
// Where lists are narrowed by the view.
const viewed: ReadonlySet<Route["page"]> = new Set(["summary", "requests", "inventory", "recordings", "settings"]);

/** The console, or the page of an external rep. */
export function App() {
  return useRouter().route.value.page === "join" ? <JoinPage /> : <Console />;
}

/** Chooses the page for the address; without a rep it is always the way in. */
function Console() {
  const store = useStore();
  const router = useRouter();
  const route = router.route.value;
  const who = store.who.value;
  const signedIn = typeof who === "object";
  const leaving = useCall(() => store.signOut());
  const [asking, setAsking] = useState(false);
  const signOut = () => (touchedBySignOut(store).length > 0 ? setAsking(true) : leaving.run());

  useEffect(() => {
    document.title = `${titles[signedIn ? route.page : "sign-in"]} · Alongside`;
  }, [route.page, signedIn]);

  // Where a rep wanted to go is kept in the address, and found again after the sign-in.
  // Before anything is drawn: an address may hold a code that no one has to see.
  useLayoutEffect(() => {
    const next = new URLSearchParams(location.search).get("next");
    if (who === "nobody" && route.page !== "sign-in") {
      const here = location.pathname + location.search;
      router.go(here === "/" || isOutside(location.pathname) || store.farewell.value === "signed_out" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(here)}`, true);
    } else if (signedIn && route.page === "sign-in") {
      router.go(next?.startsWith("/") && !next.startsWith("//") && !next.includes("\\") ? next : "/", true);
    }
  }, [who, route.page]);

  if (store.startFailure.value || who === "nobody") return <SignInPage />;
  if (!signedIn) return <div class="pulse page-pulse" role="status" aria-label="Loading" />;
  if (route.page === "sign-in") return null;
  if (route.page === "session") {
    return (
      <div class="tabbed">
        <OpenSessions current={route.id} />
        <SessionPage key={route.id} id={route.id} />
        <StepUp />
      </div>
    );
  }
  return (
    <>
      <Frame here={placeOf(route)} places={placesOf(store)} rep={who} organisation={store.organisation.value} live={store.live.value} signOut={signOut} view={viewed.has(route.page) && <ViewSelect />} reach={<AvailabilityMenu />}>
        <OpenSessions />
        {leaving.why && <Notice tone="bad" id="sign-out-error">{`You are still signed in. ${leaving.why.text}`}</Notice>}
        <Page route={route} />
      </Frame>
      {asking && <SignOut sessions={touchedBySignOut(store)} close={() => setAsking(false)} />}
      <StepUp />
    </>
  );
}

function Page({ route }: { route: Route }) {
  switch (route.page) {
    case "summary":
      return <SummaryPage />;
    case "requests":
      return <RequestsPage />;
    case "queue":
      return <QueuePage />;
    case "inventory":
      return <InventoryPage />;
    case "jump":
      return <JumpPage />;
    case "device":
      return <DevicePage key={route.id} id={route.id} />;
    case "audit":
      return <AuditPage session={route.session} />;
    case "recordings":
      return <RecordingsPage />;
    case "player":
      return <PlayerPage key={route.id} id={route.id} />;
    case "explain":
      return <ExplainPage />;
    case "settings":
      return <SettingsPage part={route.part} />;
    case "account":
      return <AccountPage />;
    default:
      return (
        <section class="card">
          <Empty icon="search" title="There is no such page" action={<Link to="/" class="btn">To the summary</Link>}>
            The address may be mistyped.
          </Empty>
        </section>
      );
  }
}
