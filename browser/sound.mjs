// Sound of the desk in headless Chromium, between two real nodes: armed, called, silenced,
// acknowledged; refused by the browser; the node gone. Run by: node --test browser/
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { chromium } from "playwright-core";
import { start } from "./desks.mjs";

const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const line = "acceptance";

let region, browser;

before(async () => {
  region = await start();
  browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
});
after(async () => {
  await browser?.close();
  await region?.end();
});

// enter signs in with a part of the demonstration, in a browser of its own that notes
// every tone which is asked of it.
async function enter(party, part, options = {}) {
  const context = await browser.newContext(options);
  await context.addInitScript(() => {
    window.tones = [];
    const begin = AudioScheduledSourceNode.prototype.start;
    AudioScheduledSourceNode.prototype.start = function (...at) {
      window.tones.push({ at: Date.now(), of: this.frequency.value });
      return begin.apply(this, at);
    };
  });
  const page = await context.newPage();
  await page.goto(`${region.desks[party]}/sign-in`);
  await page.click(`button[name=part][value="${part}"]`);
  assert.match(page.url(), /\/desk$/, `${part} of ${party} is not at the desk`);
  return { context, page };
}

// cleared has a draft submitted by its author, and cleared and sent by another officer;
// it resolves with the moment just before it was sent.
async function cleared(author, other) {
  const review = author.url().replace(/\?.*$/, "");
  await author.click("form[action$='/submit'] button");
  await other.goto(review);
  await other.click("form[action$='/clear'] button");
  await other.goto(review);
  const at = Date.now();
  await other.click("form[action$='/send'] button");
  return at;
}

// openLine says for one side that it answers on the line.
async function openLine(author, other, origin, with_) {
  await author.goto(`${origin}/lines`);
  await author.click("summary#open");
  await author.fill("#name", line);
  await author.check(`input[name=with][value=${with_}]`);
  await author.fill("#languages", "en");
  await author.click("form[action='/lines'] button");
  assert.match(author.url(), /\/review/, await author.innerText("main"));
  await cleared(author, other);
}

const tones = (page) => page.evaluate(() => window.tones.length);

