// The types of events, grouped by kind; the kind is the CSS class of a row.

const TYPES = {
  task: [
    "task_queued", "task_started", "task_analysis", "progress", "task_resumed",
    "plan_created", "phase_start", "phase_complete",
  ],
  done: ["task_complete"],
  failed: ["task_failed", "task_cancelled", "task_interrupted", "error"],
  waiting: [
    "task_paused", "cancel_requested", "approval_required", "approval_resolved",
    "input_required", "input_received",
  ],
  thinking: [
    "iteration_start", "iteration_complete", "thinking", "think_delta", "think_complete",
    "message_delta", "message", "token_usage",
  ],
  tool: ["tool_call_start", "tool_call_stream", "tool_call_complete"],
  log: ["log"],
  process: [
    "process_started", "process_exited", "extraction", "resource_usage", "raw", "schema_drift",
    "sandbox_status", "git_operation", "pr_created", "artifact_created",
  ],
};

const KINDS = new Map(
  Object.entries(TYPES).flatMap(([kind, types]) => types.map((type) => [type, kind])),
);
const FINAL = new Set(["task_complete", "task_failed", "task_cancelled", "task_interrupted"]);

export const EVENT_TYPES = [...KINDS.keys()];

export function kindOf(type) {
  return KINDS.get(type);
}

export function isFinal(type) {
  return FINAL.has(type);
}
