import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { APP, findingsOf, judgeTried, localOnly, ROOT, trySpeech } from "./speech-try.ts";

const UP = readFileSync(join(APP, "recordings/up.wav"));
/** Seconds that no other process sleeps. */
const NAP = `4217.${process.pid}`;
const MAIN = readFileSync(join(APP, "src/tinyvoice/__main__.py"), "utf8");

/** The application with recordings by these names, each beginning with the code of that name. */
function misbehaving(ways: Readonly<Record<string, string>>) {
  const names = ["good", ...Object.keys(ways)];
  const entry = (name: string) => ({ file: `${name}.wav`, text: "go up", kind: name === "good" ? "clean" : "odd" });
  const branches = Object.entries(ways).map(([name, code]) => `if "${name}.wav" in sys.argv[2]:\n    ${code}\n`);
  return {
    app: localOnly,
    files: {
      ...Object.fromEntries(names.map((name) => [`recordings/${name}.wav`, UP])),
      "recordings/expected.json": JSON.stringify(names.map(entry)),
      "src/tinyvoice/__main__.py": `import os, subprocess, sys, time\n${branches.join("")}${MAIN.replace('"""', "'''").replace('"""', "'''")}`,
    },
  };
}

describe("an application that misbehaves in local-only mode", () => {
  it("is told how, recording by recording", async () => {
    const ways = {
      hangs: `subprocess.Popen(["sleep", "${NAP}"]); time.sleep(60)`,
      silent: "sys.exit(0)",
      binary: `sys.stdout.buffer.write(b'{"text": "\\xff\\xfe"}'); sys.exit(0)`,
      chatty: `print("I heard: go up"); sys.exit(0)`,
      other: `print('{"words": "go up"}'); sys.exit(0)`,
      raises: `sys.stderr.write("Traceback (most recent call last):\\nOSError: no microphone\\n"); print('{"text": "go up"}'); sys.exit(0)`,
      dies: "os.kill(os.getpid(), 11)",
      fails: `print('{"text": "go up"}'); sys.exit(3)`,
    };
    const found = await findingsOf({ ...misbehaving(ways), seconds: 3 });
    const told = (name: string) =>
      found.filter((f) => f.includes(`${name}.wav:`)).map((f) => f.replace(/^.*\.wav: /, ""));
    expect(told("hangs")).toEqual(["it did not end in time, and was ended"]);
    expect(told("silent")).toEqual(["it ended with status 0 and printed nothing"]);
    expect(told("binary")).toEqual(["what it printed is not UTF-8"]);
    expect(told("chatty")).toEqual(["what it printed is no JSON object"]);
    expect(told("other")).toEqual(["its JSON does not have the key that `text` names in the config"]);
    expect(told("raises")[0]).toContain("raised an exception, and ended with status 0; it said: Traceback");
    expect(told("dies")).toContain("it was ended by signal 11");
    expect(told("fails")).toEqual(["it understood, but ended with status 3"]);
    expect(told("good")).toEqual([]);
    // What a hanging command had started is gone with it.
    expect(spawnSync("pgrep", ["-f", `sleep ${NAP}`], { encoding: "utf8" }).stdout).toBe("");
  });

  it("is not started at all where the program does not exist", async () => {
    const found = await findingsOf({
      app: (app) => ({ ...localOnly(app), transcribe: ["no-such-program", "{audio}"] }),
    });
    expect(found[0]).toMatch(/^app-failed transcribe up\.wav: it could not be started; it said: .*no-such-program/);
  });

  it("is given up after three commands that hang, and what was not tried is said", async () => {
    const ways = Object.fromEntries(["a", "b", "c", "d"].map((name) => [name, "time.sleep(60)"]));
    const found = await findingsOf({ ...misbehaving(ways), seconds: 1 });
    expect(found).toContain("not-tried d.wav was not tried: too much had failed before");
  });

  it("is found out when another process of its own opens a socket", async () => {
    const code = `subprocess.run(["python3", "-I", "-c", "import socket; socket.socket()"], stderr=subprocess.DEVNULL)`;
    const found = await findingsOf(misbehaving({ leaks: code }));
    expect(found).toEqual([
      expect.stringMatching(
        /^socket-opened python3 -I -c .* asked for an internet socket \(AF_INET\) in local-only mode$/,
      ),
    ]);
  });
});

