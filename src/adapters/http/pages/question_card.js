// What an agent asks in words, with a field for the answer.

import { postJson } from "./api.js";
import { button, element, labelled } from "./element.js";
import { visible, visibleProse } from "./visible_text.js";

/** Its `answer(work)` sends what was said and tells if that went wrong. */
export function questionCard(asked, answer) {
  const id = `ask-${asked.task_id}-${asked.seq}`;
  const say = (data) => answer(() => send(asked.task_id, data));
  const heading = element("h3", "", `${visible(asked.agent)} asks`);
  const prompt = element("p", "prompt", visibleProse(asked.prompt));
  const card = element("article", "ask");
  heading.id = `${id}-title`;
  card.setAttribute("aria-labelledby", heading.id);
  card.append(heading, prompt);
  if (asked.choices?.length) card.append(choices(asked.choices, say));
  card.append(form(id, say));
  return card;
}

function choices(given, say) {
  const made = element("div", "choices");
  made.append(...given.map((choice) => button("primary", visible(choice), () => say(choice))));
  return made;
}

function form(id, say) {
  const made = element("form", "reply");
  const field = element("textarea", "");
  field.rows = 2;
  field.required = true;
  const send = element("button", "primary", "Answer");
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    say(field.value);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) made.requestSubmit();
  });
  made.append(...labelled(field, `${id}-answer`, "Your answer (Ctrl+Enter sends it)"), send);
  return made;
}

function send(taskId, data) {
  return postJson(`/tasks/${taskId}/input`, { kind: "message", data });
}
