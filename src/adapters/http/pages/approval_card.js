// The card of an approval, with buttons to approve and to deny.

import { getJson, postJson } from "./api.js";
import { button, element, labelled } from "./element.js";
import { visible } from "./visible_text.js";

/** `answer(work)` runs the request of a button, and shows its error if it fails. */
export function approvalCard(asked, answer) {
  const id = `ask-${asked.approval_id}`;
  const heading = element("h3", "", `${visible(asked.agent)} asks to use ${visible(asked.tool_name)}`);
  const args = element("dl", "arguments");
  const until = element("p", "hint", "Without an answer it counts as denied at ");
  const reason = element("input", "");
  reason.maxLength = 1000;
  reason.autocomplete = "off";
  const decide = (decision) => answer(() => send(asked.approval_id, decision, reason.value.trim()));
  const choices = element("div", "choices");
  choices.append(
    button("primary", "Approve", () => decide("approve")),
    button("primary refuse", "Deny", () => decide("deny")),
  );
  for (const each of choices.children) each.setAttribute("aria-describedby", `${id}-title`);
  until.append(time(asked.expires_at), ".");

  const card = element("article", "ask");
  heading.id = `${id}-title`;
  card.setAttribute("aria-labelledby", heading.id);
  card.append(heading);
  if (asked.reason) card.append(element("p", "why", `Because: ${visible(asked.reason)}`));
  card.append(args, ...labelled(reason, `${id}-reason`, "Reason (optional)"), choices, until);
  showArguments(args, asked, choices);
  return card;
}

function send(approvalId, decision, reason) {
  return postJson(`/approvals/${approvalId}`, reason ? { decision, reason } : { decision });
}

/** Nobody may approve what they cannot read: truncated arguments are fetched before the buttons show. */
async function showArguments(list, asked, choices) {
  if (!asked.truncated) {
    list.append(...rows(asked.arguments));
    return;
  }
  choices.hidden = true;
  try {
    const whole = await getJson(`/approvals/${asked.approval_id}`);
    list.append(...rows(whole.arguments));
    choices.hidden = false;
  } catch (error) {
    const problem = element("p", "problem", `What it asks for cannot be shown: ${error.message}`);
    list.replaceWith(problem);
  }
}

function rows(args) {
  return Object.entries(args).flatMap(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
    const shown = element("pre", "", visible(text));
    // Long values scroll, and the keyboard can scroll only what has the focus.
    shown.tabIndex = 0;
    const cell = element("dd", "");
    cell.append(shown);
    return [element("dt", "", visible(name)), cell];
  });
}

function time(at) {
  const shown = element("time", "", new Date(at).toLocaleTimeString());
  shown.dateTime = at;
  return shown;
}
