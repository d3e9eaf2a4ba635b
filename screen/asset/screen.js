// The one script of the pages. Everything works without it; it keeps open pages fresh,
// says when the node is lost, and keeps drafts from being lost.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const main = $("main"), live = main.hasAttribute("data-live");
  const beatWithin = 45000, poll = 15000;
  let last = Date.now(), said = $("line").querySelector("time").dateTime, dirty = false;

  // --- what the page says of itself
  const show = (id, on) => { const e = $(id); if (e.hidden === on) e.hidden = !on; };
  const heard = (at) => {
    last = Date.now();
    if (at) {
      said = at;
      const t = $("line").querySelector("time");
      t.dateTime = at;
      t.textContent = at.slice(0, 10) + " " + at.slice(11, 16) + "Z";
    }
    show("stale", false);
    document.body.classList.remove("stale");
  };
  const look = () => {
    if (Date.now() - last < beatWithin) return;
    const t = $("stale").querySelector("time");
    t.dateTime = said;
    t.textContent = said.slice(0, 10) + " " + said.slice(11, 19) + "Z";
    show("stale", true);
    document.body.classList.add("stale");
  };
  setInterval(look, 1000);

  // --- fetch the page again and put what changed in place; the focus stays
  let asking = false, again = false;
  const refresh = async () => {
    if (!live) return;
    if (asking) { again = true; return; }
    asking = true;
    try {
      const r = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
      if (r.redirected && new URL(r.url).pathname === "/sign-in") { show("ended", true); return; }
      if (!r.ok) return;
      const doc = new DOMParser().parseFromString(await r.text(), "text/html");
      const next = doc.getElementById("main"), line = doc.getElementById("line");
      if (!next || !line) return;
      heard(line.querySelector("time").dateTime);
      for (const e of next.querySelectorAll(".done[role=status]")) e.remove();
      if (next.innerHTML === main.innerHTML) return;
      const typing = document.activeElement && main.contains(document.activeElement) && document.activeElement.matches("input,select,textarea");
      const typed = [...main.querySelectorAll("input,textarea")].some((x) => x.value !== x.defaultValue || x.checked !== x.defaultChecked);
      if (typing || typed || dirty) { $("fresh").querySelector("a").href = location.href; show("fresh", true); return; }
      const a = document.activeElement, href = a && main.contains(a) ? a.getAttribute("href") : null;
      const open = [...main.querySelectorAll("details")].map((d) => d.open);
      main.replaceChildren(...next.childNodes);
      main.querySelectorAll("details").forEach((d, i) => { if (open[i]) d.open = true; });
      if (href) { const same = [...main.querySelectorAll("a")].find((x) => x.getAttribute("href") === href); if (same) same.focus(); }
      $("line").firstElementChild.textContent = line.firstElementChild.textContent;
    } catch (e) {
      // not reached: the page says so when nothing was heard for a while
    } finally {
      asking = false;
      if (again) { again = false; refresh(); }
    }
  };

  // --- one stream for all windows of a browser; without the means for that, ask in turn
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("detente" + location.port) : null;
  const take = (m) => { heard(m.at); if (m.event === "change") refresh(); };
  if (channel) channel.onmessage = (e) => take(e.data);
  const stream = (wait) => {
    const s = new EventSource("/live");
    const on = (e) => { wait = 1000; const m = { event: e.type, at: e.data }; take(m); if (channel) channel.postMessage(m); };
    s.addEventListener("beat", on);
    s.addEventListener("change", on);
    s.onopen = () => { refresh(); if (channel) channel.postMessage({ event: "change" }); };
    s.onerror = () => {
      if (s.readyState !== EventSource.CLOSED) return;
      setTimeout(() => { refresh(); stream(Math.min(2 * wait, poll)); }, wait); // a browser gives up for good; we do not
    };
    addEventListener("pagehide", () => s.close(), { once: true });
  };
  if (channel && navigator.locks && "EventSource" in window) {
    navigator.locks.request("detente live " + location.port, () => { stream(1000); return new Promise(() => {}); });
  } else {
    setInterval(async () => {
      if (live) { refresh(); return; }
      try { if ((await fetch("/healthz", { cache: "no-store" })).ok) heard(); } catch (e) { /* said by look */ }
    }, poll);
  }

  // --- drafts: save by itself, and ask before what was typed is left
  for (const form of main.querySelectorAll("form[data-save]")) {
    let busy = false;
    form.addEventListener("input", () => { dirty = true; });
    form.addEventListener("submit", () => { dirty = false; });
    const save = async () => {
      if (!dirty || busy) return;
      busy = true;
      dirty = false;
      try {
        const body = new URLSearchParams(new FormData(form));
        body.set("go", "stay");
        const r = await fetch(form.action, { method: "POST", body });
        if (r.status === 401) { show("ended", true); dirty = true; return; }
        if (!r.ok) { dirty = true; return; }
        const doc = new DOMParser().parseFromString(await r.text(), "text/html");
        const at = doc.querySelector("[data-saved]"), here = document.querySelector("[data-saved]");
        if (at && here) here.innerHTML = at.innerHTML;
      } catch (e) {
        dirty = true;
      } finally {
        busy = false;
      }
    };
    setInterval(save, 20000);
    form.addEventListener("focusout", () => setTimeout(() => { if (!form.contains(document.activeElement)) save(); }, 0));
  }
  addEventListener("beforeunload", (e) => { if (dirty) e.preventDefault(); });

  // --- keys: g and a letter lead to a page, / to the filter, ? to the list of them; never
  // while something is typed, and by the place of a key where the script is not Latin
  const pages = new Map(); // a letter and its page
  (document.body.dataset.keys || "").split(" ").forEach((x, i, all) => { if (i % 2) pages.set(all[i - 1], x); });
  let went = 0;
  addEventListener("keydown", (e) => {
    if (!pages.size || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.repeat) return;
    if (e.target.closest && e.target.closest("input,select,textarea,[contenteditable]")) return;
    const key = e.key === "/" || e.key === "?" ? e.key : /^Key[A-Z]$/.test(e.code) ? (/^[a-z]$/i.test(e.key) ? e.key : e.code[3]).toLowerCase() : "";
    if (key === "?") { location.href = "/keys"; return; }
    if (key === "/") { const f = main.querySelector("form[method=get] input"); if (f) { e.preventDefault(); f.focus(); } return; }
    if (went && Date.now() - went < 1500 && pages.has(key)) { location.href = "/" + pages.get(key); return; }
    went = key === "g" ? Date.now() : 0;
  });

  // --- what went wrong is read first
  const fault = $("fault");
  if (fault) fault.focus();
})();
