/** Where one writes what a speaker is asked, or what it is to say. */

import { icon, make } from "./dom.js";

const LINE_PX = 24;
const MOST_LINES = 6;

export class Composer {
  #text = make("textarea", { rows: 1 });
  #status = make("span", { class: "status", role: "status" });
  #say = make("ha-button", { appearance: "plain" });
  #ask = make("ha-button", { appearance: "accent" });
  #texts = null;
  #do = null;

  /** What is put into the page. */
  node = make(
    "footer",
    { class: "composer" },
    make("ha-card", {}, this.#text, make("div", { class: "actions" }, this.#status, this.#say, this.#ask)),
  );

  /** Takes what to do with a text: `ask` and `say`, each returns a promise of what there is to say about it. */
  constructor(actions) {
    this.#do = actions;
    this.#text.addEventListener("input", () => this.#fit());
    this.#text.addEventListener("keydown", (event) => {
      // While pinyin is being typed, the key chooses a word.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#send("ask");
    });
    this.#say.addEventListener("click", () => this.#send("say"));
    this.#ask.addEventListener("click", () => this.#send("ask"));
  }

  /** Shows for which speaker one writes. */
  open(name, available, texts) {
    this.#texts = texts;
    this.#text.placeholder = this.#text.ariaLabel = texts.placeholder(name);
    this.#text.disabled = this.#say.disabled = this.#ask.disabled = !available;
    this.#say.replaceChildren(startIcon("bullhorn-outline"), texts.say);
    this.#ask.replaceChildren(startIcon("send"), texts.ask);
    if (!this.#status.textContent) this.#tell(texts.hint, "hint");
  }

  async #send(what) {
    const text = this.#text.value.trim();
    if (!text || this.#text.disabled) return;
    this.#write("");
    this.#tell(what === "say" ? this.#texts.saying : "");
    try {
      this.#tell(await this.#do[what](text));
    } catch {
      // The frontend has said why.
      this.#tell("");
      if (!this.#text.value) this.#write(text);
    }
  }

  #write(text) {
    this.#text.value = text;
    this.#fit();
  }

  #tell(status, kind = "") {
    this.#status.textContent = status;
    this.#status.className = `status ${kind}`;
  }

  /** Makes the field as high as what is written. */
  #fit() {
    this.#text.style.height = "auto";
    this.#text.style.height = `${Math.min(this.#text.scrollHeight, LINE_PX * MOST_LINES)}px`;
  }
}

function startIcon(name) {
  const node = icon(name);
  node.slot = "start";
  return node;
}
