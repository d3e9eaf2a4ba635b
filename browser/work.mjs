// The day's work, from a draft to what the sender sees: with scripts off, with the
// keyboard alone, by an author who would clear alone, and with hostile text.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { enter, house, until } from "./desks.mjs";

const read = (page) => page.locator("main").innerText();

// begin makes a draft of a text or of an earlier statement, and returns its address.
async function begin(page, status, from = "") {
  await page.goto(new URL("/drafts/new", page.url()).href);
  await page.check(`input[name=status][value=${status}]`);
  if (from) await page.fill("#from", from);
  await page.click("main button.primary");
  const m = /^\/drafts\/[0-9a-f]{16}/.exec(new URL(page.url()).pathname);
  assert.ok(m, `no draft was made: ${await read(page)}`);
  return new URL(m[0], page.url()).href;
}

// address fills in what stands outside.
async function address(page, draft, to, thread) {
  await page.goto(`${draft}/cover`);
  for (const box of await page.locator("input[name=to]").all()) await box.setChecked((await box.getAttribute("value")) === to);
  await page.fill("#thread", thread);
}

// write makes a draft of a text, ready to be submitted.
async function write(page, status, to, thread, text) {
  const draft = await begin(page, status);
  await address(page, draft, to, thread);
  await page.click("button[value=next]");
  await page.fill("#text", text);
  await page.click("button[value=hub]");
  return draft;
}

async function submit(page, draft) {
  await page.goto(`${draft}/review`);
  await page.click('form[action$="/submit"] button');
  if (await page.title().then((title) => title.startsWith("Error:"))) return;
  assert.equal(await page.locator('form[action$="/submit"] button').count(), 0, await read(page));
}

async function clear(page, draft) {
  await page.goto(draft + "/review");
  await page.click('form[action$="/clear"] button');
  assert.equal(await page.locator('form[action$="/send"]').count(), 1, await read(page));
}

// send returns the address of the act.
async function send(page) {
  await page.click('form[action$="/send"] button');
  const url = new URL(page.url());
  assert.match(url.pathname, /^\/notices\/[a-z]+\/[0-9a-f]+\/\d+$/, await read(page));
  return url.origin + url.pathname;
}

// arrive waits until a statement can be read at another desk, and opens it.
async function arrive(page, sent) {
  const at = new URL(new URL(sent).pathname, page.url()).href;
  await until(`${at} has come`, async () => (await page.goto(at)).status() === 200);
}

