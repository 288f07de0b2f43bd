// The facts of the task that is shown: its status, error, answer and findings.

import { pathTo } from "./address.js";
import { element } from "./element.js";
import { visibleProse } from "./visible_text.js";

export class TaskPanel {
  constructor({ panel, facts }) {
    Object.assign(this, { panel, facts });
  }

  show(task) {
    const reason = task.reason ? ` (${task.reason})` : "";
    const session = element("a", "", task.session_id);
    session.href = pathTo({ kind: "sessions", id: task.session_id });
    const found = Object.entries(task.result?.extractions ?? {});
    this.facts.replaceChildren(
      ...fact("Task", text(task.task)),
      ...fact("State", element("span", `state ${task.status}`, `${task.status}${reason}`)),
      ...(task.error ? fact("Error", element("span", "error", visibleProse(task.error))) : []),
      ...(task.result?.final_answer ? fact("Answer", text(task.result.final_answer)) : []),
      ...found.flatMap(([rule, value]) => fact(`Found: ${rule}`, text(value))),
      ...fact("Agent", text(`${task.agent}, attempt ${task.attempt}`)),
      ...fact("Session", session),
    );
    this.panel.hidden = false;
  }

  get isShown() {
    return !this.panel.hidden;
  }

  hide() {
    this.panel.hidden = true;
  }
}

function fact(name, value) {
  const cell = element("dd", "");
  cell.append(value);
  return [element("dt", "", name), cell];
}

function text(value) {
  return visibleProse(typeof value === "string" ? value : JSON.stringify(value));
}
