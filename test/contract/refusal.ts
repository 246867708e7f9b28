/** The form of a refusal of Dagger's engine, and what the stand-in can decide one by. */

export interface Refusal {
  readonly id: string;
  readonly what: string;
  /** The engine's words; `{name}` stands for what the query gives, `{…}` for what only a real engine knows. */
  readonly message: string;
  /** That it is refused was `seen` on an engine v0.21.8, or only `read` in its source. The words are read there in either case. */
  readonly known: "seen" | "read";
  /** Where the engine decides it: file and line of its source at v0.21.8. */
  readonly source: string;
  /** What the stand-in decides it by. */
  readonly decided: string;
  /** An ExecError for the SDK, with the command, its exit status and its streams. */
  readonly exec?: true;
}

export const STAT = "the calls that made the object, and where they do not tell, the test's answer to `stat`";
export const PASSWD = "the test's answers to `stat` and `contents` of /etc/passwd and /etc/group";
export const STATUS = "the test's answer to `exitCode` of the exec";
export const ARGUMENTS = "the arguments";
export const CALLS = "the arguments and the calls before";
