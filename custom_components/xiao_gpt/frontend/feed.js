/** The dialogue at one speaker: its exchanges, the oldest first, and what is being answered now. */

import { icon, link, make } from "./dom.js";
import { exchangeArticle, face, questionBubble } from "./exchange.js";
import { clock } from "./texts.js";

const NEAR_END_PX = 80;

export class Feed {
  #list = make("div", { class: "exchanges", role: "log" });
  #waiting = make("div", { class: "waiting" });
  #nothing = make("div", { class: "nothing" });
  #show = null;
  #day = "";

  /** What is put into the page. */
  node = make("main", { class: "feed" }, make("div", { class: "column" }, this.#list, this.#waiting, this.#nothing));

  /** Whether nobody reads further up: the end stays in sight then, whatever is added or grows. */
  #atEnd = true;
  #top = 0;

  constructor() {
    this.node.addEventListener("scroll", () => {
      const { clientHeight, scrollHeight, scrollTop } = this.node;
      const near = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
      // What is added makes the end farther away as well, but it moves nobody up.
      this.#atEnd = near || (this.#atEnd && scrollTop >= this.#top);
      this.#top = scrollTop;
    });
    const observer = new ResizeObserver(() => this.#atEnd && this.#toEnd());
    observer.observe(this.node);
    observer.observe(this.node.firstChild);
  }

  /**
   * Shows a speaker's exchanges in place of what is shown.
   *
   * `show` says how: `hass`, `texts`, `correctedOf` (who was said to be right for an exchange), `correct` (is called
   * with an exchange and who is right), `stop` (ends the answer).
   */
  open(exchanges, waiting, show) {
    this.#show = { ...show, ...clock(show.hass) };
    this.#day = "";
    this.#list.replaceChildren();
    for (const exchange of exchanges) this.add(exchange);
    this.wait(waiting);
    this.#nothing.replaceChildren(blank("forum-outline", show.texts.nothingYet, show.texts.nothingYetHint));
    this.#toEnd();
  }

  /** Adds an exchange that is over. */
  add(exchange) {
    const day = this.#dayOf(new Date(exchange.when));
    if (day !== this.#day) this.#list.append(make("div", { class: "day" }, day));
    this.#day = day;
    this.#list.append(this.#article(exchange));
  }

  /** Shows which questions are being answered. */
  wait(waiting) {
    const { stop, texts } = this.#show;
    this.#waiting.replaceChildren(...waiting.map((question) => pending(question, texts, stop)));
  }

  #article(exchange) {
    const { correct, correctedOf } = this.#show;
    const article = exchangeArticle(exchange, {
      ...this.#show,
      corrected: correctedOf(exchange),
      correct: async (answerer) => {
        await correct(exchange, answerer);
        article.replaceWith(this.#article(exchange));
      },
    });
    return article;
  }

  #dayOf(when) {
    const { date, texts } = this.#show;
    const now = new Date();
    const day = date(when);
    if (day === date(now)) return texts.today;
    now.setDate(now.getDate() - 1);
    return day === date(now) ? texts.yesterday : day;
  }

  #toEnd() {
    this.#atEnd = true;
    this.node.scrollTop = this.node.scrollHeight;
    this.#top = this.node.scrollTop;
  }
}

/** Makes what is shown where there is nothing to show. */
export function blank(name, title, hint) {
  return make("div", { class: "blank" }, icon(name), make("h2", {}, title), make("p", {}, hint));
}

function pending(question, texts, stop) {
  const breathing = [1, 2, 3].map(() => make("i"));
  const dots = make("div", { class: "dots", role: "img", ariaLabel: texts.answering }, ...breathing);
  const button = link("stop-circle-outline", texts.stop, stop);
  return make(
    "article",
    { class: "exchange" },
    questionBubble(question),
    make("div", { class: "answer" }, face("heard"), make("ha-card", { class: "pending" }, dots, button)),
  );
}
