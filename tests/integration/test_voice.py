"""Answers in a voice of Home Assistant's, which the speaker fetches as one audio."""

from homeassistant.components.tts import Provider
from homeassistant.components.tts.const import DATA_COMPONENT, DATA_TTS_MANAGER
from homeassistant.const import EntityCategory, Platform
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from yarl import URL

from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.phrases import Phrase
from custom_components.xiao_gpt.speech import narration, sound
from simulator.llm_replies import ScriptedReply, own_answer, tokens
from tests.integration.engines import Engine, StreamingEngine, mp3, seconds
from tests.integration.support import SPEED, break_cloud, event, polls, until

STORY = "编一个小狐狸数星星的故事"
TALE = (
    "从前山脚下住着一只小狐狸。它每天晚上都要数一遍天上的星星。有一天星星少了一颗。小狐狸找了一整夜，在井里找到了它。"
)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Wait as long as a world allows that is five times as fast as life."""
    for name in ("FETCH_S", "STALL_S", "LOOK_S", "GLANCE_S", "BLIND_S", "LATE_S", "LATEST_SHOWN_S"):
        monkeypatch.setattr(narration, name, getattr(narration, name) / SPEED)
    monkeypatch.setattr(sound, "STARTUP_S", sound.STARTUP_S / SPEED)


@pytest.fixture
async def tts(hass, house, tmp_path, monkeypatch):
    """Home Assistant's text-to-speech; what it keeps on the disk is in `tmp_path`."""
    monkeypatch.setattr("homeassistant.components.tts._init_tts_cache_dir", lambda *_: str(tmp_path))
    assert await async_setup_component(hass, "tts", {})


@pytest.fixture
async def home(hass, sim, entry, tts, hass_client_no_auth):
    """Home Assistant can be reached by the speakers."""
    client = await hass_client_no_auth()
    sim.settings.update({"home_host": "home.test"})
    await async_process_ha_core_config(hass, {"internal_url": f"http://home.test:{client.server.port}"})
    return client


@pytest.fixture
def add(hass, tts):
    """Return a function that adds an engine."""

    async def make(engine):
        await hass.data[DATA_COMPONENT].async_add_entities([engine])
        await hass.async_block_till_done()
        return engine

    return make


@pytest.fixture
async def engine(add, home):
    return await add(StreamingEngine())


@pytest.fixture
async def voiced(living, engine, select):
    """The speaker in the living room, which answers in the engine's voice."""
    await select(living, "小声")
    return living


@pytest.fixture
def select(hass):
    """Return a function that chooses the voice of a speaker."""

    async def make(corner, option):
        data = {"entity_id": entity_of(hass, corner), "option": option}
        await hass.services.async_call("select", "select_option", data, blocking=True)

    return make


def entity_of(hass, corner):
    return er.async_get(hass).async_get_entity_id(Platform.SELECT, DOMAIN, f"{corner.did}-voice")


def shown(hass, corner):
    return hass.states.get(entity_of(hass, corner))


def issue_of(hass, corner):
    return ir.async_get(hass).async_get_issue(DOMAIN, f"voice_{corner.did}")


async def begin_tale(corner, text=TALE * 8):
    """Ask for a tale, and return its position and the LLM's request once it is heard; its end does not come."""
    sim = corner.sim
    sim.llm.replies.append(ScriptedReply("故事", text))
    sim.llm.settings.stall_after = len(tokens(text)) - 5
    since = corner.ask(STORY)
    request = await event(sim, "llm_request", since=since)
    await corner.event("music_started", since=since)
    sim.llm.settings.stall_after = None
    return since, request


# What is heard


