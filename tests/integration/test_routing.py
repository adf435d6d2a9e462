"""Who answers what is said in automatic mode, as the people in the room hear it."""

from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.setup import async_setup_component
import pytest

from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.earlier import time_of
from custom_components.xiao_gpt.phrases import Phrase
from custom_components.xiao_gpt.routing import Mode, Reason, Route
from simulator.llm_replies import own_answer
from tests.integration.support import audible, heard, polls, until, wait_for_state

WHY, HOW = "天空为什么是蓝色的", "怎么做红烧肉"
STORY, SUCH_A_STORY = "讲个恐龙的故事", "给我讲个恐龙的故事"
STORY_BEGINS = "好的，恐龙的故事。"
BECAUSE = "因为空气把太阳的蓝光散射到了四面八方。"
TO_LLM, TO_XIAOAI = "这个问GPT", "这个问小爱"


async def untouched(corner, since, *, source="xiaoai"):
    """See that XiaoAI says all it has to say, that nobody speaks to the speaker, and that no model is asked."""
    ended = await corner.event("speech_ended", since=since, source=source)
    assert ended.fields["reason"] == "finished"
    await polls(corner.sim)
    assert corner.told(since=since) == []
    assert corner.sim.timeline.since(since, "llm_request") == []


async def answered(corner, question, *, since):
    """Wait until the language model's answer has been spoken."""
    await corner.spoken(own_answer(question), since=since)


# XiaoAI's


@pytest.mark.parametrize(
    ("utterance", "answer", "kind", "intent"),
    [
        ("明天天气怎么样", "明天多云，18到26度。", "TTS", "weather"),
        ("定一个明天早上七点的闹钟", "好的，明天早上7点的闹钟已经定好了。", "TTS", "alarm"),
        (STORY, STORY_BEGINS, "TTS", "media"),
        (STORY, STORY_BEGINS, "AUDIO", "media"),
        ("放一首小河淌水", "好的，小河淌水。", "AUDIO", "media"),
        ("打开灯", "好的，灯已打开。", "TTS", "device"),
    ],
)
async def test_what_xiaoai_does_better_is_left_to_it(living, utterance, answer, kind, intent):
    since = living.ask(utterance, answer, kind=kind)
    shown = await heard(living, utterance)
    await untouched(living, since)
    assert shown["event_type"] == Route.NATIVE
    assert (shown["reason"], shown["intent"]) == (Reason.CLASSIFIER, intent)


@pytest.mark.parametrize("question", [WHY, HOW, "你觉得猫和狗哪个聪明"])
async def test_open_questions_are_the_language_models(living, question):
    since = living.ask(question, BECAUSE)
    shown = await heard(living, question)
    await answered(living, question, since=since)
    assert (shown["event_type"], shown["reason"]) == (Route.LLM, Reason.CLASSIFIER)


async def test_what_goes_on_with_the_weather_stays_with_xiaoai(living):
    since = living.ask("明天天气怎么样", "明天多云，18到26度。")
    await untouched(living, since)
    since = living.ask("那后天呢", "后天晴，20到28度。")
    shown = await heard(living, "那后天呢")
    await untouched(living, since)
    assert shown["event_type"] == Route.NATIVE


async def test_music_is_left_alone_though_the_home_has_things(lamps, living, sim):
    since = living.ask("放一首小河淌水", "好的，小河淌水。", kind="AUDIO")
    await living.event("music_started", since=since)
    await untouched(living, since)


# Home Assistant's


async def test_a_thing_of_the_home_is_switched_by_home_assistant_which_says_so(hass, lamps, living, sim):
    since = living.ask("打开客厅灯", "好的。")
    shown = await heard(living, "打开客厅灯")
    await wait_for_state(hass, lamps["客厅"], STATE_ON)
    ended = await living.event("speech_ended", since=since, source="tts")
    assert "打开" in ended.fields["text"]
    assert (shown["event_type"], shown["intent"]) == (Route.HOME, "device")
    assert hass.states.get(lamps["卧室"]).state == STATE_OFF
    assert sim.timeline.since(since, "llm_request") == []


async def test_what_home_assistant_does_not_understand_is_left_to_xiaoai(lamps, living):
    since = living.ask("打开客厅空调", "好的，空调已打开。")
    shown = await heard(living, "打开客厅空调")
    await untouched(living, since)
    assert shown["event_type"] == Route.HOME


