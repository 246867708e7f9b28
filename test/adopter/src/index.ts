/**
 * A module of another repository that builds on the pipeline: its own gate before a release, from the pipeline's checks, evidence and packages.
 */
import {
  argument,
  type Container,
  check,
  type Directory,
  dag,
  func,
  object,
  type VoicekeyPipeline as Pipeline,
} from "@dagger.io/dagger";

@object()
export class Adopter {
  readonly source: Directory;

  /** @param source The repository, with its .git folder */
  constructor(@argument({ defaultPath: "/", ignore: ["**/node_modules", "**/.venv"] }) source: Directory) {
    this.source = source;
  }

  private pipeline(): Pipeline {
    return dag.voicekeyPipeline({ source: this.source, config: "fixtures/voice-app/pipeline.yaml" });
  }

  /** All checks, without exceptions */
  @func({ cache: "never" })
  async gate(): Promise<string> {
    return this.pipeline().prChecks({ strict: true });
  }

  /** The quick checks, one after another */
  @func({ cache: "never" })
  @check()
  async quick(): Promise<string> {
    const reports = [
      await this.pipeline().format(),
      await this.pipeline().lint(),
      await this.pipeline().types(),
      await this.pipeline().dependenciesDeclared(),
    ];
    return reports.join("\n\n");
  }

  /** The unit tests and the proof that they can fail */
  @func({ cache: "never" })
  async tests(): Promise<string> {
    return [await this.pipeline().unitTests(), await this.pipeline().selfproof({ step: "unit-tests" })].join("\n\n");
  }

  /** What users would meet: the integration tests, speech, the installed packages, speed */
  @func({ cache: "never" })
  async smoke(): Promise<string> {
    const reports = [
      await this.pipeline().integrationSmoke(),
      await this.pipeline().asrSmoke(),
      await this.pipeline().installSmoke(),
      await this.pipeline().perfSmoke(),
    ];
    return reports.join("\n\n");
  }

  /** The packages and the evidence side by side, as a release would keep them */
  @func({ cache: "never" })
  dossier(): Directory {
    return dag
      .directory()
      .withDirectory("dist", this.pipeline().buildDist())
      .withDirectory("evidence", this.pipeline().evidence({ skip: ["types"], noProve: true }));
  }

  /** What the gate would do */
  @func()
  async outlook(): Promise<string> {
    return this.pipeline().plan({ format: "mermaid", only: ["lint"] });
  }

  /** The baseline that today's findings need */
  @func({ cache: "never" })
  backlog(): Directory {
    return this.pipeline().baseline();
  }

  /** The container of the unit tests */
  @func({ cache: "never" })
  look(): Container {
    return this.pipeline().debug("unit-tests");
  }
}