test("13, 14, 15: sound of a call, from arming to a node that is gone", { timeout: 600_000 }, async (t) => {
  const author = await enter("alatau", "desk-officer");
  const other = await enter("alatau", "head-of-section");
  const caller = await enter("borovia", "duty-officer");
  const clearer = await enter("borovia", "head-of-section");
  const { alatau, borovia } = region.desks;
  await openLine(author.page, other.page, alatau, "borovia");
  await openLine(caller.page, clearer.page, borovia, "alatau");

  const { context, page } = await enter("alatau", "duty-officer");
  await t.test("sound is off until it is armed, and a browser that refuses is told of", async () => {
    await page.locator("#sound-off").waitFor({ state: "visible" });
    await page.evaluate(() => localStorage.setItem("detente-armed", JSON.stringify("2026-01-01T00:00:00Z")));
    const fresh = await context.newPage(); // nobody has touched it
    await fresh.goto(`${alatau}/help`);
    await fresh.locator("#sound-refused").waitFor({ state: "visible", timeout: 2000 });
    await fresh.close();
    await page.evaluate(() => localStorage.clear());
    await page.reload();
  });
  await t.test("arming plays a tone and says when it was tested", async () => {
    await page.click("#sound-arm");
    await page.locator("#sound-on").waitFor({ state: "visible", timeout: 2000 });
    assert.match(await page.innerText("#sound-on"), /20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ/);
    assert.ok((await tones(page)) > 0, "no tone was asked for");
  });
  await t.test("one window of a browser sounds", async () => {
    const second = await context.newPage();
    await second.goto(`${alatau}/inbox`);
    await second.locator("#sound-elsewhere").waitFor({ state: "visible", timeout: 5000 });
    await second.close();
  });

  await caller.page.goto(`${borovia}/lines/${line}?with=alatau`);
  const before = await tones(page);
  await caller.page.selectOption("form[action*='/call'] select", "actual");
  const pressed = Date.now();
  await caller.page.click("form[action*='/call'] button");
  await page.locator("#calls .alert-1").waitFor({ state: "visible", timeout: 10_000 });
  t.diagnostic(`a call is above the other state's open desk after ${Date.now() - pressed} ms`);
  await t.test("a call stands above the page, in its title and icon, and sounds", async () => {
    assert.match(await page.title(), /^\(1\) /);
    assert.match(await page.locator("link[rel=icon]").getAttribute("href"), /^data:image\/svg/);
    assert.equal(await page.locator("#calls").getAttribute("role"), "alert");
    await page.waitForFunction((n) => window.tones.length > n, before, { timeout: 3000 });
    const blinks = await page.locator("#calls .alert-1").evaluate((e) => { const s = getComputedStyle(e); return s.animationName === "none" ? 0 : parseFloat(s.animationDuration) * parseFloat(s.animationIterationCount); });
    assert.ok(blinks <= 5, `it blinks for ${blinks} s`);
    await page.emulateMedia({ reducedMotion: "reduce" });
    assert.equal(await page.locator("#calls .alert-1").evaluate((e) => getComputedStyle(e).animationName), "none");
  });
  await t.test("silence lasts 30 s, is shown, and leaves the page as it is", async () => {
    const here = page.url();
    const from = Date.now();
    await page.click("#calls .alert-1 button");
    await page.locator("#calls .alert-1:not([data-sound])").waitFor({ timeout: 5000 });
    assert.equal(page.url(), here);
    const silent = await tones(page);
    await pause(20_000);
    assert.equal(await tones(page), silent, "it sounds though it is silenced");
    await page.waitForFunction((n) => window.tones.length > n, silent, { timeout: 20_000 });
    t.diagnostic(`sound returned after ${Date.now() - from} ms`);
  });
  await t.test("what is acknowledged is steady, still and in sight", async () => {
    await page.click("main form[action*='/acknowledge'] button");
    await page.waitForURL(/\/lines\//);
    await page.waitForFunction(() => document.querySelector("#calls a[href='/desk#on-lines']") && !document.querySelector("#calls .alert-1"), undefined, { timeout: 5000 });
    assert.doesNotMatch(await page.title(), /^\(/);
    await page.locator("#sound-on").waitFor({ state: "visible", timeout: 3000 }); // on the next page too
    const still = await tones(page);
    await pause(32_000);
    assert.equal(await tones(page), still, "it sounds though it is acknowledged");
  });
  await t.test("a message of precedence 1 is above the open desk of the other state, and sounds as an exercise", async () => {
    await page.click("nav a[href='/desk']"); // as people go: a page that nobody went to by hand may not sound
    await page.locator("#sound-on").waitFor({ state: "visible", timeout: 3000 });
    await caller.page.goto(`${borovia}/lines/${line}?with=alatau`);
    await caller.page.check("#write ~ form input[name=status][value=exercise]");
    await caller.page.check("#write ~ form input[name=precedence][value='1']");
    await caller.page.fill("#text", "We ask for news.");
    await caller.page.click("#write ~ form button[value=draft]");
    const sent = await cleared(caller.page, clearer.page);
    await page.locator("#calls .alert-1[data-status=exercise]").waitFor({ timeout: 10_000 });
    t.diagnostic(`a message is above the other state's open desk ${Date.now() - sent} ms after "send" was pressed`);
    await page.waitForFunction(() => window.tones.some((one) => one.of === 300), undefined, { timeout: 3000 });
  });
  await t.test("what is on the record is said at every keystroke, also on a narrow screen", async () => {
    const narrow = await context.newPage();
    await narrow.setViewportSize({ width: 320, height: 480 });
    await narrow.goto(`${alatau}/lines/${line}?with=borovia`);
    await narrow.locator("#text").click();
    for (let i = 0; i < 12; i++) {
      await narrow.keyboard.type(`Sentence ${i} of a long text.\n`);
      const at = await narrow.locator("#record").boundingBox();
      assert.ok(at.y >= 0 && at.y + at.height <= 480 && at.x >= 0 && at.x + at.width <= 320, `the label is at ${JSON.stringify(at)} in line ${i}`);
      const covered = await narrow.evaluate(({ x, y }) => document.elementFromPoint(x, y)?.closest("#record, #calls")?.id, { x: at.x + 20, y: at.y + at.height / 2 });
      assert.equal(covered, "record", "something lies over the label");
    }
    await narrow.close();
  });
  await t.test("a node that is gone is said within 50 s, in sight, and with a tone", async () => {
    const from = Date.now();
    const silent = await tones(page);
    const ended = region.end();
    region = null;
    await page.locator("#stale").waitFor({ state: "visible", timeout: 50_000 });
    t.diagnostic(`said after ${Date.now() - from} ms`);
    const at = await page.locator("#stale").boundingBox();
    const height = page.viewportSize().height;
    assert.ok(at.y >= 0 && at.y + at.height <= height, `the sentence is at ${at.y} of ${height}`);
    await page.waitForFunction((n) => window.tones.slice(n).some((one) => one.of === 262), silent, { timeout: 5000 });
    await ended;
  });
});