describe("the surroundings", () => {
  it("keep no proxy from the application, which here would use it", async () => {
    const transport = readFileSync(join(APP, "src/tinyvoice/transport.py"), "utf8");
    const proxied = transport.replace(
      "    parts = urlsplit(settings.endpoint)\n",
      "    import urllib.request\n    if urllib.request.getproxies():\n        raise TransportError('a proxy')\n    parts = urlsplit(settings.endpoint)\n",
    );
    expect(proxied).not.toBe(transport);
    const dead = "http://127.0.0.1:9/";
    const tried = await trySpeech({
      app: ({ listen: _, ...app }) => app,
      files: { "src/tinyvoice/transport.py": proxied },
      env: { http_proxy: dead, HTTP_PROXY: dead, https_proxy: dead, ALL_PROXY: dead },
    });
    expect(judgeTried(tried).detail).toBeUndefined();
  });

  it("may have taken any port", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const code = [
      "import sys, socket",
      `sys.path.insert(0, ${JSON.stringify(join(ROOT, "src/steps/asr-smoke"))})`,
      "from voicekey_recogniser import Recogniser",
      "from urllib.parse import urlsplit",
      "with Recogniser('answers', 'a', 'k') as a, Recogniser('refused', 'a', 'k') as b, Recogniser('clear', 'a', 'k') as c:",
      "    ports = [urlsplit(one.endpoint).port for one in (a, b, c)]",
      "    print(len(set(ports)), int(sys.argv[1]) in ports)",
      "    try: socket.create_connection(('127.0.0.1', ports[1]))",
      "    except ConnectionRefusedError: print('refused')",
    ].join("\n");
    const address = taken.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const env = { PATH: process.env["PATH"], PYTHONDONTWRITEBYTECODE: "1" };
    const done = spawnSync("python3", ["-c", code, port], { env, encoding: "utf8" });
    taken.close();
    expect(done.stdout).toBe("3 False\nrefused\n");
  });
});

describe("the key", () => {
  it("is a finding wherever it is printed, and is not in the report", async () => {
    const speech = readFileSync(join(APP, "src/tinyvoice/transport.py"), "utf8");
    const tried = await trySpeech({
      app: ({ listen: _, ...app }) => app,
      files: {
        "src/tinyvoice/transport.py": speech.replace('f"status {status}"', 'f"status {status} for {settings.key}"'),
      },
    });
    const judgement = judgeTried(tried);
    expect(judgement.findings.map((f) => `${f.rule} ${f.message}`)).toEqual([
      "key-leaked unauthorised: the key was printed",
      "key-leaked server-error: the key was printed",
    ]);
    expect(tried.action.read("report", "speech.json")).toContain("status 401 for ***");
  });
});

describe("the socket guard", () => {
  it("still ends whoever opens a socket where another supervisor is in its place", () => {
    const folders = ["asr-smoke", "common"].map((name) => JSON.stringify(join(ROOT, "src/steps", name)));
    const code = [
      "import sys, json, tempfile",
      `sys.path[:0] = [${folders.join(", ")}]`,
      "from voicekey_sockets import SocketGuard",
      "from voicekey_process import run_command",
      "env = {'PATH': '/usr/bin:/bin', 'PYTHONDONTWRITEBYTECODE': '1'}",
      "with tempfile.TemporaryDirectory() as folder:",
      "    guard = SocketGuard(folder, [])",
      "    tried = [guard.filter, *guard.prove(env)]",
      "    run = lambda *more: guard.call(lambda: run_command([sys.executable, '-c', *more], env, None, 30))",
      "    if len(sys.argv) == 2:",
      "        inner = run(sys.argv[1], sys.argv[1], 'inner')",
      "        local = run('import socket; socket.socketpair(); socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)')",
      "        tried = [tried, json.loads(inner['stdout']), local['code']]",
      "    print(json.dumps(tried))",
    ].join("\n");
    const env = { PATH: process.env["PATH"], PYTHONDONTWRITEBYTECODE: "1" };
    const done = spawnSync("python3", ["-c", code, code], { env, encoding: "utf8" });
    expect(JSON.parse(done.stdout || done.stderr)).toEqual([
      ["asks", "kernel filter", "audit hook"],
      ["kills", "kernel filter that ends the process", "audit hook"],
      0,
    ]);
  });
});
