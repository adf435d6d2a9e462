"""The dialogue at a speaker, as the people in the room hear it."""

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest

from custom_components.xiao_gpt.phrases import Phrase
from simulator.llm_replies import ScriptedReply, ToolCall, own_answer, tokens
from simulator.world import Home
from tests.integration.support import (
    PATIENCE_S,
    Corner,
    add_integration,
    agent_id,
    assistant,
    audible,
    break_cloud,
    event,
    polls,
    renew_keys,
    until,
    wait_for_flow,
    wait_for_state,
)

STORY, WHY, HOW = "编一个小狐狸数星星的故事", "天空为什么是蓝色的", "怎么做红烧肉"
LONG = "这句话小爱自己要说上很久很久，" * 12


FIRST = "从前山脚下住着一只每天晚上都要数一遍天上星星的小狐狸。"
SECOND = "有一天星星忽然少了一颗，它着急地跑遍了整座森林。"
REST = "最后它在池塘边停了下来：那颗星星正在水里对它眨眼睛呢！"


async def mid_answer(corner, stalled=FIRST + SECOND[:7]):
    """Ask for a story, and return (the position before, the LLM's request) once its first sentence is being spoken.

    The model falls silent after `stalled`, its connection open.
    """
    sim = corner.sim
    sim.llm.replies.append(ScriptedReply(STORY, FIRST + SECOND + REST))
    sim.llm.settings.stall_after = len(tokens(stalled))
    since = corner.ask(STORY)
    request = await event(sim, "llm_request", since=since, question=STORY)
    await corner.event("speech_started", since=since, source="tts", text=FIRST)
    sim.llm.settings.stall_after = None
    return since, request


async def hung_up(sim, request):
    """Wait until nobody listens to the LLM's answer any more."""
    finished = await event(sim, "llm_finished", id=request.fields["id"])
    assert finished.fields["reason"] == "closed_by_client"
    return finished


# On and off


async def test_switched_off_it_leaves_xiaoai_alone(corner, sim):
    living = corner("客厅小爱")
    assert living.state == STATE_OFF
    since = living.ask(WHY, "因为光的散射。")
    ended = await living.event("speech_ended", since=since)
    assert (ended.fields["source"], ended.fields["reason"]) == ("xiaoai", "finished")
    await polls(sim)
    assert living.told(since=since) == []
    assert sim.timeline.since(since, "llm_request") == []


async def test_it_is_switched_on_and_off_by_voice(hass, corner, sim):
    living = corner("客厅小爱")
    since = living.ask("打开高级对话")
    await wait_for_state(hass, living.switch, STATE_ON)
    await living.spoken(Phrase.TURNED_ON, since=since)
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
    since = living.ask("关闭高级对话")
    await wait_for_state(hass, living.switch, STATE_OFF)
    await living.spoken(Phrase.TURNED_OFF, since=since)
    assert sim.timeline.since(since, "llm_request") == []
    assert corner("卧室小爱").state == STATE_OFF


async def test_switched_off_by_voice_in_mid_answer_it_says_so_and_no_more(hass, living, sim):
    _, request = await mid_answer(living)
    since = living.ask("关闭高级对话")
    await wait_for_state(hass, living.switch, STATE_OFF)
    await hung_up(sim, request)
    await living.spoken(Phrase.TURNED_OFF, since=since)


async def test_it_speaks_chinese_in_an_english_home(hass, sim, corner):
    hass.config.language = "en"
    living = corner("客厅小爱")
    since = living.ask("打开高级对话")
    await living.spoken(Phrase.TURNED_ON, since=since)


# Answering


@pytest.mark.parametrize("question", [STORY, WHY, HOW])
async def test_the_whole_answer_is_spoken_once_and_in_order(living, sim, question):
    since = living.ask(question, "这个问题我需要好好想一想。" * 8)
    await living.spoken(own_answer(question), since=since)
    xiaoai = await living.event("speech_ended", since=since, source="xiaoai")
    assert xiaoai.fields["reason"] in ("paused", "stopped", "replaced")
    assert len(sim.timeline.since(since, "llm_request")) == 1


