// The first day of a state alone, in headless Chromium: from the link that the program
// prints to a note on paper, then passkeys with a virtual authenticator, then a session
// and a server that end in the middle of a section. Run with the others by ./test.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("..", import.meta.url));
const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const passphrase = "several words are easy to remember";
const dir = mkdtempSync(join(tmpdir(), "detente-entry-"));
const program = join(dir, "detente");

let browser, node, base, printed;

const command = (...args) => {
  const done = spawnSync(program, args, { cwd: dir, encoding: "utf8" });
  assert.equal(done.status, 0, `detente ${args.join(" ")}: ${done.stderr}`);
  return done.stdout;
};

// start runs the node of a home and resolves when its desk is open; linked: when the
// link for the first officer is printed.
const start = (home, at, linked) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, ["node", "run", "--home", home, "--desk", at], { cwd: dir, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk) => {
      said += chunk;
      const open = said.match(/(http:\/\/localhost:\d+)/);
      const link = said.match(/http:\/\/localhost:\d+\/welcome\?key=[0-9a-f]+/);
      if (open && (linked ? link : said.includes("the node runs"))) resolve({ child, base: open[1], link: link?.[0] });
    });
    child.on("exit", (code) => reject(new Error(`the node ended with ${code}: ${said}`)));
  });
const kill = (child, signal) =>
  new Promise((resolve) => {
    child.removeAllListeners("exit");
    child.on("exit", resolve);
    child.kill(signal);
  });

before(async () => {
  const built = spawnSync("go", ["build", "-o", program, "./cmd/detente"], { cwd: root, env: { ...process.env, CGO_ENABLED: "0" }, encoding: "utf8" });
  assert.equal(built.status, 0, built.stderr);
  writeFileSync(join(dir, "pass"), passphrase);
  printed = command("init", "--home", "alatau", "--name", "alatau", "--names", "en=Alatau,ru=Алатау", "--next-passphrase-file", "pass");
  node = await start("alatau", "localhost:0", true);
  base = node.base;
  browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
});
after(async () => {
  await browser?.close();
  if (node) await kill(node.child, "SIGINT");
  rmSync(dir, { recursive: true, force: true });
});

// says and titled wait for what a page is to say: a click may still lead there.
const waits = async (page, where, what) => {
  try {
    await page.locator(where).filter({ hasText: what }).waitFor({ timeout: 60_000 });
  } catch {
    assert.fail(`${page.url()} does not say “${what}”: ${await page.locator("main").innerText()}`);
  }
};
const says = (page, what) => waits(page, "main", what);
const titled = (page, what) => waits(page, "h1", what);
const draftOf = (url) => {
  const at = new URL(url).pathname.match(/^\/drafts\/[0-9a-f]{8,}/);
  assert.ok(at, `${url} is no draft`);
  return at[0];
};
const main = (page) => page.locator("main");

let ann, annContext;