async def test_what_is_left_to_xiaoai_is_no_part_of_the_conversation(lamps, living, requests):
    since = living.ask("打开客厅空调", "好的，空调已打开。")
    await untouched(living, since)
    since = living.ask(WHY)
    await answered(living, WHY, since=since)
    assert [(message["role"], message["content"]) for message in requests[-1]["messages"][1:]] == [("user", WHY)]


async def test_what_the_home_did_is_part_of_the_conversation_after_a_reload_too(hass, entry, lamps, living, requests):
    since = living.ask("打开客厅灯", "好的。")
    await living.event("speech_ended", since=since, source="tts")
    hass.data["conversation_chat_logs"].clear()  # as after a restart
    hass.data["chat_session"].clear()
    await reload(hass, living)
    since = living.ask(WHY)
    await answered(living, WHY, since=since)
    assert ("user", "打开客厅灯") in [(said["role"], said["content"]) for said in requests[-1]["messages"]]


@pytest.mark.parametrize("order", ["打开空调", "打开客厅空调", "打开客厅的落地灯"])
async def test_what_xiaoai_failed_to_do_goes_to_the_agent(lamps, living, order):
    since = living.ask(order, "没有找到这个设备")
    await answered(living, order, since=since)


async def test_what_xiaoai_failed_to_do_in_a_home_without_things_goes_to_the_agent(living):
    since = living.ask("打开空调", "没有找到这个设备")
    await answered(living, "打开空调", since=since)


# Corrections


async def ask_llm_instead(corner):
    """Ask XiaoAI for a story, and let the language model tell it instead."""
    since = corner.ask(STORY, STORY_BEGINS)
    await untouched(corner, since)
    since = corner.ask(TO_LLM)
    await answered(corner, STORY, since=since)


async def reload(hass, corner):
    """Load the entry anew, as a restart does."""
    assert await hass.config_entries.async_reload(corner.entry.entry_id)
    await hass.async_block_till_done()
    await polls(corner.sim, 2)


async def test_this_one_for_gpt_is_answered_at_once_and_the_next_such_too(living, requests):
    await ask_llm_instead(living)
    assert requests[-1]["messages"][-1]["content"] == STORY  # not what it was told to do with it
    since = living.ask(SUCH_A_STORY, STORY_BEGINS)
    shown = await heard(living, SUCH_A_STORY)
    await answered(living, SUCH_A_STORY, since=since)
    assert (shown["event_type"], shown["reason"]) == (Route.LLM, Reason.CORRECTED)


async def test_one_correction_does_not_spoil_the_rest(living):
    await ask_llm_instead(living)
    for utterance, answer in (("明天天气怎么样", "明天多云，18到26度。"), ("放一首小河淌水", "好的，小河淌水。")):
        since = living.ask(utterance, answer)
        await untouched(living, since)


async def test_this_one_for_xiaoai_is_done_by_it_at_once(living, sim):
    since = living.ask(WHY, BECAUSE)
    await answered(living, WHY, since=since)
    since = living.ask(TO_XIAOAI, "好的。")
    told = await living.event("command", since=since, command="execute")
    assert told.fields["text"] == WHY
    asked = await living.event("asked", since=since, text=WHY)
    assert asked.fields["origin"] == "miot"
    await living.event("speech_ended", since=asked.seq, source="xiaoai", reason="finished")
    await polls(sim)
    assert [command.fields["command"] for command in living.told(since=since)] == ["execute"]
    assert sim.timeline.since(since, "llm_request") == []


@pytest.mark.parametrize("question", [WHY, HOW, "你觉得猫和狗哪个聪明"])
async def test_this_one_for_xiaoai_is_left_to_it_the_next_time(living, question):
    since = living.ask(question, BECAUSE)
    await answered(living, question, since=since)
    since = living.ask(TO_XIAOAI, "好的。")
    await living.event("command", since=since, command="execute")
    await heard(living, question)  # as XiaoAI has been told it
    await living.event("speech_ended", since=since, text="我还没学会这个技能，你可以换个问法。")
    since = living.ask(question, BECAUSE)
    shown = await heard(living, question)
    await untouched(living, since)
    assert (shown["event_type"], shown["reason"]) == (Route.NATIVE, Reason.CORRECTED)


@pytest.mark.parametrize("command", [TO_LLM, TO_XIAOAI])
async def test_with_nothing_before_there_is_nothing_to_correct(entry, living, sim, command):
    since = living.ask(command)
    await living.spoken(Phrase.NOTHING_BEFORE, since=since)
    assert list(entry.runtime_data.memory.corrections) == []
    assert sim.timeline.since(since, "llm_request") == []


