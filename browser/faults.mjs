// What a desk shows when its server is gone or slow, and with many windows.
import assert from "node:assert/strict";
import http from "node:http";
import net from "node:net";
import { test } from "node:test";
import { enter, house, until } from "./desks.mjs";

// gate stands between browser and desk: open, it passes on bytes; as "gone" nobody
// answers there; as "broken" it answers 502, as a proxy does.
async function gate(target) {
  const to = new URL(target);
  let server, state;
  const sockets = new Set();
  const kept = (socket) => { sockets.add(socket); socket.on("error", () => {}).on("close", () => sockets.delete(socket)); return socket; };
  const listen = (port) =>
    new Promise((resolve, reject) => {
      server = state === "broken" ? http.createServer((_, answer) => answer.writeHead(502).end("no server")) : net.createServer((from) => {
        const through = kept(net.connect(Number(to.port), to.hostname));
        kept(from).pipe(through).pipe(from);
        from.on("close", () => through.destroy());
        through.on("close", () => from.destroy());
      });
      if (state === "broken") server.on("connection", kept);
      server.on("error", reject).listen(port, "127.0.0.1", () => resolve(server.address().port));
    });
  const port = await listen(0);
  const shut = () =>
    new Promise((resolve) => {
      if (!server.listening) return resolve();
      server.close(resolve);
      for (const s of sockets) s.destroy();
    });
  return {
    url: `http://127.0.0.1:${port}`,
    become: async (next) => {
      await shut();
      state = next;
      if (state !== "gone") await listen(port);
    },
  };
}

// lost opens a desk, takes its server away for a minute, and brings it back. It takes
// long and costs nothing, so it goes beside the other checks.
async function lost(how) {
  const at = await gate(house.region.desks.alatau);
  try {
    const { context, page } = await enter("alatau", "duty-officer", {}, at.url);
    const stale = page.locator("#stale");
    await page.waitForTimeout(2000); // its stream is open
    assert.ok(await stale.isHidden());
    const heard = Date.now();
    await at.become(how);
    await stale.waitFor({ state: "visible", timeout: 52_000 });
    const after = (Date.now() - heard) / 1000;
    const said = await stale.innerText();
    const greyed = await page.evaluate(() => document.body.classList.contains("stale"));
    const rest = 60_000 - (Date.now() - heard);
    if (rest > 0) await page.waitForTimeout(rest);
    const back = Date.now();
    await at.become("open");
    await stale.waitFor({ state: "hidden", timeout: 21_000 });
    const found = (Date.now() - back) / 1000;
    await context.close();
    return { after, said, greyed, found };
  } finally {
    await at.become("gone");
  }
}

const under = {};

// begin starts what takes long, before the other checks.
export function begin() {
  for (const how of ["gone", "broken"]) {
    under[how] = lost(how);
    under[how].catch(() => {}); // said by its test
  }
}

// end is the last of all checks.
export function end() {
  for (const how of ["gone", "broken"]) {
    test(`15: the server is ${how} for a minute, and back`, async (t) => {
      const { after, said, greyed, found } = await under[how];
      assert.ok(after <= 50, `the page said so after ${after} s`);
      assert.match(said, /\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/, "the last time is not said");
      assert.ok(greyed, "its clocks look alive");
      assert.ok(found <= 20, `found again after ${found} s`);
      t.diagnostic(`said after ${after.toFixed(1)} s, found again after ${found.toFixed(1)} s`);
    });
  }
}

export function register() {
  test("16: eight windows of one browser", async (t) => {
    const { context, page } = await enter("alatau", "duty-officer");
    const streams = new Set();
    const watch = (p) => {
      p.on("request", (r) => r.resourceType() === "eventsource" && streams.add(r));
      for (const end of ["requestfinished", "requestfailed"]) p.on(end, (r) => streams.delete(r));
    };
    watch(page);
    await page.reload();
    let took;
    for (let i = 2; i <= 8; i++) {
      const next = await context.newPage();
      watch(next);
      const start = Date.now();
      await next.goto(`${house.region.desks.alatau}/desk`);
      took = Date.now() - start;
      assert.equal(await next.locator("h1").count(), 1);
    }
    assert.ok(took <= 2000, `the eighth took ${took} ms`);
    await until("one stream for all", async () => streams.size === 1, 5000);
    t.diagnostic(`the eighth took ${took} ms`);
    await context.close();
  });

  test("5: a slow line", async (t) => {
    const { context, page } = await enter("alatau", "duty-officer");
    const fresh = await context.newPage();
    const cdp = await context.newCDPSession(fresh);
    await cdp.send("Network.enable");
    await cdp.send("Network.emulateNetworkConditions", { offline: false, latency: 400, downloadThroughput: 150_000 / 8, uploadThroughput: 150_000 / 8 });
    const painted = async (path, cache) => {
      await cdp.send("Network.setCacheDisabled", { cacheDisabled: !cache });
      await fresh.goto(`${house.region.desks.alatau}${path}`, { waitUntil: "commit" });
      return until("something is shown", () => fresh.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime), 15_000);
    };
    const first = await painted("/desk", false);
    await painted("/desk", true);
    await fresh.waitForLoadState("load");
    const next = await painted("/inbox", true);
    t.diagnostic(`first ${Math.round(first)} ms, next ${Math.round(next)} ms`);
    assert.ok(first <= 3000, `the first page is shown after ${first} ms`);
    assert.ok(next <= 1500, `the next after ${next} ms`);
    await page.close();
    await context.close();
  });
}
