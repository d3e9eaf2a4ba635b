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

  // --- calls on the lines: shown on every page of an officer on duty
  const calls = $("calls"), title = document.title, icon = document.querySelector("link[rel=icon]"), plain = icon.href;
  const octagon = "data:image/svg+xml," + encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path fill="#A3121F" d="M2.3 0h3.4L8 2.3v3.4L5.7 8H2.3L0 5.7V2.3z"/><path fill="#fff" d="M3.4 1.5h1.2v3.2H3.4zm0 3.9h1.2v1.1H3.4z"/></svg>');
  let known = null, turn = 0, asked = false, once = false;
  const ask = async () => {
    if (!calls) return;
    if (asked) { once = true; return; }
    asked = true;
    try {
      const r = await fetch("/alerts", { cache: "no-store" });
      if (r.redirected) { show("ended", true); return; }
      if (!r.ok) return;
      const next = new DOMParser().parseFromString(await r.text(), "text/html").getElementById("alerts");
      if (!next) return;
      clearTimeout(turn); // what changes by time alone is asked for at that time
      const wait = Date.parse(next.dataset.next) - Date.parse(next.dataset.at);
      if (wait > 0) turn = setTimeout(() => { ask(); refresh(); }, Math.min(wait, 86400000));
      if (next.innerHTML === known) return;
      const before = [...calls.children].map((e) => e.dataset.place), first = known === null;
      const a = document.activeElement, at = calls.contains(a) ? a.closest("[data-place]") : null;
      known = next.innerHTML;
      calls.replaceChildren(...next.childNodes);
      for (const e of calls.children) if (!first && !before.includes(e.dataset.place)) e.classList.add("fresh");
      if (at) { const same = [...calls.children].find((e) => e.dataset.place === at.dataset.place); (same ? same.querySelector(a.localName) || same.querySelector("a") : main).focus(); }
      const n = calls.querySelectorAll(".alert-1,.alert-2").length;
      document.title = n ? "(" + n + ") " + title : title;
      icon.href = calls.querySelector(".alert-1") ? octagon : plain;
      document.documentElement.style.setProperty("--calls", calls.offsetHeight + "px");
      tick();
    } catch (e) {
      // not reached: said by look
    } finally {
      asked = false;
      if (once) { once = false; ask(); }
    }
  };
  if (calls) {
    calls.addEventListener("submit", async (e) => { // silence without leaving the page
      e.preventDefault();
      try { await fetch(e.target.action, { method: "POST", body: new URLSearchParams(new FormData(e.target)) }); } catch (e) { /* said by look */ }
      ask();
    });
    addEventListener("resize", () => document.documentElement.style.setProperty("--calls", calls.offsetHeight + "px"));
    ask();
  }

  // --- sound: a browser makes none before a person has touched the page, so it is armed;
  // one window of a browser sounds, and what refuses is said
  const strip = $("sound"), lock = "detente sound " + location.port;
  const kept = (k) => JSON.parse(localStorage.getItem("detente-" + k) || "null"), keep = (k, v) => localStorage.setItem("detente-" + k, JSON.stringify(v));
  const notes = { 1: [880, 660, 880, 660, 880, 660], 2: [740, 740, 740], 3: [520], lost: [440, 330, 262] };
  let audio = null, mine = false, leave = null, queue = null, deaf = false, refused = false;
  const clock = (id, at) => { const t = $(id).querySelector("time"); t.dateTime = at; t.textContent = at.slice(0, 10) + " " + at.slice(11, 19) + "Z"; };
  const play = (kind, status) => {
    let t = audio.currentTime + 0.05;
    // What is no more than an exercise or a test begins with two low notes.
    for (const f of [...(status && status !== "actual" ? [300, 0, 300, 0] : []), ...notes[kind]]) {
      if (f) {
        const o = audio.createOscillator(), g = audio.createGain();
        o.frequency.value = f;
        g.gain.setValueAtTime(0, t);
        g.gain.linearRampToValueAtTime(kind === 3 ? 0.1 : 0.4, t + 0.02);
        g.gain.setValueAtTime(kind === 3 ? 0.1 : 0.4, t + 0.22);
        g.gain.linearRampToValueAtTime(0, t + 0.25);
        o.connect(g).connect(audio.destination);
        o.start(t);
        o.stop(t + 0.25);
      }
      t += 0.25;
    }
    clock("sound-last", new Date().toISOString());
    show("sound-last", true);
  };
  const running = () => audio !== null && audio.state === "running";
  const tick = () => {
    if (!mine || !running() || known === null) return;
    const now = Date.now(), rang = kept("rang") || {}, next = {};
    let ring = null;
    for (const e of calls.querySelectorAll("[data-sound]")) {
      const { place, sound } = e.dataset, before = rang[place], kind = Number(e.dataset.precedence);
      next[place] = before;
      if (before <= now && (sound === "0" || now - before < 1000 * sound)) continue;
      next[place] = now;
      if (!ring || kind < ring.kind) ring = { kind, status: e.dataset.status };
    }
    if (now - last >= beatWithin) { // the node is lost: nothing would call any more
      next.lost = rang.lost;
      if (!(now - rang.lost < 60000)) { next.lost = now; ring = ring || { kind: "lost" }; }
    }
    keep("rang", next);
    if (ring) play(ring.kind, ring.status);
  };
  const state = async () => {
    let is = refused ? "refused" : "off";
    if (mine) is = running() ? "on" : "refused";
    else if (navigator.locks && (await navigator.locks.query()).held.some((l) => l.name === lock)) is = "elsewhere";
    else if (deaf) is = "unheard";
    for (const s of ["on", "off", "refused", "elsewhere", "unheard"]) show("sound-" + s, s === is);
    show("sound-arm", is !== "on" && is !== "elsewhere");
    for (const s of ["test", "deaf"]) show("sound-" + s, is === "on");
    show("sound-disarm", is === "on" || is === "elsewhere");
    if (is === "on") clock("sound-on", kept("armed") || new Date().toISOString());
  };
  const claim = () => {
    if (!navigator.locks) { mine = true; return; }
    if (queue) return;
    queue = new AbortController();
    navigator.locks.request(lock, { signal: queue.signal }, () => {
      mine = true;
      state();
      tick();
      return new Promise((done) => { leave = done; });
    }).catch(() => {});
  };
  const hush = () => {
    mine = false;
    if (leave) leave();
    if (queue) queue.abort();
    if (audio) audio.close();
    leave = queue = audio = null;
  };
  // begin opens the way to the loudspeaker, and finds out whether the browser lets it.
  const begin = async () => {
    try {
      if (!audio) { audio = new AudioContext(); audio.onstatechange = state; }
      await Promise.race([audio.resume(), new Promise((done) => setTimeout(done, 500))]);
    } catch (e) {
      // no audio at all: it is not running
    }
    refused = !running();
    if (!refused) claim();
    await state();
    return !refused;
  };
  if (strip) {
    const press = (id, f) => $(id).addEventListener("click", f);
    press("sound-arm", async () => {
      deaf = false;
      if (!await begin()) return;
      keep("armed", new Date().toISOString());
      play(1, "test");
      state();
    });
    press("sound-test", () => { keep("armed", new Date().toISOString()); play(1, "test"); state(); });
    press("sound-deaf", () => { deaf = true; localStorage.removeItem("detente-armed"); hush(); state(); });
    press("sound-disarm", () => { localStorage.removeItem("detente-armed"); hush(); state(); });
    addEventListener("storage", (e) => { if (e.key === "detente-armed") { if (e.newValue === null) hush(); state(); } });
    const wanted = () => kept("armed") !== null && !running();
    for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, () => { if (wanted()) begin(); });
    if (wanted()) begin(); else state();
    setInterval(() => { state(); tick(); }, 1000);
  }

  // --- one stream for all windows of a browser; without the means for that, ask in turn
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("detente" + location.port) : null;
  const take = (m) => { heard(m.at); if (m.event === "change") { refresh(); ask(); } tick(); };
  if (channel) channel.onmessage = (e) => take(e.data);
  const stream = (wait) => {
    const s = new EventSource("/live");
    const on = (e) => { wait = 1000; const m = { event: e.type, at: e.data }; take(m); if (channel) channel.postMessage(m); };
    s.addEventListener("beat", on);
    s.addEventListener("change", on);
    s.onopen = () => { refresh(); ask(); if (channel) channel.postMessage({ event: "change" }); };
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
      ask();
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
