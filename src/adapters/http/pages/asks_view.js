// Shows a card for each open approval or question, and announces the answers.

import { approvalCard } from "./approval_card.js";
import { questionCard } from "./question_card.js";
import { visible } from "./visible_text.js";

/** In the history an answer follows soon after its question: then no card is shown. */
const GATHER_MS = 60;

export class AsksView {
  constructor({ panel, list, count, news, problem, elsewhere }) {
    Object.assign(this, { panel, list, count, news, problem, elsewhere });
    this.cards = new Map();
    this.asks = new Map();
    this.timer = null;
  }

  /** `asks` are the events by their keys. Existing cards are kept: somebody may be typing there. */
  show(asks) {
    this.asks = asks;
    this.timer ??= setTimeout(() => this.#show(), GATHER_MS);
  }

  /** Shows an answer, if its card was shown; those of the history are not announced. */
  announce(key, asked, answer) {
    if (this.cards.has(key)) this.#showNews(resolution(asked, answer));
  }

  clear() {
    this.#showNews("");
    this.#showProblem("");
  }

  #show() {
    this.timer = null;
    for (const key of [...this.cards.keys()]) if (!this.asks.has(key)) this.#remove(key);
    const fresh = [...this.asks].filter(([key]) => !this.cards.has(key));
    for (const [key, asked] of fresh) this.#add(key, asked);
    this.panel.hidden = this.cards.size === 0;
    // For screen readers only: others see the cards.
    this.count.textContent = waiting(this.cards.size);
  }

  #add(key, asked) {
    const make = asked.event_type === "approval_required" ? approvalCard : questionCard;
    const card = make(asked, (work) => this.#answered(card, work));
    card.tabIndex = -1;
    this.cards.set(key, card);
    this.list.append(card);
  }

  #remove(key) {
    const card = this.cards.get(key);
    const hadFocus = card.contains(document.activeElement);
    this.cards.delete(key);
    card.remove();
    if (hadFocus) (this.cards.values().next().value ?? this.elsewhere).focus();
  }

  async #answered(card, work) {
    if (card.getAttribute("aria-busy") === "true") return;
    card.setAttribute("aria-busy", "true");
    this.#showProblem("");
    try {
      await work();
    } catch (error) {
      this.#showProblem(`Your answer was not taken: ${error.message}`);
    } finally {
      card.removeAttribute("aria-busy");
    }
  }

  #showNews(text) {
    this.news.textContent = text;
  }

  #showProblem(text) {
    this.problem.textContent = text;
    this.problem.hidden = !text;
  }
}

function waiting(asks) {
  if (asks === 0) return "";
  return asks === 1 ? "1 question waits for your answer." : `${asks} questions wait for your answer.`;
}

function resolution(asked, answer) {
  if (answer.event_type === "input_received") return `The question was answered by ${visible(answer.by)}.`;
  const why = answer.reason ? `: ${visible(answer.reason)}` : "";
  return `${visible(asked.tool_name)}: ${answer.decision} by ${visible(answer.by)}${why}`;
}
