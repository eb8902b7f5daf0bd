import { render } from "preact";
import { openApi } from "../net/api.ts";
import { RouterContext } from "../ui/frame.tsx";
import { PlayerElement } from "../ui/player/element.ts";
import { createRouter, joinPath } from "../ui/router.ts";
import { ViewerElement } from "../ui/viewer/element.ts";
import { App } from "./app.tsx";
import { StoreContext } from "./context.ts";
import { Proofs } from "./sign-in/proof.ts";
import { Store } from "./store.ts";
import { noteUse } from "./use.ts";

customElements.define("alongside-viewer", ViewerElement);
customElements.define("alongside-player", PlayerElement);

const proofs = new Proofs();
const store: Store = new Store(
  openApi(location.origin, {
    signedOut: () => {
      if (store.guest.value) store.guestOut();
      else if (typeof store.who.value === "object") store.forget("expired");
    },
    prove: (code) => proofs.ask(code),
  }),
  proofs,
);
const root = document.getElementById("root");
if (!root) throw new Error("no root element");
render(
  <StoreContext.Provider value={store}>
    <RouterContext.Provider value={createRouter()}>
      <App />
    </RouterContext.Provider>
  </StoreContext.Provider>,
  root,
);
if (location.pathname === joinPath) {
  // The secret of a link is kept out of the address bar and the history.
  store.key.value = location.hash.slice(1);
  if (location.hash) history.replaceState(null, "", joinPath);
  void store.startGuest();
} else {
  noteUse(store);
  void store.start();
}
