// Acceptance checks of the screens in headless Chromium: node --test browser/
// Numbers are those of the list in README.md beside this file.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { axe, choose, close, enter, house, open } from "./desks.mjs";
import * as faults from "./faults.mjs";
import * as words from "./words.mjs";
import * as work from "./work.mjs";

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self'; " +
  "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

// What each part of the demonstration can see.
const parts = [
  ["alatau", "desk-officer"],
  ["alatau", "duty-officer"],
  ["borovia", "duty-officer"],
  ["cintra", "head-of-section"],
];
const languages = ["en", "ru", "fa"];
const themes = ["light", "dark"];

before(async () => {
  await open();
  faults.begin();
});
after(close);

// kind is a page without what names one thing on it: two notices are one kind.
const kind = (url) =>
  url.pathname
    .split("/")
    .map((part) => (/^[a-z-]+$/.test(part) && part.length < 20 ? part : part && "*"))
    .join("/") + [...url.searchParams.keys()].sort().map((k, i) => (i ? "&" : "?") + k).join("");

// tour follows links from the desk, one page of each kind.
async function tour(page) {
  const origin = new URL(page.url()).origin;
  const seen = new Map();
  const next = [`${origin}/desk`];
  while (next.length > 0) {
    const url = new URL(next.shift());
    url.hash = "";
    const k = kind(url);
    if (seen.has(k) || seen.size >= 120) continue;
    const answer = await page.goto(url.href).catch(() => null);
    if (!answer) continue; // a file, not a page
    if (!(answer.headers()["content-type"] ?? "").startsWith("text/html")) continue;
    assert.ok(answer.status() < 400, `${url.href}: ${answer.status()} ${await page.locator("main").innerText().catch(() => "")}`);
    if (url.pathname.endsWith("/paper")) {
      // A document to be printed or kept, with its style inside and no script at all.
      assert.doesNotMatch(answer.headers()["content-security-policy"], /script-src/, url.href);
      assert.equal(await page.locator("script").count(), 0, url.href);
      continue;
    }
    seen.set(k, url.href);
    for (const href of await page.$$eval("a[href]:not([download])", (all) => all.map((a) => a.href))) {
      if (href.startsWith(origin + "/")) next.push(href);
    }
  }
  return [...seen.values()];
}

test("1, 2, 6, 7, 8: every page, in each language and theme", { timeout: 1_500_000 }, async (t) => {
  const done = new Set();
  for (const [party, part] of parts) {
    const { context, page } = await enter(party, part);
    const origin = house.region.desks[party];
    const elsewhere = [];
    const said = [];
    page.on("request", (r) => r.url().startsWith(origin + "/") || r.url().startsWith("data:") || elsewhere.push(r.url()));
    page.on("console", (m) => m.type() === "error" && said.push(`${page.url()}: ${m.text()}`));
    page.on("pageerror", (e) => said.push(`${page.url()}: ${e}`));
    const urls = (await tour(page)).filter((url) => {
      const k = kind(new URL(url));
      if (done.has(k)) return false;
      return done.add(k);
    });
    for (const language of languages) {
      for (const theme of themes) {
        await choose(page, language, theme);
        for (const url of urls) {
          const where = `${part} of ${party}, ${new URL(url).pathname}, ${language}, ${theme}`;
          await page.setViewportSize({ width: 1280, height: 900 });
          const answer = await page.goto(url);
          assert.equal(answer.headers()["content-security-policy"], policy, where);
          assert.equal(await page.locator("h1").count(), 1, `${where}: one h1`);
          assert.equal(await page.locator("html").getAttribute("lang"), language, where);
          await page.evaluate(axe);
          const found = await page.evaluate(() =>
            window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"], resultTypes: ["violations"] }),
          );
          const faults = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(" | ")}`);
          await t.test(`${where}: no violation of WCAG`, () => assert.deepEqual(faults, []));
          if (language === "fa") {
            const turned = await words.mirrored(page);
            await t.test(`${where}: reads from right to left`, () => assert.deepEqual(turned, []));
          }
          await page.setViewportSize({ width: 320, height: 640 });
          const width = await page.evaluate(() => document.documentElement.scrollWidth);
          await t.test(`${where}: fits 320 px`, () => assert.ok(width <= 320, `${width} px`));
          if (language === "en" && theme === "light") {
            await page.setViewportSize({ width: 1280, height: 900 });
            const cut = await words.stretched(page);
            await t.test(`${where}: longer words fit`, () => assert.deepEqual(cut, []));
          }
        }
      }
    }
    assert.deepEqual(elsewhere, [], "requests to another origin");
    assert.deepEqual(said, [], "errors in the console");
    await context.close();
  }
  t.diagnostic(`${done.size} kinds of pages`);
  assert.ok(done.size >= 30, `only ${done.size} kinds of pages were found`);
});

test("4: weight of the first visit", async (t) => {
  const { context } = await enter("alatau", "duty-officer");
  // A page of its own, so that nothing under way on the one before is counted; what it
  // asks for is asked for once more, since a browser lets go of bodies when it pleases.
  const first = await context.newPage();
  const asked = new Set();
  first.on("request", (request) => request.resourceType() !== "eventsource" && asked.add(request.url()));
  await first.goto(`${house.region.desks.alatau}/desk`, { waitUntil: "load" });
  const weight = {};
  for (const url of asked) {
    const answer = await context.request.get(url);
    assert.equal(answer.status(), 200, url);
    weight[new URL(url).pathname] = gzipSync(await answer.body(), { level: 9 }).length;
  }
  const of = (pattern) => Object.entries(weight).filter(([path]) => pattern.test(path)).reduce((sum, [, size]) => sum + size, 0);
  t.diagnostic(`in all ${of(/./)} bytes, script ${of(/\.js$/)}, style ${of(/\.css$/)}`);
  assert.ok(of(/\.css$/) > 0 && of(/\.css$/) <= 14_000, "style");
  assert.ok(of(/\.js$/) > 0 && of(/\.js$/) <= 12_000, "script");
  assert.ok(of(/^(?!.*\.woff2$)/) <= 60_000, "all but fonts");
  assert.ok(of(/\.woff2$/) > 0 && of(/./) <= 160_000, "all with fonts");
  await context.close();
});

work.register();
words.register();
faults.register();
faults.end();