export function register() {
  test("3, 17: a notice goes the whole way with scripts off", async (t) => {
    const off = { javaScriptEnabled: false };
    const author = await enter("alatau", "desk-officer", off);
    const second = await enter("alatau", "head-of-section", off);
    const other = await enter("borovia", "duty-officer", off);
    // The form of the longest notice, begun from the one that the story has.
    await author.page.goto(`${house.region.desks.alatau}/notices?from=me`);
    let from = "";
    for (const href of await author.page.$$eval("main table th a", (all) => all.map((a) => a.href))) {
      await author.page.goto(href);
      if (!(await read(author.page)).includes("cica.2.1.1d") || (await author.page.locator("section[aria-labelledby=fields]").count()) === 0) continue;
      const [, , party, volume, index] = new URL(href).pathname.split("/");
      from = `${party}/${volume} ${index}`;
      break;
    }
    assert.ok(from, "the story has no notice to begin from");
    const draft = await begin(author.page, "actual", from);
    await address(author.page, draft, "borovia", "ALA/CHECK/3");
    let sections = 0;
    while ((await author.page.locator("button[value=next]").count()) > 0) {
      assert.equal(await author.page.locator("h1").count(), 1);
      await author.page.click("button[value=next]");
      sections++;
    }
    await author.page.click("main button.primary");
    assert.ok(sections >= 3, `${sections} sections`);
    assert.match(await read(author.page), new RegExp(`${sections + 1} of ${sections + 1} sections done`));
    await submit(author.page, draft);
    await clear(second.page, draft);
    // An edit after clearance voids it.
    await author.page.goto(`${draft}/cover`);
    await author.page.fill("#handling", "RESTRICTED");
    await author.page.click("button[value=hub]");
    await second.page.click('form[action$="/send"] button');
    assert.match(await read(second.page), /The draft is not cleared/);
    await submit(author.page, draft);
    await clear(second.page, draft);
    const sent = await send(second.page);
    await author.page.goto(sent);
    const far = () => author.page.locator("section[aria-labelledby=far] tbody tr").innerText();
    await until("delivered is shown", async () => (await author.page.reload()) && /Delivered/.test(await far()));
    const before = await far();
    await arrive(other.page, sent);
    assert.match(await read(other.page), /RESTRICTED/);
    await author.page.reload();
    assert.equal(await far(), before, "that the message was opened is seen by its sender");
    assert.match(await other.page.locator('form[action$="/acknowledge"] button').innerText(), /receipt/i);
    await other.page.click('form[action$="/acknowledge"] button');
    assert.equal(await other.page.locator('form[action$="/acknowledge"]').count(), 0, await read(other.page));
    await until("acknowledged is shown", async () => (await author.page.reload()) && /acknowledged/i.test(await far()), 40_000);
    assert.match(await far(), /\d{4}-\d\d-\d\d \d\d:\d\dZ[\s\S]*duty-officer/);
    for (const one of [author, second, other]) await one.context.close();
    t.diagnostic(`${sections} sections`);
  });

  test("9: the whole way with the keyboard alone", async (t) => {
    const { context, page } = await enter("alatau", "desk-officer");
    let stops = 0;
    // to goes on by Tab to an element, and looks at each stop on the way.
    const to = async (selector) => {
      for (let i = 0; i < 250; i++) {
        await page.keyboard.press("Tab");
        stops++;
        const at = await page.evaluate((selector) => {
          const e = document.activeElement;
          if (!e || e === document.body) return { here: "the document" };
          const s = getComputedStyle(e);
          const colour = (text) => (text.match(/\d+(\.\d+)?/g) ?? []).map(Number);
          const light = (c) => c.slice(0, 3).map((x) => x / 255).map((x) => (x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)).reduce((sum, x, k) => sum + x * [0.2126, 0.7152, 0.0722][k], 0);
          let back = [255, 255, 255];
          for (let up = e.parentElement; up; up = up.parentElement) {
            const c = colour(getComputedStyle(up).backgroundColor);
            if (c.length === 3 || c[3] > 0) { back = c; break; }
          }
          const [a, b] = [light(colour(s.outlineColor)), light(back)];
          const box = e.getBoundingClientRect();
          const seen = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5]].some(([x, y]) => {
            const top = document.elementFromPoint(box.x + box.width * x, box.y + box.height * y);
            return top && (top === e || e.contains(top) || top.contains(e) || top.closest("label")?.contains(e));
          });
          return { here: e.outerHTML.slice(0, 120), is: e.matches(selector), ring: s.outlineStyle === "none" ? 0 : parseFloat(s.outlineWidth), contrast: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), seen };
        }, selector);
        if (at.here === "the document") continue;
        assert.ok(at.ring >= 2 && at.contrast >= 3, `${at.here}: the ring has ${at.ring} px and contrast ${at.contrast}`);
        assert.ok(at.seen, `${at.here}: what has the focus is covered`);
        if (at.is) return;
      }
      assert.fail(`${page.url()}: Tab does not reach ${selector}`);
    };
    const press = async (selector, key = "Enter") => {
      await to(selector);
      await Promise.all([page.waitForNavigation({ waitUntil: "load" }), page.keyboard.press(key)]);
    };
    await press('nav a[href="/drafts"]');
    await press('main a[href="/drafts/new"]');
    await to("input[name=status]");
    await page.keyboard.press("ArrowDown"); // an exercise
    await press("main button.primary");
    await to('input[name=to][value="borovia"]');
    if (!(await page.isChecked('input[name=to][value="borovia"]'))) await page.keyboard.press("Space");
    await to("#thread");
    await page.keyboard.type("ALA/CHECK/9");
    await press("main button[value=next]");
    await to("#text");
    await page.keyboard.type("Written with the keyboard alone: g d and ? lead nowhere while text is typed.");
    assert.match(page.url(), /\/text$/, "a key led away while text was typed");
    await press("main button[value=hub]");
    await press('main a[href$="/review"]');
    await press('form[action$="/submit"] button');
    const review = page.url();
    await press('form[action="/sign-out"] button');
    await press('button[name=part][value="head-of-section"]');
    await page.goto(review);
    await press('form[action$="/clear"] button');
    await press('form[action$="/send"] button');
    const sent = page.url().split("?")[0];
    assert.match(sent, /\/notices\/alatau\//);
    // Keys that lead to pages, and the switch for them.
    const leads = async (keys, path) => {
      await page.locator("h1").click();
      for (const key of keys) await page.keyboard.press(key);
      await page.waitForURL((url) => url.pathname === path, { timeout: 5000 });
    };
    await leads(["g", "c"], "/calendar");
    await leads(["?"], "/keys");
    await page.click("main form button");
    for (const key of ["g", "d"]) await page.keyboard.press(key);
    await page.waitForTimeout(300);
    assert.equal(new URL(page.url()).pathname, "/keys", "a key that is switched off leads to a page");
    await context.close();

    const other = await enter("borovia", "duty-officer");
    await arrive(other.page, sent);
    await other.page.locator('form[action$="/acknowledge"] button').focus();
    await Promise.all([other.page.waitForNavigation(), other.page.keyboard.press("Enter")]);
    assert.equal(await other.page.locator('form[action$="/acknowledge"]').count(), 0, "not acknowledged");
    await other.context.close();
    t.diagnostic(`${stops} stops`);
  });

  test("10: an empty form says every fault, each with the way to its field", async (t) => {
    const { context, page } = await enter("alatau", "desk-officer");
    await page.goto(new URL("/drafts/new", page.url()).href);
    await page.check("input[name=status][value=test]");
    await page.selectOption("#form", { index: await page.$$eval("#form option", (all) => all.findIndex((o) => o.value === "cica.2.1.1d")) });
    await page.click("main button.primary");
    const draft = new URL(/^\/drafts\/[0-9a-f]{16}/.exec(new URL(page.url()).pathname)[0], page.url()).href;
    await page.goto(`${draft}/1`);
    await page.fill('input[name="f.designation"]', "Kept while the rest is empty");
    await page.click("button[value=hub]");
    await submit(page, draft);
    assert.match(await page.title(), /^Error:/);
    assert.equal(await page.evaluate(() => document.activeElement.id), "fault", "the summary does not have the focus");
    const links = await page.$$eval("#fault li a", (all) => all.map((a) => a.href));
    assert.ok(links.length >= 10, `${links.length} links`);
    assert.equal(links.length, await page.locator("#fault li").count(), "a fault without the way to its field");
    for (const link of new Set(links)) {
      await page.goto(link);
      const hash = decodeURIComponent(new URL(link).hash.slice(1));
      assert.ok(await page.evaluate((id) => { const e = document.getElementById(id); const b = e?.getBoundingClientRect(); return b && b.bottom > 0 && b.top < innerHeight; }, hash), `${link} leads to no field`);
    }
    await page.goto(`${draft}/1`);
    assert.equal(await page.inputValue('input[name="f.designation"]'), "Kept while the rest is empty");
    await context.close();
    t.diagnostic(`${links.length} faults`);
  });

  test("12, 18: an author does not clear alone, by page, posted form or command; an exercise says so everywhere", async () => {
    const { context, page } = await enter("alatau", "head-of-section");
    const draft = await write(page, "exercise", "borovia", "ALA/CHECK/12", "Cleared by nobody else.");
    const banded = async (where) => {
      assert.match(await page.title(), /EXERCISE/, `${where}: the title`);
      assert.equal(await page.locator(".band-exercise").count(), 1, `${where}: the band`);
    };
    await banded("the overview");
    await submit(page, draft);
    await banded("the review");
    const reason = "You drafted this. Another officer must clear it.";
    assert.ok((await read(page)).includes(reason));
    assert.equal(await page.locator('form[action$="/clear"]').count(), 0, "the page offers it");
    const token = await page.locator("input[name=token]").first().inputValue();
    const revision = /Revision (\d+)/i.exec(await read(page))?.[1] ?? "2";
    const posted = await context.request.post(`${draft}/clear`, { form: { token, revision }, headers: { Origin: new URL(draft).origin } });
    assert.equal(posted.status(), 409, await posted.text());
    assert.ok((await posted.text()).includes(reason));
    const id = draft.split("/").at(-1);
    const command = (...args) =>
      spawnSync(house.region.program, [...args, "--home", join(house.region.dir, "region", "alatau")],
        { encoding: "utf8", input: "demonstration head-of-section\n", env: { ...process.env, DETENTE_SESSION: join(house.region.dir, "author.session"), DETENTE_LANGUAGE: "en" } });
    const signed = command("sign-in", "head-of-section", "--passphrase-file", "-");
    assert.equal(signed.status, 0, signed.stderr);
    const tried = command("clear", id, "--confirm", id);
    assert.equal(tried.status, 7, tried.stderr);
    assert.match(tried.stderr, /another officer/i);
    await page.goto(new URL("/audit", page.url()).href);
    assert.ok(((await read(page)).match(/clear/gi) ?? []).length >= 2, "the trail does not say that the author tried");
    // An answer keeps the status of what it answers.
    await page.goto(`${draft}/paper`);
    assert.match(await page.locator("body").innerText(), /EXERCISE/);
    await context.close();
  });

  test("hostile text of another state is text on our desk", async () => {
    const bad = ['<script>window.ranHere=1</script><img src="x" onerror="window.ranHere=1">', "{{.Token}} {{template \"top\"}} ${7*7}", "x".repeat(400), "</textarea></main></body>'\"--><svg/onload=window.ranHere=1>"].join("\n");
    const author = await enter("borovia", "duty-officer");
    const draft = await write(author.page, "actual", "alatau", "BOR/CHECK/H", bad);
    await submit(author.page, draft);
    await author.context.close();
    const second = await enter("borovia", "head-of-section");
    await clear(second.page, draft);
    const sent = await send(second.page);
    await second.context.close();
    const ours = await enter("alatau", "duty-officer");
    const said = [];
    ours.page.on("console", (m) => m.type() === "error" && !/404/.test(m.text()) && said.push(m.text()));
    ours.page.on("dialog", (d) => { said.push(d.message()); d.dismiss(); });
    await ours.page.setViewportSize({ width: 320, height: 640 });
    await arrive(ours.page, sent);
    const shown = await read(ours.page);
    assert.ok(shown.includes("<script>window.ranHere=1</script>") && shown.includes("${7*7}") && shown.includes("{{.Token}}"), "what was said is not shown as it is");
    const at = new URL(new URL(sent).pathname, ours.page.url()).href;
    for (const where of [at, `${at}/paper`, new URL("/desk", at).href, new URL("/inbox", at).href, new URL("/notices", at).href, `${at}/return`]) {
      await ours.page.goto(where);
      assert.equal(await ours.page.evaluate(() => window.ranHere), undefined, `${where}: a script of theirs ran`);
      assert.ok((await ours.page.evaluate(() => document.documentElement.scrollWidth)) <= 320 || where.endsWith("/paper"), `${where}: wider than the screen`);
      assert.equal(await ours.page.locator("main img, main svg[onload]").count(), 0, where);
    }
    assert.deepEqual(said, []);
    await ours.context.close();
  });
}
