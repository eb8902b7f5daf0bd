import { useEffect } from "preact/hooks";
import { Frame, Link, useRouter } from "../ui/frame.tsx";
import { Empty, Notice } from "../ui/parts.tsx";
import { AuditPage } from "./audit.tsx";
import { useCall, useStore } from "./context.ts";
import { DevicePage } from "./device.tsx";
import { InventoryPage } from "./inventory.tsx";
import { SessionPage } from "./session.tsx";
import { SignInPage } from "./sign-in.tsx";

const titles = { inventory: "Inventory", device: "Device", session: "Session", audit: "Audit log", "sign-in": "Sign in", unknown: "Not found" };

/** Chooses the page for the address; without a rep it is always the way in. */
export function App() {
  const store = useStore();
  const router = useRouter();
  const route = router.route.value;
  const who = store.who.value;
  const signedIn = typeof who === "object";
  const leaving = useCall(() => store.signOut());

  useEffect(() => {
    document.title = `${titles[signedIn ? route.page : "sign-in"]} · Alongside`;
  }, [route.page, signedIn]);

  // Where a rep wanted to go is kept in the address, and found again after the sign-in.
  useEffect(() => {
    const next = new URLSearchParams(location.search).get("next");
    if (who === "nobody" && route.page !== "sign-in") {
      const here = location.pathname + location.search;
      router.go(here === "/" || store.farewell.value === "signed_out" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(here)}`, true);
    } else if (signedIn && route.page === "sign-in") {
      router.go(next?.startsWith("/") && !next.startsWith("//") && !next.includes("\\") ? next : "/", true);
    }
  }, [who, route.page]);

  if (store.startFailure.value || who === "nobody") return <SignInPage />;
  if (!signedIn) return <div class="pulse page-pulse" role="status" aria-label="Loading" />;
  if (route.page === "session") return <SessionPage key={route.id} id={route.id} />;
  if (route.page === "sign-in") return null;
  return (
    <Frame here={route.page === "audit" ? "audit" : "inventory"} rep={who} organisation={store.organisation.value} live={store.live.value} signOut={leaving.run}>
      {leaving.why && <Notice tone="bad" id="sign-out-error">{`You are still signed in. ${leaving.why.text}`}</Notice>}
      {route.page === "inventory" && <InventoryPage />}
      {route.page === "device" && <DevicePage key={route.id} id={route.id} />}
      {route.page === "audit" && <AuditPage session={route.session} />}
      {route.page === "unknown" && (
        <section class="card">
          <Empty icon="search" title="There is no such page" action={<Link to="/" class="btn">To the inventory</Link>}>
            The address may be mistyped.
          </Empty>
        </section>
      )}
    </Frame>
  );
}
