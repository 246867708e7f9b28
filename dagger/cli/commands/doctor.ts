/** `doctor`: what this machine needs for the checks of the application at hand, and with `--install` gets it. Decides nothing about a run. */
import type { HostWords } from "../../../src/command-words.ts";
import type { PipelineError } from "../../../src/errors.ts";
import { EXIT, renderError } from "../../../src/errors.ts";
import { columns } from "../../../src/evidence/columns.ts";
import { oneLine } from "../../../src/evidence/text.ts";
import type { Wanted } from "../../../src/exec/host/needs.ts";
import { generalNeeds } from "../../../src/exec/host/needs.ts";
import type { Need } from "../../../src/exec/host/needs-examine.ts";
import type { Remedy } from "../../../src/exec/host/needs-remedies.ts";
import { hostPlatform } from "../../ports.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { printErr, printOut } from "../io.ts";
import type { RawOptions } from "../options.ts";
import { readOptions } from "../options.ts";
import type { Session } from "../session-port.ts";

/** What the application at hand asks for, or why that cannot be told. */
type Asked = { readonly wanted: readonly Wanted[] } | { readonly error: PipelineError };

export async function doctor(io: Io, raw: RawOptions): Promise<number> {
  const options = readOptions(raw, io);
  const install = raw.install === true;
  return interruptible(io, async (signal) => {
    const [{ examine, lacking }, { Installer, withFailures }] = await Promise.all([
      import("../../../src/exec/host/needs-examine.ts"),
      import("../../../src/exec/host/needs-install.ts"),
    ]);
    const session = await io.session();
    const machine = await session.machine();
    const installer = new Installer(machine, (line) => printErr(io, `install ${line}`));
    const general = generalNeeds(hostPlatform());
    const words = io.words();
    const ask = () => askApplication(session, options.open);
    /** Installs and looks again, where asked to; nothing is installed for the sake of a config that cannot be read. */
    const lookAt = async (wanted: readonly Wanted[], mayInstall: boolean): Promise<Need[]> => {
      const needs = await examine(wanted, machine, signal);
      if (!mayInstall) return needs;
      const failed = await installer.install(needs, signal);
      return withFailures(await examine(wanted, machine, signal), failed);
    };

    let asked = await ask();
    let needs: Need[] | undefined;
    if ("error" in asked && install && asked.error.exit !== EXIT.badInput) {
      // git itself may be what lacks.
      needs = await lookAt(general, true);
      asked = await ask();
    }
    if ("wanted" in asked) needs = await lookAt(asked.wanted, install);
    needs ??= await lookAt(general, false);
    printOut(io, raw.json === true ? asJson(needs, words) : asText(needs, lacking(needs), words));
    if ("error" in asked) {
      printErr(
        io,
        `this is what any run needs; what this application needs cannot be told:\n${renderError(asked.error, words)}`,
      );
      return asked.error.exit;
    }
    return lacking(needs).length === 0 ? EXIT.passed : EXIT.cannot;
  });
}

async function askApplication(session: Session, open: Parameters<Session["open"]>[0]): Promise<Asked> {
  const { PipelineError } = await import("../../../src/errors.ts");
  try {
    return { wanted: await (await session.open(open)).needs() };
  } catch (error) {
    if (error instanceof PipelineError) return { error };
    throw error;
  }
}

/** The form of `doctor --json`; a contract. */
function asJson(needs: readonly Need[], words: HostWords): string {
  const shown = needs.map(({ id, title, required, steps, found, remedy, note }) => ({
    ...{ id, title, required, steps, found },
    ...(remedy === undefined ? {} : { remedy: { command: typed(remedy, words), runs: remedy.cure !== undefined } }),
    ...(note === undefined ? {} : { note }),
  }));
  return JSON.stringify({ schema: 1, needs: shown }, null, 2);
}

function asText(needs: readonly Need[], lacks: readonly Need[], words: HostWords): string {
  const every = Math.max(...needs.map((n) => n.steps.length));
  const rows = columns(needs.map((need) => [stateOf(need), need.id, whatOf(need), stepsOf(need, every)]));
  const lines = needs.flatMap((need, i) => [rows[i] ?? "", ...below(need, words)]);
  const last =
    lacks.length === 0 ? "all that is required is here" : `required and not here: ${lacks.map((n) => n.id).join(", ")}`;
  return [...lines, "", last].join("\n");
}

function stateOf({ found, required }: Need): string {
  if (found !== null) return "here";
  return required ? "LACKING" : "not here";
}

function whatOf({ found, title }: Need): string {
  if (found === null) return title;
  return [found.version, found.path].filter((w) => w !== undefined).join(" ") || title;
}

function stepsOf({ steps }: Need, every: number): string {
  if (steps.length === 0) return "";
  return steps.length === every && every > 1 ? "for every step" : `for ${steps.join(", ")}`;
}

function typed({ command }: Remedy, words: HostWords): string {
  return typeof command === "string" ? command : words.typed(command);
}

function below({ found, remedy, note }: Need, words: HostWords): string[] {
  const notes = (note ?? "").split("\n").filter((line) => line.trim() !== "");
  return [
    ...(found === null && remedy !== undefined ? [`    → ${typed(remedy, words)}`] : []),
    ...notes.map((line) => `    ${oneLine(line, 400)}`),
  ];
}
