// Keeps the page that is open up to date: on every event it asks for the same page again and puts the
// parts marked `data-live` in the place of the old ones. Without it the page is read by reloading.
"use strict";
(() => {
  const state = document.getElementById("live");
  const parts = () => document.querySelectorAll("[data-live]");
  if (!state || parts().length === 0 || !window.EventSource) return;
  const words = state.dataset;
  let due = null, busy = false, again = false;

  function tell(word) { if (state.textContent !== word) state.textContent = word; }

  async function refresh() {
    due = null;
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of parts()) {
        const next = fresh.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
        if (!next || part.innerHTML === next.innerHTML) continue;
        // What somebody writes in or has opened is left alone; who is at a link stays there.
        if (part.querySelector("details[open], input:focus, select:focus, textarea:focus")) continue;
        const at = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
        part.replaceChildren(...next.childNodes);
        const link = at && part.querySelector(`a[href="${CSS.escape(at)}"]`);
        if (link) link.focus();
      }
      for (const part of parts()) part.classList.remove("stale");
      tell(words.on);
    } catch {
      lost();
    } finally {
      busy = false;
      if (again) { again = false; soon(); }
    }
  }
  function soon() { if (due === null) due = setTimeout(refresh, 400); }
  function lost() {
    for (const part of parts()) part.classList.add("stale");
    tell(words.off);
  }

  const stream = new EventSource("/api/events/");
  stream.onopen = () => { tell(words.on); soon(); };
  stream.onerror = lost;
  for (const kind of words.kinds.split(" ")) stream.addEventListener(kind, soon);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });
  // Ages and accounts' freshness move without events.
  setInterval(() => { if (!document.hidden) soon(); }, 30000);

})();
(() => {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      const from = document.getElementById(button.dataset.copy);
      await navigator.clipboard.writeText(from.textContent);
      button.textContent = button.dataset.done;
    });
  }
})();