async def test_it_is_spoken_while_it_is_being_written(living, sim):
    since, _ = await mid_answer(living, FIRST + SECOND)
    await until(sim, lambda: "".join(living.pieces(since)) == FIRST + SECOND)
    assert sim.timeline.since(since, "llm_finished") == []


@pytest.mark.parametrize("hardware", ["L15A", "X08E", "M01", "S12"])
async def test_other_models_speak_the_whole_answer_too(hass, sim, hardware):
    sim.world.add_speaker(Home("书房小爱", hardware, "书房"))
    study = Corner(hass, sim, await add_integration(hass, sim), "书房小爱")
    await study.turn("on")
    since = study.ask(WHY)
    await study.spoken(own_answer(WHY), since=since)


@pytest.mark.parametrize("hardware", ["L05C", "LX04"])
async def test_models_that_cannot_be_paused_hum_so_that_xiaoai_is_silent(hass, sim, hardware):
    sim.world.add_speaker(Home("书房小爱", hardware, "书房"))
    study = Corner(hass, sim, await add_integration(hass, sim), "书房小爱")
    await study.turn("on")
    since = study.ask(WHY, LONG)
    hum = await study.event("speech_started", since=since, source="tts")
    assert hum.fields["text"] == Phrase.HUM
    replaced = await study.event("speech_ended", since=since, source="xiaoai")
    assert replaced.fields["reason"] == "replaced"
    first = await study.event("speech_started", since=hum.seq + 1, source="tts")
    await study.spoken(own_answer(WHY), since=first.seq)


async def test_a_speaker_that_is_blind_speaks_the_whole_answer_too(bedroom):
    since = bedroom.ask(STORY)
    await bedroom.spoken(own_answer(STORY), since=since)
    assert {command.fields["via"] for command in bedroom.told("tts", since=since)} == {"miot"}


async def test_several_questions_are_one_conversation(living, requests):
    for question in (WHY, HOW):
        since = living.ask(question)
        await living.spoken(own_answer(question), since=since)
    said = [(message["role"], message["content"]) for message in requests[-1]["messages"]]
    assert [role for role, _ in said] == ["system", "user", "assistant", "user"]
    assert said[1:] == [("user", WHY), ("assistant", own_answer(WHY)), ("user", HOW)]


async def test_xiaoai_is_silenced_even_if_it_missed_the_first_call(living, sim):
    sim.llm.settings.first_token = 0.6
    break_cloud(sim, path="/remote/ubus", times=1, status=200, body='{"code":0,"data":{"code":0}}')
    since = living.ask(WHY, LONG)
    silenced = await living.event("speech_ended", since=since, source="xiaoai")
    assert silenced.fields["reason"] in ("paused", "stopped")
    await living.spoken(own_answer(WHY), since=since)
    assert "stop" in [command.fields["command"] for command in living.told(since=since)]


async def test_what_cannot_be_silenced_is_answered_all_the_same(living, sim):
    break_cloud(sim, path="/remote/ubus", times=1, status=502)
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)


async def test_music_that_xiaoai_plays_is_left_alone(living, sim):
    since = living.ask("放一首小河淌水", kind="AUDIO")
    await living.event("music_started", since=since)
    await polls(sim)
    assert living.told(since=since) == []
    assert sim.timeline.since(since, "llm_request") == []


async def test_a_record_that_gets_its_answer_later_is_answered_once(living, sim):
    since = living.ask(WHY, late_edit=0.1)
    await living.spoken(own_answer(WHY), since=since)
    await living.event("record_edited", since=since)
    await polls(sim)
    assert len(sim.timeline.since(since, "llm_request")) == 1


# Interrupting


