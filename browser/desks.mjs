// The demonstration with its desks, as a process of its own: the screens are looked
// at as people see them, over real nodes.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

// axe is the checker of pages, as a script that runs on one.
export const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const root = fileURLToPath(new URL("..", import.meta.url));

// start builds the program, starts the demonstration, and resolves when its nodes
// stay up: the address of each desk by party, what it has printed, and a way to end it.
export async function start() {
  const dir = mkdtempSync(join(tmpdir(), "detente-browser-"));
  const program = join(dir, "detente");
  const built = spawnSync("go", ["build", "-o", program, "./cmd/detente"], { cwd: root, env: { ...process.env, CGO_ENABLED: "0" }, encoding: "utf8" });
  if (built.status !== 0) throw new Error(`go build: ${built.stderr}`);
  const demo = spawn(program, ["demo", "--dir", join(dir, "region")], { stdio: ["ignore", "pipe", "pipe"] });
  const desks = {};
  let said = "";
  await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the demonstration did not stay up:\n${said}`)), 180_000);
    const hear = (chunk) => {
      said += chunk;
      if (!said.includes("Ctrl-C")) return;
      clearTimeout(late);
      for (const m of said.matchAll(/^ {2}(\w+) +(http:\/\/127\.0\.0\.1:\d+)\//gm)) desks[m[1]] = m[2];
      resolve();
    };
    demo.stdout.on("data", hear);
    demo.stderr.on("data", hear);
    demo.on("exit", (code) => reject(new Error(`the demonstration ended with ${code}:\n${said}`)));
  });
  const end = () =>
    new Promise((resolve) => {
      demo.removeAllListeners("exit");
      demo.on("exit", () => {
        rmSync(dir, { recursive: true, force: true });
        resolve();
      });
      demo.kill("SIGINT");
    });
  return { desks, program, dir, end, said: () => said };
}

// house is what all checks share: one demonstration and one browser.
export const house = { region: undefined, browser: undefined };

export async function open() {
  house.region = await start();
  const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
  house.browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}

export async function close() {
  await house.browser?.close();
  await house.region?.end();
}

// enter signs in with a part of the demonstration, in a browser of its own; at is the
// address of the desk, where it is not the party's own.
export async function enter(party, part, options = {}, at = house.region.desks[party]) {
  const context = await house.browser.newContext(options);
  const page = await context.newPage();
  await page.goto(`${at}/sign-in`);
  await page.click(`button[name=part][value="${part}"]`);
  assert.match(page.url(), /\/desk$/, `${part} of ${party} is not at the desk`);
  return { context, page };
}

// choose sets language and theme, as the form on every page does.
export async function choose(page, language, theme) {
  await page.goto(new URL("/help", page.url()).href);
  await page.click("details.choices summary");
  await page.selectOption("#choice-language", language);
  await page.selectOption("#choice-theme", theme);
  await page.click("details.choices button");
}

// until asks again and again for what comes by itself, and returns it.
export async function until(what, ask, within = 20_000) {
  const end = Date.now() + within;
  for (;;) {
    const got = await ask();
    if (got) return got;
    assert.ok(Date.now() < end, `not within ${within / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
