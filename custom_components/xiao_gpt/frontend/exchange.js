/** What one exchange looks like: the question, the answer, and what is to be known about it. */

import { icon, link, make } from "./dom.js";
import { reasonInWords } from "./texts.js";

const FACES = {
  agent: "creation",
  home: "home-assistant",
  xiaoai: "speaker",
  dialogue: "cog-outline",
  nobody: "account-off-outline",
  heard: "ear-hearing",
};

/** Returns who should have answered instead ("gpt" or "xiaoai"), or null where that cannot be corrected. */
export function otherAnswerer({ by, route, reason }) {
  if (reason === null || route === "command") return null;
  if (by === "xiaoai") return "gpt";
  if (by === "nobody") return route === "native" ? "gpt" : "xiaoai";
  return by === "home" ? null : "xiaoai";
}

/** Makes a question as a bubble. */
export function questionBubble(question) {
  return make("div", { class: "question" }, make("p", {}, question));
}

/** Makes what stands before an answer: a sign of who gives it, or that it is not known yet ("heard"). */
export function face(by) {
  return make("div", { class: `face ${by}` }, icon(FACES[by]));
}

/**
 * Makes an exchange.
 *
 * `show` says how: `hass`, `texts`, `time` (writes a time of day), `corrected` (who was said to be right for the
 * question, if anyone), `correct` (is called with who is right).
 */
export function exchangeArticle(exchange, show) {
  const { texts } = show;
  const { answer, by } = exchange;
  const words = make("p", { class: answer ? "" : "silent" }, answer || texts.silent[by]);
  return make(
    "article",
    { class: "exchange" },
    questionBubble(exchange.utterance),
    make(
      "div",
      { class: "answer" },
      face(by),
      make("ha-card", {}, words, meta(exchange, show), correction(exchange, show)),
    ),
  );
}

function meta(exchange, { hass, texts, time }) {
  const { by, first_words: firstWords, interrupted, reason, score, when } = exchange;
  const facts = [make("b", {}, texts.by[by])];
  facts.push(reason === null ? texts.typed : reasonInWords(hass, reason));
  if (reason === "classifier") facts[1] += ` ${Math.round(score * 100)}%`;
  if (firstWords !== null) facts.push(texts.firstWords(firstWords.toFixed(1)));
  if (interrupted) facts.push(texts.interrupted);
  facts.push(make("time", { dateTime: when }, time(new Date(when))));
  return make("div", { class: "meta" }, ...facts.map((fact) => make("span", {}, fact)));
}

function correction(exchange, { corrected, correct, texts }) {
  const other = otherAnswerer(exchange);
  if (!other) return null;
  const choose = (answerer, label, name) => link(name, label, () => correct(answerer));
  if (!corrected) return make("div", { class: "correction" }, choose(other, texts.shouldAsk[other], "swap-horizontal"));
  const back = corrected === "gpt" ? "xiaoai" : "gpt";
  return make(
    "div",
    { class: "correction", role: "status" },
    make("span", { class: "noted" }, icon("check"), texts.willAsk[corrected]),
    choose(back, texts.ratherAsk[back], "undo"),
  );
}
