/**
 * The figures of a run, for facts and plots: nothing here decides.
 */
import type { SpeechApp } from "../../config/model.ts";
import { nearestRank } from "../common/nearest-rank.ts";
import type { Measure } from "../step.ts";
import { accuracy } from "./local.ts";
import type { JudgedRecording } from "./recordings.ts";
import type { LocalRecord, SpeechRecord } from "./records.ts";

export function figures(
  record: SpeechRecord,
  local: LocalRecord,
  judged: readonly JudgedRecording[],
): Record<string, string | number> {
  const latencies = judged.flatMap((j) => (j.understood ? (j.heard?.latency_ms ?? []) : []));
  const [ready] = local.ready_ms;
  const timeable = judged.filter(
    (j) => j.understood && j.recording.expect !== "" && j.recording.speech_end_ms !== null,
  );
  const untimed =
    local.how === "listen" ? timeable.length - timeable.filter((j) => j.heard?.latency_ms != null).length : 0;
  return {
    understood: `${judged.filter((j) => j.understood).length} of ${judged.length}`,
    ...(latencies.length === 0
      ? { latency: unknownLatency(local, timeable.length) }
      : {
          "p50 ms": Math.round(nearestRank(latencies, 0.5)),
          "p95 ms": Math.round(nearestRank(latencies, 0.95)),
        }),
    ...(untimed === 0 ? {} : { "answers before the end of speech, or 2 s after it": untimed }),
    ...(record.unlisted.length === 0 ? {} : { "recordings that are not listed": record.unlisted.join(", ") }),
    "cold start (ms)": local.cold.all_ms.length === 0 ? 0 : Math.round(nearestRank(local.cold.all_ms, 0.5)),
    ...(ready === undefined ? {} : { "listen ready after (ms)": Math.round(ready) }),
    "sockets watched by": local.watched.by.join(" and ") || "nothing",
  };
}

function unknownLatency({ how }: LocalRecord, timeable: number): string {
  if (how === "transcribe") return "not measured: no `listen`";
  return timeable === 0 ? "no recording says where its speech ends" : "not measured: no answer came in its time";
}

export function measures(local: LocalRecord, judged: readonly JudgedRecording[], app: SpeechApp): Measure[] {
  const kinds = accuracy(judged, app);
  const latency = kinds.flatMap(({ kind }) => {
    const own = judged.filter((j) => j.recording.kind === kind && j.understood);
    const values = own.flatMap((j) => j.heard?.latency_ms ?? []);
    return values.length === 0 ? [] : [{ name: kind, values }];
  });
  const floors = [...new Set(kinds.map((k) => k.floor))].map((floor) => ({
    name: `floor of ${kinds.flatMap((k) => (k.floor === floor ? [k.kind] : [])).join(", ")}`,
    value: floor,
  }));
  const starts = [
    { name: "transcribe", values: local.cold.all_ms },
    ...(local.ready_ms.length === 0 ? [] : [{ name: "listen, to ready", values: local.ready_ms }]),
  ];
  const time = { unit: "ms", better: "lower", limits: [] } as const;
  return [
    ...(latency.length === 0
      ? []
      : [{ id: "latency", title: "End of speech to the answer, warm", groups: latency, ...time }]),
    {
      id: "accuracy",
      title: "Recordings understood",
      unit: "%",
      better: "higher",
      groups: kinds.map(({ kind, percent }) => ({ name: kind, values: [Math.round(percent * 100) / 100] })),
      limits: floors,
    },
    { id: "cold-start", title: "Cold start", groups: starts, ...time },
  ];
}