@pytest.mark.parametrize("command", ["闭嘴", "停止", "别说了。"])
async def test_a_stop_ends_the_answer_for_good(living, sim, command):
    _, request = await mid_answer(living)
    since = living.ask(command)
    await hung_up(sim, request)
    await living.event("command", since=since, command="stop")
    await polls(sim, 5)
    assert living.pieces(since) == []
    assert sim.timeline.since(since, "llm_request") == []
    assert living.state == STATE_ON


async def test_a_stop_without_an_answer_is_xiaoais(living, sim):
    since = living.ask("停止")
    await living.event("record_visible", since=since)
    await polls(sim)
    assert living.told(since=since) == []


async def test_a_new_question_cuts_the_old_answer(living, sim):
    _, request = await mid_answer(living)
    since = living.ask(WHY)
    await hung_up(sim, request)
    await living.spoken(own_answer(WHY), since=since)


async def test_a_new_question_cuts_an_answer_that_has_not_begun(living, sim, requests):
    sim.llm.settings.first_token = 30
    since = living.ask(STORY)
    request = await event(sim, "llm_request", since=since)
    sim.llm.settings.first_token = 0
    living.ask(WHY)
    finished = await hung_up(sim, request)
    assert finished.fields["tokens"] == 0
    await living.spoken(own_answer(WHY), since=since)
    assert [message["content"] for message in requests[-1]["messages"][1:]] == [STORY, WHY]  # a question is not lost


async def test_of_three_questions_at_once_the_last_is_answered(living, sim):
    since = living.ask(STORY)
    living.ask(HOW)
    living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)


async def test_what_was_said_before_the_interruption_stays_in_the_history(living, sim, requests):
    begun, request = await mid_answer(living)
    since = living.ask(WHY)
    finished = await hung_up(sim, request)
    await living.spoken(own_answer(WHY), since=since)
    said = [(message["role"], message["content"]) for message in requests[-1]["messages"][1:]]
    heard = "".join(
        entry.fields["text"]
        for entry in sim.timeline.since(begun, "speech_started")
        if entry.fields["source"] == "tts" and entry.seq < since
    )
    assert said == [("user", STORY), ("assistant", heard), ("user", WHY)]
    assert heard.startswith(FIRST)
    assert finished.fields["text"].startswith(heard)


async def test_music_ends_the_answer_and_plays(living, sim):
    _, request = await mid_answer(living)
    since = living.ask("放一首小河淌水", kind="AUDIO")
    await hung_up(sim, request)
    await living.event("music_started", since=since)
    await polls(sim)
    assert living.told(since=since) == []


async def test_two_speakers_do_not_disturb_each_other(living, bedroom, sim):
    since, request = await mid_answer(living)
    bedroom.ask(HOW)
    await bedroom.spoken(own_answer(HOW), since=since)
    assert sim.timeline.since(since, "llm_finished")[0].fields["id"] != request.fields["id"]
    stopped = living.ask("闭嘴")
    await hung_up(sim, request)
    assert bedroom.told("stop") == []
    await living.event("command", since=stopped, command="stop")


async def test_two_speakers_have_two_conversations(living, bedroom, requests):
    for corner, question in ((living, WHY), (bedroom, HOW)):
        since = corner.ask(question)
        await corner.spoken(own_answer(question), since=since)
    assert [[message["role"] for message in request["messages"]] for request in requests[-2:]] == [
        ["system", "user"]
    ] * 2


# The home


async def test_the_home_is_controlled_in_the_speakers_area(hass, lamps, living, bedroom, sim):
    since = bedroom.ask("打开灯")
    await wait_for_state(hass, lamps["卧室"], STATE_ON)
    # The speaker may hum first, which ends what XiaoAI says.
    await sim.timeline.wait_for(
        lambda entry: entry.event == "speech_ended" and "打开" in entry.fields["text"],
        since=since,
        timeout=PATIENCE_S,
    )
    assert hass.states.get(lamps["客厅"]).state == STATE_OFF
    assert sim.timeline.since(since, "llm_request") == []
    since = living.ask("打开灯")
    await wait_for_state(hass, lamps["客厅"], STATE_ON)
    since = living.ask("关闭卧室灯")
    await wait_for_state(hass, lamps["卧室"], STATE_OFF)
    await living.event("speech_ended", since=since, source="tts")
    assert hass.states.get(lamps["客厅"]).state == STATE_ON
    assert sim.timeline.since(since, "llm_request") == []