async def test_what_was_said_at_another_speaker_is_not_meant(living, bedroom):
    since = living.ask(STORY, STORY_BEGINS)
    await untouched(living, since)
    since = bedroom.ask(TO_LLM)
    await bedroom.spoken(Phrase.NOTHING_BEFORE, since=since)


async def test_this_one_for_gpt_fails_as_any_answer_does(living, sim):
    since = living.ask(STORY, STORY_BEGINS)
    await untouched(living, since)
    sim.llm.settings.fail = "auth"
    since = living.ask(TO_LLM)
    ended = await living.event("speech_ended", since=since, source="tts")
    assert audible(ended.fields["text"]) != ""


async def test_corrections_survive_a_reload_until_they_are_forgotten(hass, living):
    await ask_llm_instead(living)
    await reload(hass, living)
    assert living.state == STATE_ON
    since = living.ask(SUCH_A_STORY, STORY_BEGINS)
    await answered(living, SUCH_A_STORY, since=since)
    await hass.services.async_call(DOMAIN, "forget_corrections", {}, blocking=True)
    since = living.ask(STORY, STORY_BEGINS)
    await untouched(living, since)
    await reload(hass, living)
    since = living.ask(SUCH_A_STORY, STORY_BEGINS)
    await untouched(living, since)


async def test_what_is_heard_tells_of_the_rhythm_of_the_day(living):
    def learned():
        return sum(living.entry.runtime_data.memory.rhythm.as_dict()["heard"])

    since = living.ask(STORY, STORY_BEGINS)
    await untouched(living, since)
    assert learned() == 1
    record, _ = living.entry.runtime_data.dialogues[living.did].recent[-1]
    assert living.entry.runtime_data.memory.rhythm.shift(time_of(record).hour) < 0
    living.ask("停")  # a command says nothing about who is to answer
    await until(living.sim, lambda: living.entry.runtime_data.dialogues[living.did].recent[-1][0].query == "停")
    assert learned() == 1


async def test_what_the_action_corrects_counts_at_the_speakers(hass, living):
    await hass.services.async_call(DOMAIN, "correct", {"text": STORY, "answerer": "gpt"}, blocking=True)
    since = living.ask(STORY, STORY_BEGINS)
    await answered(living, STORY, since=since)
    await hass.services.async_call(DOMAIN, "correct", {"text": STORY, "answerer": "xiaoai"}, blocking=True)
    since = living.ask(STORY, STORY_BEGINS)
    await untouched(living, since)


@pytest.mark.parametrize("sentence", ["打开客厅夜间氛围", "讲个恐龙的故事"])
async def test_a_sentence_of_an_automation_comes_before_all(hass, lamps, living, sim, sentence):
    automation = {
        "triggers": [{"trigger": "conversation", "command": [sentence]}],
        "actions": [{"set_conversation_response": "夜间氛围来了。"}],
    }
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    await hass.async_block_till_done()
    since = living.ask(sentence, "好的。")
    await living.spoken("夜间氛围来了。", since=since)
    assert sim.timeline.since(since, "llm_request") == []


async def test_in_a_continuous_dialogue_xiaoai_is_not_woken_while_it_answers(entry, living, sim):
    entry.runtime_data.dialogues[living.did].set(continuous=True)
    since = living.ask("明天天气怎么样", "明天多云，18到26度，适合出门走一走。")
    await untouched(living, since)


async def test_what_was_asked_while_it_was_switched_off_can_be_handed_on(living):
    await living.turn("off")
    since = living.ask(WHY, BECAUSE)
    await untouched(living, since)
    await living.turn("on")
    since = living.ask(TO_LLM)
    await answered(living, WHY, since=since)


async def test_what_xiaoai_is_told_to_do_it_does_undisturbed_even_where_all_is_the_language_models(entry, living, sim):
    entry.runtime_data.dialogues[living.did].set(mode=Mode.ALWAYS)
    since = living.ask(WHY, BECAUSE)
    await answered(living, WHY, since=since)
    since = living.ask(TO_XIAOAI, "好的。")
    asked = await living.event("asked", since=since, text=WHY)
    await living.event("speech_ended", since=asked.seq, source="xiaoai", reason="finished")
    await polls(sim)
    assert [command.fields["command"] for command in living.told(since=since)] == ["execute"]
    since = living.ask(HOW, BECAUSE)
    await answered(living, HOW, since=since)
