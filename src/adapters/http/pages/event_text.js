// The label and the text of each event, and which events extend the row of an earlier one.

import { visible } from "./visible_text.js";

const ENVELOPE = new Set([
  "event_type", "seq", "timestamp", "session_id", "task_id", "agent", "attempt",
]);

const TEXTS = {
  task_queued: (event) => event.task,
  task_started: (event) => `by ${event.agent}, attempt ${event.attempt}`,
  task_analysis: (event) => `${event.action_name}: ${event.goal}`,
  task_complete: (event) => `${event.final_answer}${took(event)}`,
  task_failed: (event) => `${event.reason}: ${event.error}${took(event)}`,
  task_cancelled: (event) => `${event.reason}, by ${event.by}`,
  task_interrupted: (event) => event.reason,
  cancel_requested: (event) => `${event.mode}, by ${event.by}`,
  plan_created: ({ goal, phases }) => `${goal}: ${phases.map((phase) => phase.name).join(", ")}`,
  phase_start: (event) => event.phase_name,
  phase_complete: (event) => event.phase_name,
  progress: (event) => event.message + (event.percent === undefined ? "" : ` (${event.percent} %)`),
  error: (event) => `${event.phase}: ${event.message}`,
  iteration_start: ({ iteration, max_iterations: most }) => (most ? `${iteration} of at most ${most}` : `${iteration}`),
  iteration_complete: (event) => `${event.tool_calls} tool calls, ${event.tokens_used} tokens`,
  thinking: (event) => `about ${event.message_count} messages`,
  think_delta: (event) => event.text,
  think_complete: (event) => event.reasoning,
  message_delta: (event) => event.text,
  message: (event) => event.content,
  token_usage: (event) => `${event.model}: ${event.input_tokens} in, ${event.output_tokens} out`,
  tool_call_start: (event) => call(event),
  tool_call_stream: (event) => event.chunk,
  tool_call_complete: (event, output) => `${event.status}${outcome(event, output)}${took(event)}`,
  log: (event) => event.text ?? event.line,
  process_started: (event) => `${event.command} (pid ${event.pid}, sandbox ${event.sandbox})`,
  process_exited: (event) => `${ending(event)}${took(event)}`,
  resource_usage: (event) => usage(event),
  sandbox_status: ({ kind, status, message }) => `${kind}: ${status}${message ? `, ${message}` : ""}`,
  raw: (event) => `${event.source}: ${event.line}`,
  schema_drift: (event) => `${event.source}: ${event.what}`,
  extraction: (event) => `${event.rule}: ${event.value}`,
  task_paused: (event) => event.reason,
  task_resumed: (event) => `by ${event.by}`,
  approval_required: (event) => `${call(event)}${because(event)}`,
  approval_resolved: (event) => `${event.decision} by ${event.by}${because(event)}`,
  input_required: (event) => event.prompt,
  input_received: (event) => `${event.kind}, by ${event.by}`,
  git_operation: (event) => `${event.operation} ${event.status}: ${event.message}`,
  artifact_created: (event) => `${event.path} (${megabytes(event.size_bytes)}, ${event.media_type})`,
  pr_created: (event) => `${event.title} ${event.pr_url}`,
};

const JOINED = {
  think_delta: (event) => ({ key: `think ${event.iteration}`, adds: true }),
  think_complete: (event) => ({ key: `think ${event.iteration}`, adds: false }),
  message_delta: (event) => ({ key: `message ${event.message_id}`, adds: true }),
  message: (event) => ({ key: `message ${event.message_id}`, adds: false }),
  tool_call_stream: (event) => ({ key: `output ${event.call_id}`, adds: true }),
  log: (event) => ({ key: `line ${event.line_num}`, adds: true, ends: !event.partial }),
};

const LABELS = {
  think_delta: () => "thought",
  think_complete: () => "thought",
  message_delta: () => "message",
  tool_call_stream: () => "tool output",
  log: (event) => `line ${event.line_num}`,
};

export function labelOf(event) {
  return LABELS[event.event_type]?.(event) ?? event.event_type.replaceAll("_", " ");
}

/** `output` is the output of the tool call that was shown before, if the event completes one. */
export function textOf(event, output = "") {
  const text = TEXTS[event.event_type];
  return String(text ? text(event, output) : payload(event));
}

/** The key of the row with the output of the tool call that this event completes. */
export function outputKey(event) {
  return event.event_type === "tool_call_complete" ? keyed(event, `output ${event.call_id}`) : undefined;
}

/** Reasoning is collapsed; messages are not. */
export function isFolded(event) {
  return event.event_type === "think_delta" || event.event_type === "think_complete";
}

/** False for a thought without reasoning: its message is an event of its own. */
export function hasRow(event) {
  return event.event_type !== "think_complete" || event.reasoning !== undefined;
}

/** For an event whose row others may extend: the row's key, whether it adds text, and whether it ends the row. */
export function rowOf(event) {
  const row = JOINED[event.event_type]?.(event);
  return row && { ...row, key: keyed(event, row.key) };
}

function keyed(event, key) {
  return `${event.task_id} ${event.attempt} ${key}`;
}

/** Leaves out the lines of the result that were shown as output already. */
function outcome(event, output) {
  const seen = new Set(output.split("\n"));
  const text = String(event.error || (event.result ?? ""));
  const fresh = output ? text.split("\n").filter((line) => line && !seen.has(line)).join("\n") : text;
  return fresh ? `: ${fresh}` : "";
}

function payload(event) {
  const own = Object.entries(event).filter(([name]) => !ENVELOPE.has(name));
  return JSON.stringify(Object.fromEntries(own));
}

function call(event) {
  return visible(`${event.tool_name} ${JSON.stringify(event.arguments)}`);
}

function because(event) {
  return event.reason ? `: ${event.reason}` : "";
}

function took(event) {
  if (event.duration_ms === undefined) return "";
  const waited = event.waited_ms ? `, and ${seconds(event.waited_ms)} for people` : "";
  return ` (${seconds(event.duration_ms)}${waited})`;
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

function usage({ cpu_percent: cpu, rss_bytes: memory, processes }) {
  return `${cpu} % of a processor, ${megabytes(memory)}, processes: ${processes}`;
}

function megabytes(bytes) {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function ending(event) {
  if (event.stopped) return "ended by the server, its turn was over";
  return event.exit_code === undefined ? `signal ${event.signal}` : `exit code ${event.exit_code}`;
}