@pytest.mark.parametrize("kind", [StreamingEngine, Engine])
@pytest.mark.parametrize("name", ["客厅小爱", "卧室小爱", "厨房小爱"])
async def test_an_answer_is_heard_as_one_audio_without_gaps(sim, corner, add, home, select, tmp_path, name, kind):
    engine, place = await add(kind()), corner(name)
    await place.turn("on")
    await select(place, "小声")
    sim.llm.replies.append(ScriptedReply("故事", TALE))
    since = place.ask(STORY)
    started = await place.event("music_started", since=since)
    ended = await place.event("music_ended", since=since)
    assert "".join(engine.asked) == TALE
    assert (ended.fields["reason"], ended.fields["gaps"]) == ("finished", [])
    heard = sum(map(seconds, engine.asked))
    assert ended.fields["seconds"] == pytest.approx(heard, abs=0.1)
    assert ended.t - started.t == pytest.approx(heard, abs=0.3)
    assert len(place.told("play_url", "play_music", since=since)) == 1
    assert place.pieces(since) in ([], [Phrase.HUM])
    assert {language for language, _ in engine.requests} == {"zh-CN"}
    assert not [*tmp_path.iterdir()], "answers are not kept on the disk"


@pytest.mark.parametrize("kind", [StreamingEngine, Engine])
async def test_it_begins_while_the_answer_is_being_written(sim, living, add, home, select, kind):
    await add(kind())
    await select(living, "小声")
    since, request = await begin_tale(living)
    assert sim.timeline.since(since, "llm_finished") == []
    first = next(one for one in sim.timeline.since(since, "llm_first_token"))
    started = await living.event("music_started", since=since)
    assert started.t - first.t < 0.5
    await living.event("fetched", since=since)  # the stalled model is given up, the audio ends
    assert request.fields["id"] == (await event(sim, "llm_finished", since=since)).fields["id"]


async def test_xiaoai_is_silenced_before(voiced):
    since = voiced.ask(STORY, "这个问题我需要好好想一想。" * 8)
    silenced = await voiced.event("speech_ended", since=since, source="xiaoai")
    assert silenced.fields["reason"] in ("paused", "stopped")
    started = await voiced.event("music_started", since=since)
    assert silenced.t < started.t


async def test_it_is_part_of_the_conversation(sim, voiced, requests):
    since = voiced.ask(STORY)
    await voiced.event("music_ended", since=since, reason="finished")
    await over(voiced)
    since = voiced.ask("天空为什么是蓝色的")
    await voiced.event("music_ended", since=since, reason="finished")
    assert requests[-1]["messages"][2]["content"] == own_answer(STORY)


async def test_what_the_dialogue_itself_says_is_in_the_same_voice(voiced, engine):
    since = voiced.ask("打开高级对话")
    await voiced.event("music_ended", since=since, reason="finished")
    assert engine.asked == [Phrase.TURNED_ON]
    assert voiced.pieces(since) == []


async def test_the_speaker_listens_after_the_last_word(entry, voiced):
    entry.runtime_data.dialogues[voiced.did].set(continuous=True)
    since = voiced.ask(STORY)
    woken = await voiced.event("command", since=since, command="wake")
    ended = await voiced.event("music_ended", since=since)
    assert ended.fields["reason"] == "finished"
    assert ended.seq < woken.seq


async def over(corner):
    """Wait until nothing is answered any more."""
    dialogue = corner.entry.runtime_data.dialogues[corner.did]
    await until(corner.sim, lambda: not dialogue.answering)


# Interruptions


async def test_a_new_question_ends_it_and_what_was_heard_is_kept(sim, voiced, requests):
    _, request = await begin_tale(voiced)
    since = voiced.ask("天空为什么是蓝色的")
    ended = await voiced.event("music_ended", since=since)
    assert ended.fields["reason"] in ("paused", "replaced")
    finished = await event(sim, "llm_finished", id=request.fields["id"])
    assert finished.fields["reason"] == "closed_by_client"
    await voiced.event("music_ended", since=ended.seq + 1, reason="finished")
    said = requests[-1]["messages"][2]["content"]
    assert said
    assert (TALE * 8).startswith(said)
    assert len(said) < len(TALE * 8)


async def test_a_stop_ends_it_for_good(sim, voiced):
    await begin_tale(voiced)
    since = voiced.ask("闭嘴")
    assert (await voiced.event("music_ended", since=since)).fields["reason"] in ("paused", "stopped")
    await polls(sim, 5)
    assert sim.timeline.since(since, "music_started") == []
    assert voiced.pieces(since) == []


