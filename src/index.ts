/**
 * CI/CD of a Python desktop voice application as one typed graph: sources, dependencies, tests, speech recognition, packages and speed, each
 * check of which proves in the same run that it can fail. The same plan runs without containers through the `voicekey-pipeline` command.
 *
 * Start with `dagger call pr-checks`, or `dagger check`. Evidence: `dagger call evidence export --path evidence`.
 */
import { argument, type Container, check, type Directory, func, object, type Secret } from "@dagger.io/dagger";

const functions = () => import("../dagger/functions.ts");
const conformance = () => import("../dagger/conformance.ts");

/** The checks of one repository */
@object()
export class VoicekeyPipeline {
  readonly source: Directory;
  readonly config?: string;
  readonly images: string[];
  readonly packageIndex?: Secret;
  readonly openNetwork: boolean;

  /**
   * @param source The repository that is checked, with its .git folder; default is the repository that the module stands in
   * @param config The pipeline's config, relative to the source; default is pipeline.yaml, then .github/pipeline.yaml
   * @param images Container images to use instead of the config's and the pipeline's own, as KEY=NAME@sha256:…, for mirrors and air gaps
   * @param packageIndex Address of a Python package index to install from, for mirrors; as a secret, since it may hold a password
   * @param openNetwork Leave the network open for actions that declare none, for engines that do not grant insecureRootCapabilities; the evidence says so
   */
  constructor(
    @argument({
      defaultPath: "/",
      ignore: ["**/node_modules", "**/.venv", "**/__pycache__", "**/.mypy_cache", "**/.ruff_cache", "**/.pytest_cache"],
    })
    source: Directory,
    config?: string,
    images: string[] = [],
    packageIndex?: Secret,
    openNetwork: boolean = false,
  ) {
    this.source = source;
    // Optional fields stay absent: Dagger keeps an object's fields between calls, and an absent argument may arrive as null.
    if (config) this.config = config;
    this.images = images;
    if (packageIndex) this.packageIndex = packageIndex;
    this.openNetwork = openNetwork;
  }

  /**
   * Run every check and return the report; fails when one is red, with what failed, why and what to do
   *
   * @param only Ids of the checks to run; default is all
   * @param skip Ids of checks to leave out
   * @param base Ref to compare with; default is the merge base with the main branch
   * @param strict Fail also when something was refused or not proved
   * @param noProve Leave out the proofs that the checks can fail; the verdict says so
   * @param changed Run only what the change since the merge base can affect; the verdict says that it is partial. Not with strict
   */
  @func({ cache: "never" })
  async prChecks(
    only: string[] = [],
    skip: string[] = [],
    base?: string,
    strict: boolean = false,
    noProve: boolean = false,
    changed: boolean = false,
  ): Promise<string> {
    return (await functions()).report(this, { only, skip, base, strict, prove: !noProve, changed });
  }

  /**
   * Run the checks and return the evidence folder (plan, verdict, journal, reports), also when they are red
   *
   * @param only Ids of the checks to run; default is all
   * @param skip Ids of checks to leave out
   * @param base Ref to compare with; default is the merge base with the main branch
   * @param strict Record the run as strict: refusals and missing proofs count
   * @param noProve Leave out the proofs that the checks can fail; the verdict says so
   * @param changed Run only what the change since the merge base can affect; the verdict says that it is partial. Not with strict
   */
  @func({ cache: "never" })
  async evidence(
    only: string[] = [],
    skip: string[] = [],
    base?: string,
    strict: boolean = false,
    noProve: boolean = false,
    changed: boolean = false,
  ): Promise<Directory> {
    return (await functions()).evidence(this, { only, skip, base, strict, prove: !noProve, changed });
  }

  /** Check that the sources are formatted */
  @func({ cache: "never" })
  @check()
  async format(): Promise<string> {
    return (await functions()).report(this, { only: ["format"] });
  }

