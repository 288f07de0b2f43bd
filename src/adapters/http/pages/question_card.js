// The card of a question in words, with a field for the answer and a button for each choice.

import { postJson } from "./api.js";
import { button, element, labelled } from "./element.js";
import { visible, visibleProse } from "./visible_text.js";

/** `answer(work)` sends the answer, and shows the error if that fails. */
export function questionCard(asked, answer) {
  const id = `ask-${asked.task_id}-${asked.seq}`;
  const reply = (data) => answer(() => send(asked.task_id, data));
  const heading = element("h3", "", `${visible(asked.agent)} asks`);
  const prompt = element("p", "prompt", visibleProse(asked.prompt));
  const card = element("article", "ask");
  heading.id = `${id}-title`;
  card.setAttribute("aria-labelledby", heading.id);
  card.append(heading, prompt);
  if (asked.choices?.length) card.append(choices(asked.choices, reply));
  card.append(form(id, reply));
  return card;
}

function choices(given, reply) {
  const made = element("div", "choices");
  made.append(...given.map((choice) => button("primary", visible(choice), () => reply(choice))));
  return made;
}

function form(id, reply) {
  const made = element("form", "reply");
  const field = element("textarea", "");
  field.rows = 2;
  field.required = true;
  const send = element("button", "primary", "Answer");
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    reply(field.value);
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
