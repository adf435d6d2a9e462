/** The conversation page of XiaoGPT: what was talked about at each speaker, live. */

import { Composer } from "./composer.js";
import { icon, link, make } from "./dom.js";
import { Feed, blank } from "./feed.js";
import { STYLE } from "./style.js";
import { textsFor } from "./texts.js";

const DOMAIN = "xiao_gpt";
const AGAIN_MS = 2000;
/** What is done about an action that failed: the frontend has said why. */
const nothing = () => {};

class Page extends HTMLElement {
  #hass = null;
  #texts = null;
  #menu = make("ha-menu-button");
  #title = make("h1");
  #tabs = make("nav", { class: "tabs" });
  #notice = make("div", { class: "notice", hidden: true });
  #nobody = make("main", { class: "feed" });
  #feed = new Feed();
  #composer = new Composer({ ask: (text) => this.#ask(text), say: (text) => this.#say(text) });
  /** By device id: `state` and `exchanges`, as the server tells them, and `asking`: what it has not yet begun with. */
  #speakers = null;
  /** Device ids of speakers with an exchange that has not been looked at. */
  #unseen = new Set();
  /** Who was said to be right, by account and question. */
  #corrected = new Map();
  #chosen = null;
  /** Whether a person has chosen, and not the page. */
  #picked = false;
  #end = null;
  #again = 0;

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).append(
      make("style", {}, STYLE),
      make("header", {}, this.#menu, this.#title),
      this.#tabs,
      this.#notice,
      this.#feed.node,
      this.#nobody,
      this.#composer.node,
    );
  }

  /** Everything about Home Assistant; it is set anew whenever any entity changes. */
  set hass(hass) {
    const before = this.#hass;
    this.#hass = this.#menu.hass = hass;
    if (before?.language !== hass.language || before.locale !== hass.locale) {
      this.#texts = textsFor(hass.language);
      this.#title.textContent = this.#texts.title;
      this.#open();
    } else if (before.devices !== hass.devices) {
      this.#nameSpeakers();
    }
  }

  /** Whether the sidebar is hidden. */
  set narrow(narrow) {
    this.#menu.narrow = narrow;
  }

  connectedCallback() {
    this.#hass.connection.addEventListener("ready", this.#follow);
    this.#follow();
  }

  disconnectedCallback() {
    this.#hass.connection.removeEventListener("ready", this.#follow);
    clearTimeout(this.#again);
    this.#end?.();
    this.#end = null;
  }

  /** Asks the server to tell; while Home Assistant starts it cannot be asked yet. */
  #follow = async () => {
    clearTimeout(this.#again);
    this.#end = null; // what was followed before has ended with the connection
    try {
      const end = await this.#hass.connection.subscribeMessage(
        (message) => this.#take(message),
        { type: `${DOMAIN}/dialogues/subscribe` },
        { resubscribe: false },
      );
      if (this.isConnected) this.#end = end;
      else end();
    } catch {
      if (this.isConnected) this.#again = setTimeout(this.#follow, AGAIN_MS);
    }
  };

  #take({ device_id: id, exchange, speakers, state }) {
    if (speakers) {
      this.#speakers = new Map(speakers.map((speaker) => [speaker.device_id, { ...speaker, asking: [] }]));
      this.#open();
      return;
    }
    const speaker = this.#speakers.get(id);
    if (exchange) speaker.exchanges.push(exchange);
    else speaker.state = state;
    if (id === this.#chosen) {
      if (exchange) this.#feed.add(exchange);
      else this.#showState();
    } else if (!this.#picked && !this.#speakers.get(this.#chosen).exchanges.length && waiting(speaker).length) {
      this.#chosen = id; // the first that is spoken to is what one wants to see
      this.#open();
    } else if (exchange) {
      this.#unseen.add(id);
      this.#showTabs();
    }
  }

  // What is shown

  /** Shows all anew: other speakers, or another one is chosen, or the language is another. */
  #open() {
    if (!this.#speakers) return;
    if (!this.#speakers.has(this.#chosen)) this.#chosen = this.#liveliest();
    const speaker = this.#speakers.get(this.#chosen);
    this.#feed.node.hidden = this.#composer.node.hidden = !speaker;
    this.#nobody.hidden = Boolean(speaker);
    this.#nobody.replaceChildren(blank("speaker-off", this.#texts.noSpeakers, this.#texts.noSpeakersHint));
    this.#unseen.delete(this.#chosen);
    if (speaker) {
      this.#feed.open(speaker.exchanges, waiting(speaker), {
        hass: this.#hass,
        texts: this.#texts,
        correctedOf: ({ utterance }) => this.#corrected.get(key(speaker, utterance)),
        correct: (exchange, answerer) => this.#correct(speaker, exchange, answerer),
        stop: () => this.#call("stop", {}).catch(nothing),
      });
    }
    this.#nameSpeakers();
  }

  #nameSpeakers() {
    this.#showTabs();
    this.#showState();
  }

  #showTabs() {
    const ids = [...(this.#speakers?.keys() ?? [])];
    const byName = new Intl.Collator(this.#hass.language).compare;
    ids.sort((one, other) => byName(this.#nameOf(one), this.#nameOf(other)));
    this.#tabs.hidden = ids.length < 2;
    this.#tabs.ariaLabel = this.#texts.speakers;
    this.#tabs.replaceChildren(...ids.map((id) => this.#tab(id)));
  }

  #tab(id) {
    const chosen = id === this.#chosen;
    const choose = () => {
      this.#chosen = id;
      this.#picked = true;
      this.#open();
    };
    const dot = this.#unseen.has(id) ? make("span", { class: "dot" }) : null;
    return make(
      "button",
      { class: chosen ? "chosen" : "", type: "button", ariaPressed: String(chosen), onclick: choose },
      this.#nameOf(id),
      dot,
    );
  }

  /** Shows how the chosen speaker does. */
  #showState() {
    const speaker = this.#speakers?.get(this.#chosen);
    this.#notice.hidden = !speaker || (speaker.state.available && speaker.state.enabled);
    if (!speaker) return;
    const { available, enabled } = speaker.state;
    this.#feed.wait(waiting(speaker));
    this.#composer.open(this.#nameOf(this.#chosen), available, this.#texts);
    if (!available) {
      this.#notice.replaceChildren(icon("lan-disconnect"), make("span", {}, this.#texts.unavailable));
    } else if (!enabled) {
      const turnOn = link(null, this.#texts.turnOn, () => this.#turnOn());
      this.#notice.replaceChildren(icon("head-lightbulb-outline"), make("span", {}, this.#texts.off), turnOn);
    }
  }

  #nameOf(id) {
    const device = this.#hass.devices[id];
    return device?.name_by_user || device?.name || id;
  }

  /** Returns the speaker at which something was said last, or else one that is switched on, or any. */
  #liveliest() {
    const rank = ({ exchanges, state }) => exchanges.at(-1)?.when ?? (state.enabled ? "1" : "0");
    const sorted = [...this.#speakers].sort(([, one], [, other]) => rank(other).localeCompare(rank(one)));
    return sorted[0]?.[0] ?? null;
  }

  // What is done

  /** Performs one of our actions at the chosen speaker. Where it fails, the frontend says why. */
  async #call(action, data) {
    const target = { device_id: this.#chosen };
    const answer = await this.#hass.callService(DOMAIN, action, data, target, true, ["ask", "speak"].includes(action));
    return answer.response;
  }

  async #ask(question) {
    const speaker = this.#speakers.get(this.#chosen);
    speaker.asking.push(question);
    this.#showWaiting(speaker);
    try {
      await this.#call("ask", { question });
      return "";
    } finally {
      speaker.asking.splice(speaker.asking.indexOf(question), 1);
      this.#showWaiting(speaker);
    }
  }

  async #say(text) {
    const { speakers } = await this.#call("speak", { text });
    return speakers[0].interrupted ? this.#texts.saidInPart : this.#texts.said;
  }

  #showWaiting(speaker) {
    if (speaker === this.#speakers.get(this.#chosen)) this.#feed.wait(waiting(speaker));
  }

  async #correct(speaker, { utterance }, answerer) {
    const data = { config_entry_id: speaker.state.config_entry_id, text: utterance, answerer };
    const note = () => this.#corrected.set(key(speaker, utterance), answerer);
    await this.#hass.callService(DOMAIN, "correct", data).then(note, nothing);
  }

  #turnOn() {
    const entity = Object.values(this.#hass.entities).find(
      ({ device_id: device, platform, translation_key: name }) =>
        device === this.#chosen && platform === DOMAIN && name === "advanced_dialogue",
    );
    if (entity) this.#hass.callService("switch", "turn_on", {}, { entity_id: entity.entity_id }).catch(nothing);
  }
}

/** Returns the questions that are being answered, and those of this page that still wait for their turn. */
function waiting({ asking, state }) {
  return [...state.waiting, ...asking.filter((question) => !state.waiting.includes(question))];
}

function key({ state }, question) {
  return `${state.config_entry_id} ${question}`;
}

customElements.define("xiao-gpt-page", Page);