async def test_orders_in_quick_succession_are_all_obeyed(hass, lamps, living, sim):
    for order in ("打开客厅灯", "打开卧室灯", WHY):
        living.ask(order)
    since = len(sim.timeline)
    for lamp in lamps.values():
        await wait_for_state(hass, lamp, STATE_ON)
    await living.spoken(own_answer(WHY), since=since)
    assert len(sim.timeline.since(since, "llm_request")) == 1


async def test_what_the_home_did_is_known_to_the_language_model(hass, lamps, living, requests):
    since = living.ask("打开灯")
    confirmation = await living.event("speech_ended", since=since, source="tts")
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
    *_, asked, call, result, confirmed, question = requests[-1]["messages"]
    assert (asked["role"], asked["content"]) == ("user", "打开灯")
    assert call["tool_calls"][0]["id"] == result["tool_call_id"]
    assert audible(confirmed["content"]) == audible(confirmation.fields["text"])
    assert question["content"] == WHY


async def test_what_the_home_cannot_do_goes_to_the_language_model(hass, living, sim, requests):
    """There is no lamp: 2026.10 leaves the attempt in the log, which OpenAI refuses."""
    since = living.ask("打开灯")
    await living.spoken(own_answer("打开灯"), since=since)
    assert [message["role"] for message in requests[-1]["messages"]] == ["system", "user"]


async def test_a_sentence_of_an_automation_is_answered_by_it(hass, living, sim):
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"home": {}}})
    automation = {
        "triggers": [{"trigger": "conversation", "command": ["我回来了"]}],
        "actions": [
            {"action": "input_boolean.turn_on", "target": {"entity_id": "input_boolean.home"}},
            {"set_conversation_response": "欢迎回家，今天辛苦了。"},
        ],
    }
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    await hass.async_block_till_done()
    since = living.ask("我回来了")
    await wait_for_state(hass, "input_boolean.home", STATE_ON)
    await living.spoken("欢迎回家，今天辛苦了。", since=since)
    assert sim.timeline.since(since, "llm_request") == []


async def test_the_language_model_controls_the_home(hass, lamps, living, sim, requests):
    call = ToolCall.from_json({"name": "intent__HassTurnOn", "arguments": {"name": "客厅灯"}})
    sim.llm.replies.append(ScriptedReply("太暗", "好了，现在亮多了。", [call]))
    since = living.ask("这里太暗了")
    await wait_for_state(hass, lamps["客厅"], STATE_ON)
    await living.spoken("好了，现在亮多了。", since=since)
    first, second = requests[-2:]
    assert "客厅灯" in first["messages"][0]["content"]
    assert living.switch not in first["messages"][0]["content"]
    assert [message["role"] for message in second["messages"]] == ["system", "user", "assistant", "tool"]
    assert second["messages"][2]["tool_calls"][0]["id"] == second["messages"][3]["tool_call_id"]


# What goes wrong


@pytest.mark.parametrize(
    ("failure", "words"),
    [("auth", "密钥失效"), ("quota", "额度用完"), ("rate", "问得有点快"), ("server", "出了问题")],
)
async def test_a_failure_of_the_language_model_is_said(living, sim, failure, words):
    sim.llm.settings.fail = failure
    since = living.ask(WHY)
    ended = await living.event("speech_ended", since=since, source="tts")
    assert ended.fields["text"].startswith("抱歉")
    assert words in ended.fields["text"]
    sim.llm.settings.fail = None
    renew_keys(living.entry)
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
async def test_it_is_said_in_chinese_whatever_the_home_speaks(hass, living, sim, language):
    hass.config.language = language
    sim.llm.settings.fail = "auth"
    since = living.ask(WHY)
    ended = await living.event("speech_ended", since=since, source="tts")
    assert "密钥失效" in ended.fields["text"]


