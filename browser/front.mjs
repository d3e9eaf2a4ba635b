// The front door: a person who has never seen the demonstration follows what it
// prints, and nothing else, to the end: node --test browser/
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { chromium } from "playwright-core";
import { start } from "./desks.mjs";

const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

// heard waits until the demonstration has printed something, and returns the match.
async function heard(region, pattern, seconds) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = region.said().match(pattern);
    if (found) return found;
    assert.ok(Date.now() < end, `within ${seconds} s nothing like ${pattern} was printed:\n${region.said()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test("an incident is acknowledged within a minute by following what is printed", { timeout: 300_000 }, async (t) => {
  const region = await start();
  const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
  try {
    const up = Date.now();
    const [, url, role, link, button] = await heard(region, /1\. open +(\S+)\n +2\. choose +(.+)\n +3\. follow +(.+)\n +4\. press +(.+)\n/, 60);
    t.diagnostic(`the incident was announced ${((Date.now() - up) / 1000).toFixed(1)} s after the desks were up`);
    const page = await browser.newPage();
    await page.goto(url);
    await page.getByRole("button", { name: role, exact: true }).click();
    assert.match(await page.locator("body").innerText(), /EXERCISE/);
    await page.getByRole("link", { name: link }).first().click();
    await page.getByRole("button", { name: button }).first().click();
    const [, seconds] = await heard(region, /After (\d+) s: receipt was acknowledged by the post duty-officer of Cintra/, 30);
    t.diagnostic(`acknowledged after ${seconds} s`);
    assert.ok(Number(seconds) < 60);
    await heard(region, /exercise report vessel/, 10);
    // The sender's desk shows it too.
    const [, sender, other] = await heard(region, /desk shows it as well: (\S+) \((.+)\)/, 10);
    await page.goto(sender);
    await page.getByRole("button", { name: other, exact: true }).click();
    await page.goto(new URL("/lines/capitals?with=cintra", sender).href);
    assert.match(await page.locator("main").innerText(), /Albatros[^]*Cintra: receipt acknowledged/i);
  } finally {
    await browser.close();
    await region.end();
  }
});
