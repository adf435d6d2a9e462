/** The page's own words. Why someone answered is said in the words of the entity "answered", which every page has. */

const ZH = {
  title: "小爱对话",
  speakers: "音箱",
  ask: "提问",
  say: "念出来",
  stop: "停止",
  placeholder: (name) => `问${name}，或让它念一句话`,
  hint: "回车提问，Shift + 回车换行",
  said: "念完了",
  saying: "正在念…",
  saidInPart: "念到一半，有人对音箱说话了",
  answering: "正在回答",
  off: "高级对话关着，小爱自己回答。",
  turnOn: "打开",
  unavailable: "现在连不上这台音箱。",
  noSpeakers: "没有载入的音箱",
  noSpeakersHint: "账号正在载入，或者没有载入成功。",
  nothingYet: "还没有对话",
  nothingYetHint: "对音箱说句话，或者在下面问它。",
  today: "今天",
  yesterday: "昨天",
  typed: "在 Home Assistant 里问的",
  firstWords: (seconds) => `${seconds} 秒开口`,
  interrupted: "被打断",
  shouldAsk: { xiaoai: "这个该问小爱", gpt: "这个该问 GPT" },
  willAsk: { xiaoai: "以后问小爱", gpt: "以后问 GPT" },
  ratherAsk: { xiaoai: "还是问小爱", gpt: "还是问 GPT" },
  by: { agent: "助手", home: "Home Assistant", xiaoai: "小爱", dialogue: "XiaoGPT", nobody: "没有人回答" },
  silent: {
    agent: "没有出声",
    home: "照做了，没有出声",
    xiaoai: "小爱自己做了，没有留下文字",
    dialogue: "照做了",
    nobody: "还没开口，就有人说了别的话",
  },
};

const EN = {
  title: "XiaoAI dialogues",
  speakers: "Speakers",
  ask: "Ask",
  say: "Say it",
  stop: "Stop",
  placeholder: (name) => `Ask ${name}, or let it say something`,
  hint: "Enter asks, Shift + Enter begins a new line",
  said: "It has been said",
  saying: "It is being said…",
  saidInPart: "Cut short: someone spoke to the speaker",
  answering: "Answering",
  off: "Advanced dialogue is off: XiaoAI itself answers.",
  turnOn: "Turn on",
  unavailable: "This speaker cannot be reached now.",
  noSpeakers: "No speakers are loaded",
  noSpeakersHint: "The account is being loaded, or could not be.",
  nothingYet: "No dialogues yet",
  nothingYetHint: "Say something to the speaker, or ask it below.",
  today: "Today",
  yesterday: "Yesterday",
  typed: "asked in Home Assistant",
  firstWords: (seconds) => `began after ${seconds} s`,
  interrupted: "interrupted",
  shouldAsk: { xiaoai: "One for XiaoAI", gpt: "One for GPT" },
  willAsk: { xiaoai: "XiaoAI next time", gpt: "GPT next time" },
  ratherAsk: { xiaoai: "XiaoAI after all", gpt: "GPT after all" },
  by: { agent: "Assistant", home: "Home Assistant", xiaoai: "XiaoAI", dialogue: "XiaoGPT", nobody: "Nobody answered" },
  silent: {
    agent: "Nothing was said",
    home: "Done, nothing was said",
    xiaoai: "XiaoAI did it and left no words",
    dialogue: "Done",
    nobody: "Something else was said before it could begin",
  },
};

/** Returns the texts for a language of the frontend. */
export function textsFor(language) {
  return language.startsWith("zh") ? ZH : EN;
}

/** Returns why the router decided as it did, in words. */
export function reasonInWords(hass, reason) {
  return hass.localize(`component.xiao_gpt.entity.event.answered.state_attributes.reason.state.${reason}`) || reason;
}

/** Returns how a person wants times to be written: their language, their clock, their time zone. */
export function clock(hass) {
  const { language, time_format: format, time_zone: zone } = hass.locale;
  const timeZone = zone === "server" ? hass.config.time_zone : undefined;
  const hour12 = { 12: true, 24: false }[format];
  const time = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit", hour12, timeZone });
  const date = new Intl.DateTimeFormat(language, { month: "long", day: "numeric", timeZone });
  return { time: (when) => time.format(when), date: (when) => date.format(when) };
}
