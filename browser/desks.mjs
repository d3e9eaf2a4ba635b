// The demonstration with its desks, as a process of its own: the screens are looked
// at as people see them, over real nodes.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

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
