import type { ComponentChildren } from "preact";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Rep } from "../gen/alongside/console/v1/console_pb.ts";
import { Icon, type IconName } from "./icon.tsx";
import { Avatar } from "./parts.tsx";
import { isOutside, type Router } from "./router.ts";

export const RouterContext = createContext<Router | null>(null);

export function useRouter(): Router {
  const router = useContext(RouterContext);
  if (!router) throw new Error("no router");
  return router;
}

/** A link within the console: no reload, but a real address for a new tab. */
export function Link(props: { to: string; children: ComponentChildren; class?: string; current?: boolean; label?: string; id?: string }) {
  const router = useRouter();
  return (
    <a
      class={props.class}
      aria-current={props.current ? "page" : undefined}
      aria-label={props.label}
      data-testid={props.id}
      href={props.to}
      onClick={(e) => {
        if (e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey || isOutside(props.to)) return;
        e.preventDefault();
        router.go(props.to);
      }}
    >
      {props.children}
    </a>
  );
}

export function Brand() {
  return (
    <div class="brand">
      <span class="brand-mark">
        <Icon name="brand" size={18} />
      </span>
      Alongside
    </div>
  );
}

/** One entry of the rail. */
export interface Place {
  readonly id: string;
  readonly to: string;
  readonly icon: IconName;
  readonly label: string;
  readonly count?: number;
}

/** The page around a page: rail, who is signed in, and whether the page is live. */
export function Frame({ here, places, rep, organisation, live, signOut, view, reach, children }: { here: string; places: readonly Place[]; rep: Rep; organisation: string; live: boolean; signOut: () => void; view?: ComponentChildren; reach?: ComponentChildren; children: ComponentChildren }) {
  return (
    <div class="app">
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <nav class="rail" aria-label="Main">
        <Brand />
        {view}
        {places.map((p) => (
          <Link key={p.id} to={p.to} current={p.id === here} id={`nav-${p.id}`} class="rail-link" {...(p.count ? { label: `${p.label}, ${p.count} waiting` } : {})}>
            <Icon name={p.icon} />
            <span>{p.label}</span>
            {p.count ? <span class="count">{p.count}</span> : null}
          </Link>
        ))}
        <div class="rail-end">{reach}</div>
        <div class="me">
          <Link to="/account" class="me-link" label="Your account" id="nav-account" current={here === "account"}>
            <Avatar name={rep.displayName || rep.name} />
            <span class="me-name">
              <span title={rep.name}>{rep.displayName || rep.name}</span>
              <small title={organisation}>{organisation || (rep.admin ? "Administrator" : "Representative")}</small>
            </span>
          </Link>
          <button type="button" class="btn quiet square" aria-label="Sign out" title="Sign out" data-testid="sign-out" onClick={signOut}>
            <Icon name="out" />
          </button>
        </div>
      </nav>
      <main class="page" id="main" tabIndex={-1}>
        {!live && (
          <div class="notice warn" role="status" data-testid="not-live">
            <span class="spinner" aria-hidden="true" />
            <span>The server cannot be reached. What you see may be old; reconnecting…</span>
          </div>
        )}
        {children}
      </main>
    </div>
  );
}