async def test_an_answer_that_breaks_off_is_followed_by_an_apology(living, sim):
    sim.llm.settings.fail = "disconnect"
    since = living.ask(STORY)
    sorry = "抱歉，大模型那边出了问题，请稍后再问我。"
    await until(sim, lambda: audible("".join(living.pieces(since))).endswith(audible(sorry)))
    half = (await event(sim, "llm_finished", since=since)).fields["text"]
    await living.spoken(half + sorry, since=since)


async def test_an_answer_of_nothing_is_said(living, sim):
    sim.llm.replies.append(ScriptedReply(WHY))
    since = living.ask(WHY)
    await living.spoken("抱歉，大模型没有给出回答，请再问我一次。", since=since)


async def test_a_speaker_that_goes_offline_ends_the_answer(hass, living, sim, caplog):
    since, request = await mid_answer(living, FIRST + SECOND)
    sim.world.set_online(living.name, False)
    await hung_up(sim, request)
    await wait_for_state(hass, living.switch, STATE_UNAVAILABLE)
    sim.world.set_online(living.name, True)
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
    assert living.state == "on"
    told = [caplog.text.count(f"{living.name} {what}") for what in ("cannot be reached", "can be reached again")]
    assert told == [1, 1]


async def test_a_login_that_is_lost_in_mid_answer_is_asked_for(hass, living, sim):
    _, request = await mid_answer(living, FIRST + SECOND)
    sim.world.account.expire("all")
    await wait_for_flow(hass, "reauth")
    await hung_up(sim, request)
    await hass.async_block_till_done()
    assert len(hass.config_entries.flow.async_progress()) == 1


async def test_an_agent_that_fails_is_apologised_for(hass, entry, living, sim, caplog):
    er.async_get(hass).async_update_entity(agent_id(hass, entry), disabled_by=er.RegistryEntryDisabler.USER)
    await hass.async_block_till_done()
    since = living.ask(WHY)
    await living.spoken(Phrase.SORRY, since=since)
    assert "The agent failed at 客厅小爱" in caplog.text


async def test_without_an_assistant_home_assistant_answers(hass, entry, corner, sim):
    hass.config_entries.async_remove_subentry(entry, assistant(entry).subentry_id)
    await hass.async_block_till_done()
    living = corner("客厅小爱")
    await living.turn("on")
    since = living.ask(WHY)
    ended = await living.event("speech_ended", since=since, source="tts")
    assert ended.fields["text"].startswith("抱歉")
    assert sim.timeline.since(since, "llm_request") == []


# Listening


async def test_it_listens_more_often_while_people_talk(living, entry):
    budget = entry.runtime_data.budget
    enabled = budget.interval(living.did)
    since = living.ask(WHY)
    await living.event("speech_started", since=since, source="tts")
    talking = budget.interval(living.did)
    await living.spoken(own_answer(WHY), since=since)
    assert budget.interval(living.did) == talking < enabled
    await living.turn("off")
    assert budget.interval(living.did) > enabled


async def test_whoever_observes_is_told_of_changes_only(living, entry):
    dialogue = entry.runtime_data.dialogues[living.did]
    told = []
    stop = dialogue.observe(lambda: told.append(dialogue.enabled))
    dialogue.set(enabled=True)
    dialogue.set(enabled=False)
    dialogue.set(enabled=False)
    stop()
    dialogue.set(enabled=True)
    assert told == [False]


async def test_nothing_to_stop_is_no_reason_to_silence_music(living, entry):
    await entry.runtime_data.dialogues[living.did].stop()
    assert living.told() == []
