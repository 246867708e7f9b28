/**
 * Questions to git as one shell script, and what a run of the pipeline will ask. Some questions are about the answer to others: the merge base
 * is found in the script itself. Text only; nothing here talks to an engine. A question that is missing here is asked later, by itself.
 */
import { posix } from "node:path";
import { DEFAULT_REFS } from "../src/exec/base.ts";
import { onlyBelow } from "../src/exec/git-listing.ts";

export interface Question {
  /** `TIP` and `BASE` in a word stand for the object ids that were found. */
  readonly args: readonly string[];
  /** The first answer of this kind that is no failure is what TIP or BASE means from here on. */
  readonly finds?: "tip" | "base";
}

/** The folder of the answers: `<index>/status`, `out`, `err`. */
export const ANSWERS = "/answers";
/** No name that git prints or takes, since an object name cannot hold a colon twice. */
const [TIP, BASE] = ["::tip::", "::base::"];

export function script(questions: readonly Question[]): string {
  const lines = [
    "base= tip=",
    "ask() {",
    `  answer=${ANSWERS}/$1; shift`,
    '  mkdir -p "$answer"; status=0',
    '  git "$@" >"$answer/out" 2>"$answer/err" </dev/null || status=$?',
    '  printf %s "$status" >"$answer/status"',
    "}",
    'found() { [ "$(cat "$1/status" 2>/dev/null)" != 0 ] || head -n 1 "$1/out"; }',
  ];
  for (const [index, { args, finds }] of questions.entries()) {
    const put = `ask ${index} ${args.map(quoted).join(" ")}`;
    const needs = [TIP, BASE]
      .filter((name) => args.some((a) => a.includes(name)))
      .map((name) => name.replaceAll(":", ""));
    lines.push([...needs.map((name) => `[ -z "$${name}" ]`), put].join(" || "));
    if (finds !== undefined) lines.push(`[ -n "$${finds}" ] || ${finds}=$(found ${ANSWERS}/${index})`);
  }
  return `${lines.join("\n")}\nexit 0\n`;
}

/** The questions as git was asked them, with what was found in place; undefined where it could not be put. `found` is the first line of an answer. */
export function settled(
  questions: readonly Question[],
  found: (index: number) => string,
): (readonly string[] | undefined)[] {
  const names = { tip: "", base: "" };
  return questions.map(({ args, finds }, index) => {
    const needs = [args.some((a) => a.includes(TIP)) && "tip", args.some((a) => a.includes(BASE)) && "base"] as const;
    const lacks = needs.some((name) => name !== false && names[name] === "");
    if (finds !== undefined && names[finds] === "") names[finds] = found(index);
    if (lacks) return undefined;
    return args.map((word) => word.replaceAll(TIP, names.tip).replaceAll(BASE, names.base));
  });
}

/** What is asked of a repository before a run, and of its merge base. `root` is the app's folder in it. */
export function questionsOf(settings: {
  readonly root: string;
  /** The base that was asked for, else the one that the config names. */
  readonly base: string | undefined;
  readonly baseBranch: string | undefined;
  readonly baseline: string | undefined;
}): Question[] {
  const { root, base, baseBranch, baseline } = settings;
  const below = onlyBelow(root);
  const about = [
    ["rev-parse", "--show-prefix"],
    ["rev-parse", "--is-inside-work-tree"],
    ["ls-files", "-z", "-s", ...below],
    ["ls-files", "-z", "-o", "--exclude-standard", ...below],
    ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"],
    ["config", "--type=bool", "--get-regexp", "^core\\.(filemode|symlinks)$"],
  ];
  const file = baseline === undefined ? undefined : root === "." ? baseline : posix.join(root, baseline);
  return [
    ...about.map((args) => ({ args })),
    ...baseQuestions(base, baseBranch),
    { args: ["ls-tree", "-r", "-z", "--full-tree", BASE, ...below] },
    { args: ["ls-tree", "-r", "-z", "-l", BASE, ...below] },
    ...(file === undefined ? [] : [{ args: ["show", `${BASE}:${file}`] }]),
  ];
}

function baseQuestions(base: string | undefined, baseBranch: string | undefined): Question[] {
  const named = base === undefined ? baseBranch && [`origin/${baseBranch}`, baseBranch] : [base, `origin/${base}`];
  if (!named)
    return [
      { args: ["for-each-ref", "--format=%(refname)", ...DEFAULT_REFS] },
      ...DEFAULT_REFS.map((ref): Question => ({ args: ["merge-base", "HEAD", ref], finds: "base" })),
    ];
  return [
    { args: ["rev-parse", "--git-dir"] },
    ...named.map(
      (ref): Question => ({
        args: ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`],
        finds: "tip",
      }),
    ),
    { args: ["merge-base", "HEAD", TIP], finds: "base" },
  ];
}

function quoted(word: string): string {
  if (word.includes(TIP) || word.includes(BASE))
    return word
      .split(/(::tip::|::base::)/)
      .filter((part) => part !== "")
      .map((part) => (part === TIP ? '"$tip"' : part === BASE ? '"$base"' : quoted(part)))
      .join("");
  return `'${word.replaceAll("'", "'\\''")}'`;
}
