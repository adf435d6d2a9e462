"""The conversation page, on a phone and on a desk: what is said to a speaker is seen there, and the other way round.

A real Chromium looks at a real Home Assistant; the pictures go into `.run/screenshots`.
"""

from collections.abc import AsyncIterator
import contextlib
from typing import Any

import pytest

pytest.importorskip("playwright", reason="runs in the environment of the real Home Assistant")

from playwright.async_api import expect

from simulator.llm_replies import own_answer
from tests.e2e.home import SPEAKER, Home
from tests.e2e.screen import Screen, open_screen

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = "/xiao-gpt"
PHONE = (360, 740)
QUESTION = "为什么天空是蓝色的？"
TYPED = "海水为什么是咸的？"
STORY = "编一个小狐狸数星星的故事"
BY_XIAOAI = "因为阳光被空气散射了。"

WORDS = {
    "zh-Hans": {
        "title": "小爱对话",
        "off": "高级对话关着",
        "turn on": "打开",
        "assistant": "助手",
        "xiaoai": "小爱",
        "for xiaoai": "这个该问小爱",
        "noted": "以后问小爱",
        "corrected": "您纠正过类似的话",
        "rather gpt": "还是问 GPT",
        "typed": "在 Home Assistant 里问的",
        "said": "念完了",
    },
    "en": {
        "title": "XiaoAI dialogues",
        "off": "Advanced dialogue is off",
        "turn on": "Turn on",
        "assistant": "Assistant",
        "xiaoai": "XiaoAI",
        "for xiaoai": "One for XiaoAI",
        "noted": "XiaoAI next time",
        "corrected": "You corrected something similar",
        "rather gpt": "GPT after all",
        "typed": "asked in Home Assistant",
        "said": "It has been said",
    },
}

WIDER_THAN_SEEN = """page => [page, ...page.shadowRoot.querySelectorAll("*")]
    .filter(part => !part.closest(".tabs") && part.getBoundingClientRect().right > innerWidth + 0.5)
    .map(part => `${part.localName}.${part.className}`)"""


class Conversation:
    """The page as a person sees it."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.page = screen.page.locator("xiao-gpt-page")
        self.over = self.page.locator(".exchanges article")
        self.waiting = self.page.locator(".waiting article")
        self.field = self.page.locator("textarea")
        self.say_it, self.ask = (self.page.locator(".actions ha-button").nth(place) for place in (0, 1))

    async def choose(self, speaker: str) -> None:
        await self.page.locator(".tabs button").filter(has_text=speaker).click()

    async def shows(self, *words: str) -> Any:
        """Wait until the last exchange shows these words; return it."""
        for word in words:
            await expect(self.over.last).to_contain_text(word)
        await expect(self.waiting).to_have_count(0)
        return self.over.last

    async def fits(self) -> None:
        """See that nothing is cut off at the side, and that the end is in sight."""
        assert await self.page.evaluate(WIDER_THAN_SEEN) == []
        await expect(self.over.last.locator(".meta")).to_be_in_viewport()

    async def keep(self, name: str) -> None:
        await self.screen.picture(name)


@contextlib.asynccontextmanager
async def conversation(home: Home, language: str, story: str, **view: Any) -> AsyncIterator[Conversation]:
    async with open_screen(home, language, PAGE, story, **view) as screen:
        talk = Conversation(screen)
        await expect(talk.page.locator("h1")).to_have_text(WORDS[language]["title"])
        await talk.choose(SPEAKER)
        yield talk


@pytest.mark.parametrize("language", WORDS)
async def test_on_a_phone_one_sees_corrects_and_asks(home: Home, language: str):
    await home.set_up()
    await home.turn("off")
    words = WORDS[language]
    async with conversation(home, language, "conversation", size=PHONE, scale=2) as talk:
        await expect(talk.page.locator(".notice")).to_contain_text(words["off"])
        await talk.keep("switched-off")
        since = len(home.sim.timeline)
        await talk.page.get_by_text(words["turn on"], exact=True).click()
        await home.house.wait_for_state(home.switch, "on")
        await expect(talk.page.locator(".notice")).to_be_hidden()
        await home.listening(since)
        await see_what_is_said(talk, home, words)
        await correct_it(talk, home, words)
        await talk_to_it(talk, home, words)


async def see_what_is_said(talk: Conversation, home: Home, words: dict[str, str]) -> None:
    since = home.say(QUESTION)
    await expect(talk.waiting).to_contain_text(QUESTION)
    await talk.keep("heard")
    await home.hear_reply(since)
    await talk.shows(QUESTION, own_answer(QUESTION), words["assistant"])
    await talk.fits()
    await talk.keep("answered")


async def correct_it(talk: Conversation, home: Home, words: dict[str, str]) -> None:
    await talk.over.last.get_by_text(words["for xiaoai"]).click()
    await expect(talk.over.last).to_contain_text(words["noted"])
    await talk.fits()
    await talk.keep("corrected")
    home.say(QUESTION, BY_XIAOAI)
    await talk.shows(BY_XIAOAI, words["corrected"])
    await talk.keep("xiaoai-answers")
    await talk.over.last.get_by_text(words["rather gpt"]).click()
    await expect(talk.over.last).not_to_contain_text(words["noted"])
    since = home.say(QUESTION, BY_XIAOAI)
    await home.hear_reply(since)
    await talk.shows(own_answer(QUESTION), words["assistant"])


async def talk_to_it(talk: Conversation, home: Home, words: dict[str, str]) -> None:
    await talk.field.fill(TYPED)
    await talk.keep("typed")
    since = len(home.sim.timeline)
    await talk.field.press("Enter")
    await expect(talk.waiting).to_contain_text(TYPED)
    await expect(talk.field).to_have_value("")
    await home.hear_reply(since)
    await talk.shows(TYPED, own_answer(TYPED), words["typed"])
    await talk.fits()
    await talk.keep("asked")
    since = len(home.sim.timeline)
    await talk.field.fill("吃饭啦，快来！")
    await talk.say_it.click()
    await home.hear("吃饭啦，快来！", since)
    await expect(talk.page.locator(".status")).to_have_text(words["said"])
    await talk.keep("said")


async def test_an_answer_is_stopped_from_the_page_in_the_dark(home: Home):
    await home.set_up()
    await home.turn("on")
    async with conversation(home, "zh-Hans", "conversation-in-the-dark", size=(1280, 800)) as talk:
        await talk.screen.page.emulate_media(color_scheme="dark")
        since = home.say(STORY)
        await home.answer_begins(since)
        await expect(talk.waiting).to_contain_text(STORY)
        await talk.keep("telling")
        await talk.waiting.get_by_text("停止").click()
        await talk.shows(STORY, "被打断")
        await talk.keep("stopped")


async def test_a_page_that_is_open_outlives_a_reload_and_a_restart(home: Home):
    await home.set_up()
    await home.turn("on")
    async with conversation(home, "zh-Hans", "conversation-goes-on", size=PHONE, scale=2) as talk:
        await talk.field.fill("我还没写完")
        for again in ("reload", "restart"):
            since = len(home.sim.timeline)
            if again == "reload":
                (entry,) = await home.entries()
                await home.house.post(f"/api/config/config_entries/entry/{entry['entry_id']}/reload")
                await expect(talk.field).to_have_value("我还没写完")
            else:
                await home.house.restart_process()
            await home.house.wait_for_state(home.switch, "on")
            await home.listening(since)
            await expect(talk.over).to_have_count(0)  # what was said before is forgotten
            home.say("换个话题")
            await talk.shows("换个话题")
            await talk.keep(f"after-a-{again}")