test("first run: from the link to a note on paper", { timeout: 240_000 }, async (t) => {
  const began = Date.now();
  assert.match(printed, /node run .*--desk localhost:8443/);
  assert.ok(node.link, "no link was printed");
  annContext = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  ann = await annContext.newPage();
  const wrong = [];
  ann.on("console", (m) => m.type() === "error" && !/40[0-9]|422/.test(m.text()) && wrong.push(m.text()));
  ann.on("pageerror", (e) => wrong.push(String(e)));

  await ann.goto(node.link);
  await ann.fill("#id", "ann");
  await ann.fill("#name", "Ann A.");
  await ann.fill("#passphrase", passphrase);
  await ann.fill("#again", passphrase);
  await ann.click("button.primary");
  await titled(ann, "First steps");

  // a second officer, who sets the own passphrase
  await ann.click('main a[href="/officers"]');
  await ann.fill("#id", "bo");
  await ann.fill("#name", "Bo B.");
  await ann.uncheck('input[name=role][value="drafter"]');
  await ann.check('input[name=role][value="clearer"]');
  await ann.check('input[name=step][value="release"]');
  await ann.click('form[action="/officers"] button.primary');
  const link = await ann.locator(".notice.done .hash").innerText();
  const boContext = await browser.newContext();
  const bo = await boContext.newPage();
  await bo.goto(link.trim());
  await bo.fill("#passphrase", passphrase);
  await bo.fill("#again", passphrase);
  await bo.click("button.primary");
  await titled(bo, "Desk");

  // what the state is bound by, and with whom
  await ann.goto(`${base}/texts`);
  await ann.check('input[name=text][value="vd11"]');
  await ann.fill("#code", "KZ");
  await ann.locator('input[name="state"]').first().fill("borovia");
  await ann.locator('input[name="state.name"]').first().fill("Borovia");
  await ann.locator('input[name="state.code"]').first().fill("RU");
  await ann.click('form[action="/texts"] button.primary');
  await says(ann, "Adopted.");
  await ann.goto(`${base}/portfolio`);
  await says(ann, "Vienna Document");
  await ann.goto(`${base}/calendar`);
  assert.ok((await main(ann).locator("a").count()) > 5, "the calendar is empty");
  await ann.goto(`${base}/contacts`);
  await says(ann, "Borovia");

  // a note that came, with its scan
  await ann.goto(`${base}/notes/new`);
  await ann.check('input[name=party][value="borovia"]');
  await ann.fill("#ref", "12-26/184");
  for (const [name, value] of [["day.d", "20"], ["day.m", "November"], ["day.y", "2026"]]) await ann.fill(`input[name="${name}"]`, value);
  await ann.fill("#text", "An exercise will take place in March.");
  await ann.click("form[action='/notes/new'] button.primary");
  await says(ann, "The note is registered");
  await ann.setInputFiles('input[type=file][name="scan"]', { name: "note.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4 scan") });
  await ann.click('form[action$="/scan"] button');
  await says(ann, "note.pdf");

  // a form, cleared by the other officer, that comes out on paper and as a bundle
  await ann.goto(`${base}/drafts/new`);
  await ann.check('input[name=status][value="test"]');
  await ann.click("main form[method=post] button.primary");
  await ann.waitForURL(/\/drafts\/[0-9a-f]{8,}/);
  const draft = draftOf(ann.url());
  await ann.goto(`${base}${draft}/cover`);
  await ann.fill("#thread", "ALA/2026/1");
  await ann.click("main form[method=post] button.primary");
  await ann.goto(`${base}${draft}/text`);
  await ann.fill("textarea", "The line is tested.");
  await ann.click("main form[method=post] button.primary");
  await ann.goto(`${base}${draft}/review`);
  await ann.click(`form[action="${draft}/submit"] button`);
  await says(ann, "Another officer must clear it");
  await bo.goto(`${base}${draft}/review`);
  await bo.click(`form[action="${draft}/clear"] button`);
  await bo.locator(`form[action="${draft}/send"]`).waitFor();
  await bo.click(`form[action="${draft}/send"] button`);
  await says(bo, "It stands in the record of this state now");
  const links = await bo.locator("main a").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
  const paper = links.find((href) => href?.endsWith("/paper"));
  assert.ok(paper, `no way to paper among ${links}`);
  const email = await (await bo.request.get(`${base}${paper}?as=email`)).text();
  assert.ok(email.includes("The line is tested."), email);
  const pdf = await (await bo.request.get(`${base}${paper}?to=pdf`)).body();
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  const bundle = await ann.request.get(`${base}/courier/bundle`);
  assert.equal(bundle.status(), 200);
  assert.ok((await bundle.body()).length > 500, "the bundle is empty");
  await ann.goto(`${base}/audit`);
  await says(ann, "note-enter");
  await ann.goto(`${base}/start`);
  await says(ann, "there: 2");
  assert.deepEqual(wrong, []);
  t.diagnostic(`the machine's part of the walk took ${((Date.now() - began) / 1000).toFixed(1)} s`);
  await boContext.close();
});

test("passkeys with a virtual authenticator", { timeout: 120_000 }, async () => {
  const cdp = await annContext.newCDPSession(ann);
  await cdp.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", { options });
  await ann.goto(`${base}/passkeys`);
  await ann.fill("#name", "machine of Ann");
  await ann.fill("#passphrase", "not the passphrase at all");
  await ann.click('form[action="/passkeys/begin"] button');
  await says(ann, "The sign-in is not accepted");
  await ann.fill("#passphrase", passphrase);
  await ann.click('form[action="/passkeys/begin"] button');
  await ann.click("form[data-passkey=make] button");
  await ann.waitForURL(/\/passkeys\?done=/);
  await says(ann, "machine of Ann");

  const signOut = async () => {
    await ann.goto(`${base}/desk`);
    await ann.click('form[action="/sign-out"] button');
  };
  await signOut();
  await ann.goto(`${base}/sign-in?then=/passkeys`);
  await ann.click("form[data-passkey=use] button");
  await ann.waitForURL(`${base}/passkeys`);
  await says(ann, "uses counted by the key");

  // who is not verified is not signed in
  await signOut();
  await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  await ann.goto(`${base}/sign-in`);
  await ann.click("form[data-passkey=use] button");
  await ann.locator("[data-refused]:not([hidden])").waitFor();
  assert.match(ann.url(), /sign-in/);
  await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });

  // a copy of the key, whose count lags behind
  const { credentials } = await cdp.send("WebAuthn.getCredentials", { authenticatorId });
  assert.equal(credentials.length, 1);
  await cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });
  const second = await cdp.send("WebAuthn.addVirtualAuthenticator", { options });
  await cdp.send("WebAuthn.addCredential", { authenticatorId: second.authenticatorId, credential: { ...credentials[0], signCount: 0 } });
  await ann.goto(`${base}/sign-in`);
  await ann.click("form[data-passkey=use] button");
  await says(ann, "counted fewer uses than before");

  // the passphrase is the way without, and removes it
  await ann.fill("#officer", "ann");
  await ann.fill("#passphrase", passphrase);
  await ann.click("form.narrow button.primary");
  await titled(ann, "Desk");
  await ann.goto(`${base}/passkeys`);
  await says(ann, "not taken");
  await ann.click("main details summary");
  await ann.fill('form[action$="/end"] input[name=passphrase]', passphrase);
  await ann.click('form[action$="/end"] button');
  await says(ann, "The passkey is removed");
  await signOut();
  await ann.goto(`${base}/sign-in`);
  await ann.click("form[data-passkey=use] button");
  await says(ann, "The sign-in is not accepted");
  await cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: second.authenticatorId });
  await ann.fill("#officer", "ann");
  await ann.fill("#passphrase", passphrase);
  await ann.click("form.narrow button.primary");
  await titled(ann, "Desk");
});

