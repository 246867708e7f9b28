/** Conformance: what of the machine reaches a command - environment, secrets, network, its own environment - and what of it comes out again. */
import { PipelineError } from "../../errors.ts";
import { type ConformanceCase, expectEqual, expectExit, expectThat, inline, python, pythonAction } from "./case.ts";

const SHOW_ENV = "import json, os; print(json.dumps(dict(os.environ)))";

export const worldCases: readonly ConformanceCase[] = [
  {
    title: "a command gets the variables of its action and inherits none",
    run: async (h) => {
      const env = { PLAIN: "1", ODD: "a b\t$x 'q' \"r\" é", EMPTY: "" };
      const result = await python(h, { code: SHOW_ENV, action: { env } });
      expectExit(result);
      const seen = JSON.parse(result.stdout) as Record<string, string>;
      for (const [name, value] of Object.entries(env)) expectEqual(seen[name], value, `the variable ${name}`);
      expectThat(!(h.foreignVariable in seen), `${h.foreignVariable} of the surrounding process reached the command`);
    },
  },
  {
    title: "home and temporary folders are the command's own, empty and writable",
    run: async (h) => {
      const code = `
import json, os, tempfile
home = os.path.expanduser("~")
before = [os.listdir(home), os.listdir(tempfile.gettempdir())]
open(os.path.join(home, "mark"), "w").close()
tempfile.NamedTemporaryFile(delete=False).close()
print(json.dumps(before))`;
      for (const _ of [1, 2]) {
        const result = await python(h, { code });
        expectExit(result);
        expectEqual(JSON.parse(result.stdout), [[], []], "home and temporary folder at the start");
      }
    },
  },
  {
    title: "a command can ask for its user's name, which is the same everywhere",
    run: async (h) => {
      const result = await python(h, { code: "import getpass; print(getpass.getuser())" });
      expectExit(result);
      expectEqual(result.stdout.trim(), "voicekey", "the user's name");
    },
  },
  {
    title: "arguments reach the command as they are",
    run: async (h) => {
      const args = ["", "a b", "*", "$HOME", "'\"\\", "--x=é☃", "line\nbreak", "%PATH%"];
      const result = await python(h, { code: "import json, sys; print(json.dumps(sys.argv[1:]))", args });
      expectEqual(JSON.parse(result.stdout), args, "the arguments");
    },
  },
  {
    title: "exit statuses are told exactly",
    run: async (h) => {
      for (const code of [0, 1, 2, 42, 255]) {
        expectExit(await python(h, { code: `import sys; sys.exit(${code})` }), code);
      }
    },
  },
  {
    // A container engine takes only some statuses as results, and 128 to 191 are none of them: these are told all the same, and as exits.
    title: "exit statuses that shells use for signals are told exactly, too",
    run: async (h) => {
      for (const code of [128, 129, 143, 191]) {
        expectExit(await python(h, { code: `import sys; sys.exit(${code})` }), code);
      }
    },
  },
  {
    title: "a command that dies of a signal is not one that passed",
    run: async (h) => {
      const { status } = await python(h, { code: "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)" });
      const told =
        (status.kind === "signalled" && status.signal === "SIGSEGV") ||
        (status.kind === "exited" && status.code === 139);
      expectThat(told, `expected SIGSEGV or status 139, got ${JSON.stringify(status)}`);
    },
  },
  {
    title: "both streams are kept apart, live lines too, and bytes that are not UTF-8 are replaced",
    run: async (h) => {
      const lines: string[] = [];
      const result = await python(h, {
        code: "import sys; sys.stdout.buffer.write(b'out \\xff\\n'); sys.stderr.buffer.write('err ☃\\nlast'.encode())",
        onLine: (stream, line) => lines.push(`${stream}: ${line}`),
      });
      expectExit(result);
      expectEqual(result.stdout, "out \ufffd\n", "stdout");
      expectEqual(result.stderr, "err ☃\nlast", "stderr");
      if (lines.length > 0) {
        expectEqual(lines.sort(), ["stderr: err ☃", "stderr: last", "stdout: out \ufffd"], "the live lines");
      }
    },
  },
  {
    title: "a secret reaches the command and nothing that it prints",
    run: async (h) => {
      const lines: string[] = [];
      const result = await python(h, {
        code: `
import os, sys, time
value = os.environ["TOKEN"]
print(len(value), flush=True)
print("whole " + value, flush=True)
sys.stderr.write("in pieces " + value[:5]); sys.stderr.flush(); time.sleep(0.3)
sys.stderr.write(value[5:] + " end\\n")`,
        action: { secrets: { TOKEN: h.secret.name } },
        onLine: (_, line) => lines.push(line),
      });
      expectExit(result);
      expectThat(
        result.stdout.startsWith(`${[...h.secret.value].length}\n`),
        "the command did not get the secret's value",
      );
      const all = `${result.stdout}\n${result.stderr}\n${lines.join("\n")}\n${JSON.stringify(result)}`;
      expectThat(!all.includes(h.secret.value), "the secret's value stands in what the command printed");
      expectThat(/^in pieces \S+ end\n$/.test(result.stderr), `the text around the secret was lost: ${result.stderr}`);
    },
  },
  {
    title: "a secret that nobody gave is a refusal",
    run: async (h) => {
      const action = pythonAction(h.nonce, { code: "", action: { secrets: { TOKEN: "no-such-secret" } } });
      const refusal = await h.executor.refuses(action);
      expectThat(
        refusal?.reason.includes("no-such-secret") === true,
        `not refused by name: ${JSON.stringify(refusal)}`,
      );
    },
  },
  {
    title: "an action that the machine can run is not refused",
    run: async (h) => {
      expectEqual(await h.executor.refuses(pythonAction(h.nonce, { code: "" })), undefined, "the refusal");
    },
  },
  {
    title: "an environment that cannot be installed is told as such, in the installer's words",
    run: async (h) => {
      const lock = inline({ "broken.txt": "no requirement at all ==\n" });
      const toolchain = { image: "python", python: "any", environments: { plain: { lock } } };
      const outcome = await python(h, { code: "", action: { toolchain } }).then(
        (result) => JSON.stringify(result.status),
        (error: unknown) => error,
      );
      expectThat(
        outcome instanceof PipelineError &&
          outcome.code === "ENVIRONMENT_FAILED" &&
          /requirement/.test(outcome.message),
        `expected ENVIRONMENT_FAILED and why, got ${String(outcome)}`,
      );
    },
  },
  {
    title: "without network the loopback still works, and where the record says cut nothing else does",
    run: async (h) => {
      const code = `
import json, socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname(), timeout=10)
far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    far.connect(("192.0.2.1", 9)); route = True
except OSError:
    route = False
print(json.dumps({"route": route}))`;
      const result = await python(h, { code });
      expectExit(result);
      expectThat(result.enforced.network !== "allowed", "an action without network must not be recorded as allowed");
      if (result.enforced.network === "cut")
        expectEqual(JSON.parse(result.stdout), { route: false }, "a route outwards");
    },
  },
  {
    title: "an action with network is recorded as such",
    run: async (h) => {
      const result = await python(h, { code: "pass", action: { network: true } });
      expectExit(result);
      expectEqual(result.enforced.network, "allowed", "the record");
    },
  },
  {
    title:
      "where the record says isolated, neither the environment nor anything else outside the work folder can be written",
    run: async (h) => {
      const code = `
import json, os, sys
done = []
for folder in (sys.prefix, os.path.dirname(os.__file__), "/etc", "/usr"):
    try:
        with open(os.path.join(folder, "conformance-mark"), "w") as f:
            pass
        os.remove(f.name); done.append(folder)
    except OSError:
        pass
print(json.dumps(done))`;
      const probe = await python(h, { code: "pass" });
      if (probe.enforced.filesystem !== "isolated") return;
      const result = await python(h, { code });
      expectExit(result);
      expectEqual(JSON.parse(result.stdout), [], "folders that could be written");
    },
  },
  {
    title: "the environment's interpreter is 3.10 or newer, isolated from the machine's packages, and first on PATH",
    run: async (h) => {
      const code = `
import importlib.metadata, json, os, shutil, sys
names = sorted(d.metadata["Name"] for d in importlib.metadata.distributions())
same = os.path.realpath(shutil.which("python")) == os.path.realpath(sys.executable)
print(json.dumps([sys.version_info >= (3, 10), sys.prefix != sys.base_prefix, names, same]))`;
      const result = await python(h, { code, inputs: { app: inline({}) } });
      expectExit(result);
      expectEqual(JSON.parse(result.stdout), [true, true, [], true], "new, an environment, packages, first on PATH");
      expectThat(
        Object.values(result.toolchain).some((v) => /3\.\d+/.test(v)),
        "the record lacks the interpreter's version",
      );
    },
  },
];