async def test_xiaoais_own_answer_to_something_else_is_heard_and_the_rest_is_not(voiced, engine):
    await begin_tale(voiced)
    await until(voiced.sim, lambda: len("".join(engine.asked)) > len(TALE * 7))  # seconds of it are fetched
    since = voiced.ask("设一个十分钟的闹钟", "好的，十分钟以后叫你。")
    answered = await voiced.event("speech_ended", since=since, source="xiaoai")
    assert answered.fields["reason"] == "finished"
    ended = await voiced.event("music_ended", since=since)
    assert ended.fields["reason"] == "paused"


async def test_music_that_xiaoai_plays_takes_its_place(sim, voiced):
    await begin_tale(voiced)
    since = voiced.ask("放一首小河淌水", "好的。", kind="AUDIO")
    await voiced.event("music_started", since=since, title="小河淌水")
    await polls(sim, 5)
    assert voiced.told(since=since) == []


async def test_an_urgent_message_ends_it(hass, voiced):
    await begin_tale(voiced)
    since = len(voiced.sim.timeline)
    data = {"device_id": voiced.device.id, "text": "漏水了。", "urgent": True}
    await hass.services.async_call(DOMAIN, "speak", data, blocking=True)
    ended = await voiced.event("music_ended", since=since)
    spoken = await voiced.event("speech_started", since=since, text="漏水了。")
    assert ended.seq < spoken.seq
    assert voiced.told("play", since=since) == []


@pytest.mark.parametrize("action", ["wake", "execute"])
async def test_what_makes_the_speaker_listen_or_speak_ends_it_for_good(hass, voiced, action):
    await begin_tale(voiced)
    since = len(voiced.sim.timeline)
    data = {"device_id": voiced.device.id} | ({"text": "讲个笑话"} if action == "execute" else {})
    await hass.services.async_call(DOMAIN, action, data, blocking=True)
    assert [one.fields["command"] for one in voiced.told(since=since)][-3:] == ["pause", "stop", action]


async def test_unloading_ends_it(hass, entry, voiced):
    await begin_tale(voiced)
    since = len(voiced.sim.timeline)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert (await voiced.event("music_ended", since=since)).fields["reason"] in ("paused", "stopped")


# Failures


@pytest.mark.parametrize("fails_at", [0, 1])
async def test_what_a_voice_that_fails_does_not_say_xiaoai_says(living, add, home, select, caplog, fails_at):
    engine = await add(Engine())
    await select(living, "小声")
    living.sim.llm.replies.append(ScriptedReply("故事", TALE))
    engine.fails_at = fails_at
    since = living.ask(STORY)
    await living.spoken("".join(TALE.split("。", 1)[fails_at:]), since=since)
    assert "".join(engine.asked) == "从前山脚下住着一只小狐狸。" * fails_at
    assert "XiaoAI's own goes on: The voice failed: OSError: the voice is hoarse" in caplog.text
    assert issue_of(living.hass, living) is None


async def test_a_speaker_that_does_not_fetch_it_is_spoken_through(hass, sim, voiced, engine, select):
    sim.settings.update({"home_host": ""})
    sim.llm.replies.append(ScriptedReply("故事", TALE))
    since = voiced.ask(STORY)
    await voiced.spoken(TALE, since=since)
    assert voiced.told("stop", since=since)
    assert issue_of(hass, voiced).translation_key == "voice_not_fetched"
    # The next answer does not wait for it.
    since = voiced.ask("天空为什么是蓝色的")
    await voiced.spoken(own_answer("天空为什么是蓝色的"), since=since)
    assert voiced.told("play_url", since=since) == []
    assert shown(hass, voiced).state == "小声"
    # Whoever has mended it chooses it again.
    sim.settings.update({"home_host": "home.test"})
    await select(voiced, "小声")
    assert issue_of(hass, voiced) is None
    since = voiced.ask(STORY)
    await voiced.event("music_ended", since=since, reason="finished")


async def test_an_address_that_has_become_useless_is_explained(hass, voiced):
    await async_process_ha_core_config(hass, {"internal_url": "http://homeassistant.local:8123"})
    since = voiced.ask(STORY)
    await voiced.spoken(own_answer(STORY), since=since)
    issue = issue_of(hass, voiced)
    assert issue.translation_key == "voice_address_local_name"
    assert issue.translation_placeholders["host"] == "homeassistant.local"
    assert await hass.config_entries.async_unload(voiced.entry.entry_id)
    assert issue_of(hass, voiced) is None


