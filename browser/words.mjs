// What is read: long words, scripts from right to left, maps without pictures, papers,
// and files that are verified.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { axe, choose, enter, house } from "./desks.mjs";

// stretched makes every sentence longer by two fifths and every label of less than
// twelve letters twice as long, and returns what is then cut off or lies upon another.
export function stretched(page) {
  return page.evaluate(() => {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const all = [];
    while (walk.nextNode()) if (walk.currentNode.data.trim() && !walk.currentNode.parentElement.closest("script,style,pre,svg,.ltr,time,bdi,textarea,.hash")) all.push(walk.currentNode);
    for (const n of all) {
      const text = n.data.trim();
      n.data = n.data.replace(text, text.length < 12 ? `${text} ${text}` : text + " " + text.slice(0, Math.ceil(text.length * 0.4)));
    }
    const faults = [];
    const shown = (e) => e.getClientRects().length > 0 && e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
    for (const e of document.querySelectorAll("body *")) {
      if (!shown(e) || e.closest("svg")) continue;
      const s = getComputedStyle(e);
      const scrolls = [s.overflowX, s.overflowY].some((o) => o === "auto" || o === "scroll");
      if (s.display !== "inline" && !scrolls && s.overflowX === "hidden" && e.scrollWidth > e.clientWidth + 1) faults.push(`cut off: ${e.outerHTML.slice(0, 100)}`);
    }
    const pieces = [...document.querySelectorAll("body a, body button, body summary, body label, body h1, body h2")].filter((e) => shown(e) && !e.closest("svg") && !e.querySelector("a,button,label"));
    const boxes = pieces.flatMap((e) => [...e.getClientRects()].map((b) => [e, b]));
    boxes.sort((x, y) => x[1].top - y[1].top);
    for (let i = 0; i < boxes.length; i++) {
      for (let j = i + 1; j < boxes.length && boxes[j][1].top < boxes[i][1].bottom - 3; j++) {
        const [[a, p], [b, q]] = [boxes[i], boxes[j]];
        if (a === b || a.contains(b) || b.contains(a)) continue;
        const wide = Math.min(p.right, q.right) - Math.max(p.left, q.left), high = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
        if (wide > 3 && high > 3) faults.push(`one upon the other: ${a.outerHTML.slice(0, 80)} and ${b.outerHTML.slice(0, 80)}`);
      }
    }
    return faults;
  });
}

// mirrored returns what on a page from right to left does not read as it should:
// moments, hashes and places that are not kept from left to right.
export function mirrored(page) {
  return page.evaluate(() => {
    const faults = [];
    if (getComputedStyle(document.documentElement).direction !== "rtl") faults.push("the page is not from right to left");
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const e = walk.currentNode.parentElement;
      if (e.closest("script,style,option,[lang=en]") || !/\d{4}-\d\d-\d\d \d\d:\d\dZ|sha256:[0-9a-f]{8}|\/[0-9a-f]{8} \d|\d°\d/.test(walk.currentNode.data)) continue;
      let at = e;
      while (at !== document.body && getComputedStyle(at).direction === "rtl") at = at.parentElement;
      if (getComputedStyle(at).direction === "rtl") faults.push(`not from left to right: ${e.outerHTML.slice(0, 140)}`);
    }
    return faults;
  });
}

// What the paper of a notice says in each language: page x of y, and a year.
const papers = { en: /Note verbale/, ru: /Вербальная нота|нота/i, kk: /нота/i, fa: /یادداشت/, zh: /普通照会/ };

// text of a PDF in logical order.
function textOf(pdf, dir) {
  const file = join(dir, "paper.pdf");
  writeFileSync(file, pdf);
  const got = spawnSync("pdftotext", ["-layout", "-enc", "UTF-8", file, "-"], { encoding: "utf8" });
  assert.equal(got.status, 0, `pdftotext, of the Debian package poppler-utils: ${got.error ?? got.stderr}`);
  // Marks of direction are for the eye, and presentation forms are letters.
  return got.stdout.normalize("NFKC").replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
}

// notice finds a statement with a form, of this state.
async function notice(page) {
  await page.goto(`${house.region.desks.alatau}/notices?from=me`);
  for (const href of await page.$$eval("main table th a", (all) => all.map((a) => a.href))) {
    await page.goto(href);
    if ((await page.locator("section[aria-labelledby=fields]").count()) > 0 && (await page.locator('main a[href$="/paper"]').count()) > 0) return href;
  }
  assert.fail("there is no notice with a form");
}

