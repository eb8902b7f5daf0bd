import { render } from "preact";
import { openApi } from "../net/api.ts";
import { RouterContext } from "../ui/frame.tsx";
import { createRouter } from "../ui/router.ts";
import { ViewerElement } from "../ui/viewer/element.ts";
import { App } from "./app.tsx";
import { StoreContext } from "./context.ts";
import { Store } from "./store.ts";

customElements.define("alongside-viewer", ViewerElement);

const store: Store = new Store(
  openApi(location.origin, () => {
    if (typeof store.who.value === "object") store.forget("expired");
  }),
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
void store.start();