test("11: a session and a server that end in the middle of a section", { timeout: 120_000 }, async () => {
  const typed = "Typed for an hour: \u201cне потерять\u201d.";
  await ann.goto(`${base}/drafts/new`);
  await ann.check('input[name=status][value="test"]');
  await ann.click("main form[method=post] button.primary");
  await ann.waitForURL(/\/drafts\/[0-9a-f]{8,}/);
  const draft = draftOf(ann.url());
  await ann.goto(`${base}${draft}/text`);
  await ann.fill("textarea", typed);

  // the session ends; after the sign-in the section shows what was posted
  const other = await annContext.newPage();
  await other.goto(`${base}/desk`);
  await other.click('form[action="/sign-out"] button');
  await ann.click("main form[method=post] button[value=stay], main form[method=post] button.primary");
  await says(ann, "What you typed is kept");
  await ann.fill("#officer", "ann");
  await ann.fill("#passphrase", passphrase);
  await ann.click("form.narrow button.primary");
  await titled(ann, "Confirm what you typed");
  await ann.click("main form button.primary");
  await ann.goto(`${base}${draft}/text`);
  assert.equal(await ann.inputValue("textarea"), typed);

  // signed in again in another window: the page that was open before keeps what was typed
  await ann.fill("textarea", typed + " 2");
  command("officer", "passphrase", "ann", "--passphrase-file", "pass", "--console", "--home", "alatau"); // ends all sessions
  await other.goto(`${base}/desk`);
  await other.fill("#officer", "ann");
  await other.fill("#passphrase", passphrase);
  await other.click("form.narrow button.primary");
  await titled(other, "Desk");
  await ann.click("main form[method=post] button.primary");
  await titled(ann, "Confirm what you typed");
  await ann.click("main form button.primary");
  await ann.goto(`${base}${draft}/text`);
  assert.equal(await ann.inputValue("textarea"), typed + " 2");

  // the server is killed and started again
  await ann.fill("textarea", typed + " 3");
  await kill(node.child, "SIGKILL");
  node = await start("alatau", new URL(base).host);
  await ann.click("main form[method=post] button.primary");
  await ann.goto(`${base}${draft}/text`);
  assert.equal(await ann.inputValue("textarea"), typed + " 3");
});

test("a home that awaits a roster takes it in from the browser, and its node goes on", { timeout: 180_000 }, async () => {
  command("init", "--home", "region", "--name", "alatau", "--for-group", "--from", "alatau", "--next", "region-next.age", "--next-passphrase-file", "pass");
  command("key", "card", "--home", "region", "--out", "alatau.card");
  command("roster", "new", "--parties", "alatau", "--names", "en=Region", "--effective", "2026-01-01T00:00:00Z", "--out", "region.json");
  command("roster", "add-card", "region.json", "alatau.card");
  const words = command("roster", "fingerprint", "region.json").match(/1–4 +(\w+) +(\w+) +(\w+) +(\w+)/).slice(1).join(" ");
  const waiting = await start("region", "localhost:0", true);
  try {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${waiting.base}/group`);
    await says(page, "Open the link that the program printed");
    await page.goto(waiting.link);
    await page.click("button.primary");
    await titled(page, "Fingerprints and roster");
    await page.setInputFiles("#card-file", join(dir, "alatau.card"));
    await page.click('form[action="/group/card"] button');
    await says(page, "Card of alatau");
    await page.setInputFiles("#roster-file", join(dir, "region.json"));
    await page.click('form[action="/group/roster"] button');
    await says(page, words);
    await page.check("input[name=compared]");
    const runs = new Promise((resolve) => waiting.child.stderr.on("data", (chunk) => String(chunk).includes("the node runs") && resolve()));
    await page.click('form[action="/group/adopt"] button.primary');
    await says(page, "The node begins its work");
    await runs;
    assert.match(command("node", "status", "--home", "region"), /The node of .* runs\./);
    assert.match(command("officer", "list", "--home", "region"), /ann/, "the officers were not taken over");
    await context.close();
  } finally {
    await kill(waiting.child, "SIGINT");
  }
});