  /** Check the sources for mistakes that a linter finds */
  @func({ cache: "never" })
  @check()
  async lint(): Promise<string> {
    return (await functions()).report(this, { only: ["lint"] });
  }

  /** Check the types against the installed dependencies */
  @func({ cache: "never" })
  @check()
  async types(): Promise<string> {
    return (await functions()).report(this, { only: ["types"] });
  }

  /** Check that what the sources import is declared, and that what is declared is imported */
  @func({ cache: "never" })
  @check()
  async dependenciesDeclared(): Promise<string> {
    return (await functions()).report(this, { only: ["dependencies-declared"] });
  }

  /** Run the unit tests on every supported Python version, against the installed project */
  @func({ cache: "never" })
  @check()
  async unitTests(): Promise<string> {
    return (await functions()).report(this, { only: ["unit-tests"] });
  }

  /** Run the integration tests on every supported Python version, against the installed project, without network */
  @func({ cache: "never" })
  @check()
  async integrationSmoke(): Promise<string> {
    return (await functions()).report(this, { only: ["integration-smoke"] });
  }

  /** Try the installed app's speech recognition on its recordings: local-only with every socket watched, and with a network recogniser that fails */
  @func({ cache: "never" })
  @check()
  async asrSmoke(): Promise<string> {
    return (await functions()).report(this, { only: ["asr-smoke"] });
  }

  /** Build the wheel and the sdist as they would be published, check them, and return the folder that holds them and their SHA256SUMS */
  @func({ cache: "never" })
  @check()
  async buildDist(): Promise<Directory> {
    return (await functions()).dist(this);
  }

  /** Install the wheel and the sdist as a user would, on every supported Python version, and try the application */
  @func({ cache: "never" })
  @check()
  async installSmoke(): Promise<string> {
    return (await functions()).report(this, { only: ["install-smoke"] });
  }

  /** Measure how soon the application answers, against its limits and against the merge base. It wants the machine to itself, so `dagger check`, which runs its checks at once, leaves it out */
  @func({ cache: "never" })
  async perfSmoke(): Promise<string> {
    return (await functions()).report(this, { only: ["perf-smoke"] });
  }

  /**
   * Show what a run would do, without running it
   *
   * @param format text, json, mermaid or dot
   * @param only Ids of the checks to plan; default is all
   * @param skip Ids of checks to leave out
   * @param base Ref to compare with; default is the merge base with the main branch
   * @param noProve Leave out the proofs
   * @param changed Plan only what the change since the merge base can affect
   */
  @func()
  async plan(
    format: string = "text",
    only: string[] = [],
    skip: string[] = [],
    base?: string,
    noProve: boolean = false,
    changed: boolean = false,
  ): Promise<string> {
    return (await functions()).plan(this, { only, skip, base, prove: !noProve, changed }, format);
  }

  /**
   * Get the container that a check's command starts in, with its inputs and environments; add `terminal` to look around
   *
   * @param step A check (unit-tests), one of its instances (unit-tests@3.11), or an action of the plan
   */
  @func({ cache: "never" })
  async debug(step: string): Promise<Container> {
    return (await functions()).debug(this, step);
  }

  /**
   * Prove that the checks can fail: run each on its planted defects and report whether it found them
   *
   * @param step Id of one check; default is all
   */
  @func({ cache: "never" })
  async selfproof(step?: string): Promise<string> {
    return (await functions()).report(this, { only: step ? [step] : [], proofsOnly: true, strict: true });
  }

  /**
   * Write the baseline of today's findings; it may only shrink against the merge base. Export it over the repository: `export --path .`
   *
   * @param base Ref to compare with; default is the merge base with the main branch
   */
  @func({ cache: "never" })
  async baseline(base?: string): Promise<Directory> {
    return (await functions()).baseline(this, { base });
  }

  /** Try the executor itself on this engine: inputs, outputs, limits, isolation. For those who change the pipeline or the engine */
  @func({ cache: "never" })
  async conformance(): Promise<string> {
    return (await conformance()).conformance(this);
  }
}