async def test_a_speaker_that_refuses_the_address_is_spoken_through(sim, voiced):
    break_cloud(sim, path="/remote/ubus", status=200, body='{"code":0,"data":{"code":1,"info":""}}')
    since = voiced.ask(STORY)
    await voiced.spoken(own_answer(STORY), since=since)


async def test_it_can_be_fetched_by_its_name_only_and_while_it_is_spoken(hass, voiced, home):
    since, _ = await begin_tale(voiced)
    (told,) = voiced.told("play_url", since=since)
    path = URL(told.fields["url"]).path
    asked = await home.head(path)
    assert (asked.status, asked.content_type) == (200, "audio/mpeg")
    assert (await home.get("/api/xiao_gpt/voice/other.mp3")).status == 404
    await voiced.entry.runtime_data.dialogues[voiced.did].stop()
    await over(voiced)
    assert (await home.head(path)).status == (await home.get(path)).status == 404


# The choice


async def test_each_speaker_has_one_and_it_is_xiaoais_own_at_first(hass, sim, entry, corner, exposed):
    for speaker in sim.world.speakers:
        state = shown(hass, corner(speaker.name))
        assert (state.state, state.attributes["options"]) == ("native", ["native"])
        assert state.name == f"{speaker.name} 声音"
        assert not exposed(state.entity_id)
        assert er.async_get(hass).async_get(state.entity_id).entity_category is EntityCategory.CONFIG


async def test_voices_come_and_go(hass, sim, living, add, home, select):
    await add(Engine("乙"))
    await add(Engine("甲", {"xiaoxiao": "晓晓", "yunxi": "云希"}))
    await add(Engine("Polly", languages=("en-US", "de-DE")))
    await add(Engine("云", languages=("cmn-CN",)))
    twin = Engine("乙")
    twin._attr_unique_id = "twin"
    await add(twin)
    assert shown(hass, living).attributes["options"] == [
        "native",
        *("乙", "乙 (2)", "云", "甲", "甲 · 云希", "甲 · 晓晓"),
    ]
    await select(living, "乙 (2)")
    await twin.async_remove()
    await hass.async_block_till_done()
    assert shown(hass, living).state == "native"
    since = living.ask(STORY)
    await living.spoken(own_answer(STORY), since=since)


async def test_an_engine_of_the_old_kind_can_be_chosen(hass, living, home, tts, select):
    class Old(Provider):
        default_language, supported_languages = "zh", ["zh"]
        asked = ""

        async def async_get_tts_audio(self, message, language, options):
            self.asked += message
            return "mp3", mp3(message)

    old = Old()
    hass.data[DATA_TTS_MANAGER].async_register_legacy_engine("old", old, {})
    await select(living, "old")
    since = living.ask(STORY)
    await living.event("music_ended", since=since, reason="finished")
    assert old.asked


async def test_one_of_an_engines_voices_is_asked_for(living, add, home, select):
    engine = await add(Engine("甲", {"xiaoxiao": "晓晓"}))
    await select(living, "甲 · 晓晓")
    since = living.ask(STORY)
    await living.event("music_ended", since=since, reason="finished")
    assert {options["voice"] for _, options in engine.requests} == {"xiaoxiao"}


async def test_it_stays_over_a_reload(hass, entry, voiced):
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert shown(hass, voiced).state == "小声"


async def test_xiaoais_own_can_be_chosen_again(hass, voiced, select):
    await select(voiced, "native")
    assert shown(hass, voiced).state == "native"
    since = voiced.ask(STORY)
    await voiced.spoken(own_answer(STORY), since=since)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("http://127.0.0.1:8123", "address_out_of_reach"),
        ("http://homeassistant.local:8123", "address_local_name"),
        ("https://192.0.2.1:8123", "address_untrusted"),
    ],
)
async def test_a_home_that_cannot_be_reached_is_explained(hass, living, add, select, address, key):
    await add(Engine())
    await async_process_ha_core_config(hass, {"internal_url": address})
    with pytest.raises(HomeAssistantError) as raised:
        await select(living, "小声")
    assert raised.value.translation_key == key
    assert shown(hass, living).state == "native"
