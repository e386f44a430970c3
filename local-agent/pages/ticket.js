/**
 * Takes the ticket out of the fragment before anything else happens, so that it stands in the address bar for no longer
 * than it must, and in no bookmark and no picture of the screen. A fragment is never sent to a server.
 */
(() => {
  let ticket = "";

  function take() {
    const found = location.hash.slice(1);
    if (found) {
      ticket = found;
      history.replaceState(null, "", "/");
    }
    return Boolean(found);
  }

  take();

  // The same window opened again with another ticket: the page is not loaded anew for that.
  addEventListener("hashchange", () => {
    if (take()) {
      dispatchEvent(new Event("sealkey-ticket"));
    }
  });

  /** The ticket, once. */
  globalThis.takeTicket = () => {
    const taken = ticket;
    ticket = "";
    return taken;
  };
})();