export function register() {
  test("19: map and boards without pictures", async () => {
    const { context, page } = await enter("alatau", "duty-officer");
    await page.goto(`${house.region.desks.alatau}/map`);
    const drawn = await page.locator("svg .map-number").count();
    assert.ok(drawn > 0, "the map shows nothing");
    assert.equal(await page.locator("section[aria-labelledby=table] tbody tr").count(), drawn, "the table differs from the map");
    assert.deepEqual(await page.$$eval("svg.map path, svg.map rect, svg.map circle, svg.map g", (all) => [...new Set(all.map((e) => e.getAttribute("class")).filter(Boolean))].filter((c) => /state|border|country/.test(c))), []);
    assert.ok((await page.locator("main p.notice").first().innerText()).length > 80, "the disclaimer is missing");
    await page.goto(`${house.region.desks.alatau}/measures/board`);
    for (const cell of await page.locator("main tbody td").allInnerTexts()) assert.ok(cell.trim(), "a cell says nothing");
    await context.close();
  });

  test("20: print to PDF in five languages", async (t) => {
    const { context, page } = await enter("alatau", "desk-officer");
    const dir = mkdtempSync(join(tmpdir(), "detente-papers-"));
    try {
      const href = await notice(page);
      const [, , party, volume, index] = new URL(href).pathname.split("/");
      for (const [language, says] of Object.entries(papers)) {
        await choose(page, language, "light");
        await page.goto(`${href}/paper`);
        assert.equal(await page.locator("html").getAttribute("lang"), language);
        await page.evaluate(axe);
        const seen = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"], resultTypes: ["violations"] }));
        assert.deepEqual(seen.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(" | ")}`), [], `${language}: the paper`);
        const years = new Set((await page.locator("dl.heads").innerText()).match(/20\d\d/g));
        assert.ok(years.size > 0, `${language}: no year`);
        const text = textOf(await page.pdf({ preferCSSPageSize: true, printBackground: true }), dir);
        const sheets = text.split("\f").filter((s) => s.trim());
        assert.match(text, says, language);
        for (const year of years) assert.ok(text.includes(year), `${language}: the year ${year} is not in the PDF`);
        sheets.forEach((sheet, i) => {
          assert.match(sheet.replace(/\s+/g, " "), new RegExp(`\\b${i + 1} ?/ ?${sheets.length}\\b|\\b${sheets.length} ?/ ?${i + 1}\\b`), `${language}: page ${i + 1} of ${sheets.length}`);
          assert.ok(sheet.includes(`${party}/${volume} ${index}`), `${language}: page ${i + 1} does not say which act it is`);
        });
        // The program's own PDF, for mail and archive, says the same.
        const kept = textOf(await (await context.request.get(`${href}/paper?to=pdf`)).body(), dir);
        assert.match(kept, says, `${language}: the program's own`);
        for (const year of years) assert.ok(kept.includes(year), `${language}: the year ${year} is not in the program's own PDF`);
        const own = kept.split("\f").filter((s) => s.trim());
        for (const sheet of own) assert.ok(sheet.includes(`${party}/${volume} ${index}`), `${language}: a page of the program's own does not say which act it is`);
        t.diagnostic(`${language}: ${sheets.length} pages, the program's own ${own.length}`);
      }
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
    await context.close();
  });

  test("20: Verify on a good file and a doctored one", async (t) => {
    const { context, page } = await enter("alatau", "desk-officer");
    const href = await notice(page);
    const proof = await (await context.request.get(`${href}/proof`)).body();
    const doctored = Buffer.from(proof);
    doctored[Math.floor(proof.length / 2)] ^= 1;
    for (const [name, buffer, says] of [["good.proof", proof, /It verifies/], ["doctored.proof", doctored, /does not verify|differs|not shown|nothing is shown/i], ["no.proof", Buffer.from("no proof at all"), /does not verify|nothing is shown/i]]) {
      await page.goto(`${house.region.desks.alatau}/verify`);
      await page.setInputFiles("#file", { name, mimeType: "application/octet-stream", buffer });
      const start = Date.now();
      await page.click("main button.primary");
      const took = Date.now() - start;
      const said = await page.locator("main").innerText();
      assert.match(said, says, name);
      assert.equal(/It verifies/.test(said), name === "good.proof", name);
      assert.ok(took <= 2000, `${name}: ${took} ms`);
      t.diagnostic(`${name}: ${took} ms`);
    }
    await context.close();
  });
}
