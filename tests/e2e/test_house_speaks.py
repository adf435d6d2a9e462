"""The main job on a real Home Assistant: set up, talked to at a speaker and in Assist, restarted and removed.

Each test brings the home into the state that it needs, so any of them can be run alone; the last one judges the log of
all that ran before it.
"""

from collections.abc import AsyncGenerator
import json

import pytest
import pytest_asyncio

pytest.importorskip("playwright", reason="runs in the environment of the real Home Assistant")

from simulator.llm import ScriptedReply, ToolCall
from simulator.llm_replies import own_answer
from tests.e2e.home import LAMP, OTHER_LAMP, SPEAKER, Home, begins

pytestmark = pytest.mark.asyncio(loop_scope="module")

WRONG_PASSWORD = "not-my-password"
WRONG_KEY = "sk-nobody-has-this-key"

QUESTION = "为什么天空是蓝色的？"
STORY = "从前有座山，山上有座庙，庙里有个老和尚，老和尚正在给小和尚讲一个很长很长的故事。" * 12


@pytest_asyncio.fixture(loop_scope="module")
async def dialogue(home: Home) -> AsyncGenerator[Home]:
    """The home with advanced dialogue on and both lamps off; quiet again when the test is over."""
    await home.set_up()
    await home.turn("on")
    await home.house.call("light", "turn_off", {"entity_id": [LAMP, OTHER_LAMP]})
    yield home
    home.sim.llm.replies.clear()
    if await home.entries():
        await home.turn("off")


async def test_setting_up_refuses_what_is_wrong_and_keeps_no_password(home: Home):
    await home.remove()
    account, service, model = home.right_answers()
    flow = await home.begin()
    assert flow["step_id"] == "password"
    flow = await home.house.flow_step(flow["flow_id"], account | {"password": WRONG_PASSWORD})
    assert (flow["step_id"], flow["errors"]) == ("password", {"base": "wrong_credentials"})
    flow = await home.house.flow_step(flow["flow_id"], account)
    assert flow["step_id"] == "service"
    flow = await home.house.flow_step(flow["flow_id"], service | {"api_keys": [WRONG_KEY]})
    assert (flow["step_id"], flow["errors"]) == ("service", {"api_keys": "llm_invalid_key"})
    flow = await home.house.flow_step(flow["flow_id"], service)
    assert flow["step_id"] == "model"
    flow = await home.house.flow_step(flow["flow_id"], {"model": "gpt-nobody-has"})
    assert (flow["step_id"], flow["errors"]) == ("model", {"model": "llm_no_such_model"})
    flow = await home.house.flow_step(flow["flow_id"], model)
    assert flow["type"] == "create_entry"
    [entry] = await home.entries()
    assert (entry["state"], entry["title"]) == ("loaded", "138****8000")
    registry = await home.house.ws("config/device_registry/list")
    devices = {device["name"] for device in registry if entry["entry_id"] in device["config_entries"]}
    assert devices == {speaker.name for speaker in home.sim.world.speakers} | {"小爱 GPT", "大模型服务"}
    await home.look_around()
    assert (await home.house.states(home.switch))["state"] == "off"
    again = await home.begin()
    again = await home.house.flow_step(again["flow_id"], account)
    assert (again["type"], again["reason"]) == ("abort", "already_configured")


async def test_advanced_dialogue_is_turned_on_and_off_by_voice(dialogue: Home):
    await dialogue.turn("off")
    begin = dialogue.say("打开高级对话")
    await dialogue.house.wait_for_state(dialogue.switch, "on")
    await dialogue.hear("高级对话已打开，有什么想聊的，尽管问我。", begin)
    begin = dialogue.say("关闭高级对话")
    await dialogue.house.wait_for_state(dialogue.switch, "off")
    await dialogue.hear("高级对话已关闭。", begin)
    begin = dialogue.say("今天天气怎么样", "今天晴，最高气温二十三度，适合带孩子出门走走。")
    ended = await dialogue.event(lambda event: event.event == "speech_ended", begin)
    assert (ended.fields["source"], ended.fields["reason"]) == ("xiaoai", "finished")
    assert not dialogue.sim.timeline.since(begin, "llm_request")


async def test_an_open_question_is_answered_to_the_last_character(dialogue: Home):
    begin = dialogue.say(QUESTION)
    assert await dialogue.hear_reply(begin) == own_answer(QUESTION)
    await dialogue.stays_silent(len(dialogue.sim.timeline), 2)
    own = [event for event in dialogue.sim.timeline.since(begin, "speech_ended") if event.fields["source"] == "xiaoai"]
    assert all(event.fields["spoken"] < 1 for event in own)


async def test_a_command_means_the_lamp_in_the_room_of_the_speaker(dialogue: Home):
    begin = dialogue.say("打开灯", "没有找到可以控制的设备。")
    await dialogue.house.wait_for_state(LAMP, "on")
    confirmation = await dialogue.answer_begins(begin)
    assert "灯" in confirmation.fields["text"]
    await dialogue.hear(confirmation.fields["text"], begin)
    assert (await dialogue.house.states(OTHER_LAMP))["state"] == "off"
    assert not dialogue.sim.timeline.since(begin, "llm_request")


async def test_the_model_controls_the_home_through_its_tools(dialogue: Home):
    call = ToolCall("intent__HassTurnOn", json.dumps({"name": "卧室灯"}, ensure_ascii=False))
    dialogue.sim.llm.replies.append(ScriptedReply("看不清", "好的，我把卧室的灯打开了。", [call]))
    begin = dialogue.say("卧室里太暗了，我看不清书上的字")
    await dialogue.house.wait_for_state(OTHER_LAMP, "on")
    await dialogue.hear("好的，我把卧室的灯打开了。", begin)
    assert (await dialogue.house.states(LAMP))["state"] == "off"


async def test_a_stop_ends_the_answer_for_good(dialogue: Home):
    dialogue.sim.llm.replies.append(ScriptedReply("故事", STORY))
    begin = dialogue.say("给我讲一个很长的故事")
    await dialogue.answer_begins(begin)
    stopped = dialogue.say("闭嘴")
    visible = await dialogue.event(lambda event: event.event == "record_visible", stopped)
    silenced = await dialogue.event(lambda event: event.event == "command", visible.seq)
    await dialogue.stays_silent(silenced.seq, 5)
    finished = await dialogue.event(lambda event: event.event == "llm_finished", begin)
    assert finished.fields["reason"] == "closed_by_client"
    assert (await dialogue.house.states(dialogue.switch))["state"] == "on"


async def test_a_new_question_cuts_the_old_answer(dialogue: Home):
    dialogue.sim.llm.replies.append(ScriptedReply("故事", STORY))
    begin = dialogue.say("给我讲一个很长的故事")
    await dialogue.answer_begins(begin)
    question = "等一下，一年有多少天？"
    again = dialogue.say(question)
    cut = await dialogue.event(lambda event: event.event == "llm_finished", begin)
    assert cut.fields["reason"] == "closed_by_client"
    asked = await dialogue.event(lambda event: event.event == "llm_request", again)
    assert asked.fields["question"] == question
    assert await dialogue.hear_reply(asked.seq) == own_answer(question)


async def test_the_assist_dialog_gets_the_answer_word_by_word(dialogue: Home):
    answer = await dialogue.house.assist(QUESTION, agent_id=dialogue.entity_ids["conversation"])
    assert answer.speech == answer.streamed == own_answer(QUESTION)
    assert len([delta for delta in answer.deltas if delta.get("content")]) > 10
    assert answer.first_delta is not None
    assert answer.first_delta < answer.seconds / 2
    follow_up = await dialogue.house.assist(
        "那晚霞呢？", agent_id=dialogue.entity_ids["conversation"], conversation_id=answer.conversation_id
    )
    assert follow_up.conversation_id == answer.conversation_id
    first, second = dialogue.sim.timeline.since(0, "llm_request")[-2:]
    assert second.fields["messages"] == first.fields["messages"] + 2


async def test_a_restart_keeps_the_switch_and_answers_no_old_question(dialogue: Home):
    begin = dialogue.say("关闭高级对话")
    await dialogue.hear("高级对话已关闭。", begin)
    await dialogue.turn("on")
    restart = len(dialogue.sim.timeline)
    await dialogue.house.restart_process()
    await dialogue.house.wait_for_state(dialogue.switch, "on")
    # The first request tells what was said before; only what comes after it is heard.
    await dialogue.listening(restart)
    dialogue.sim.llm.replies.append(ScriptedReply("圆周率", "圆周率大约是三点一四一六。"))
    begin = dialogue.say("圆周率是多少？")
    await dialogue.hear_reply(begin)
    spoken = [event.fields["text"] for event in dialogue.sim.timeline.since(restart) if begins(event)]
    assert spoken == ["圆周率大约是三点一四一六。"]


async def test_removal_leaves_nothing(dialogue: Home):
    await dialogue.remove()
    assert await dialogue.entries() == []
    entities = await dialogue.house.ws("config/entity_registry/list")
    assert [entity["entity_id"] for entity in entities if entity["platform"] == "xiao_gpt"] == []
    names = {speaker.name for speaker in dialogue.sim.world.speakers}
    devices = await dialogue.house.ws("config/device_registry/list")
    assert [device["name"] for device in devices if device["name"] in names] == []
    states = {state["entity_id"] for state in await dialogue.house.get("/api/states")}
    assert states.isdisjoint(dialogue.entity_ids.values())
    # XiaoAI answers in its own words, and nobody reads along: a speaker with its switch off is asked every two seconds.
    begin = dialogue.say(QUESTION, "因为空气把蓝光散射到了四面八方，所以我们抬头看见的天空是蓝色的。" * 2)
    ended = await dialogue.event(lambda event: event.event == "speech_ended", begin)
    assert (ended.fields["source"], ended.fields["reason"]) == ("xiaoai", "finished")
    # What was under way when the entry was removed has been answered by the time that XiaoAI speaks.
    speaking = next(event.seq for event in dialogue.sim.timeline.since(begin) if event.event == "speech_started")
    assert dialogue.requests(speaking) == []


async def test_the_log_is_clean_and_keeps_every_secret(dialogue: Home):
    dialogue.sim.llm.replies.append(ScriptedReply("秘密", "我的秘密不会写在日志里。"))
    begin = dialogue.say("你有什么秘密？")
    await dialogue.hear_reply(begin)
    log = dialogue.house.log()
    assert f"{SPEAKER} heard" in log
    assert dialogue.house.problems() == []
    assert "blocking call" not in log
    account = dialogue.sim.world.account
    secrets = {account.password, WRONG_PASSWORD, WRONG_KEY, str(dialogue.sim.llm.settings.api_key)}
    secrets |= account._pass_tokens.keys() | account._service_tokens.keys()
    secrets |= {token.ssecurity for token in account._service_tokens.values()}
    secrets |= {account.user, account.email, "clientSign=", "signature=", "serviceToken=", "passToken=", "hash="}
    stored = (dialogue.house.config / ".storage" / "core.config_entries").read_text(encoding="utf-8")
    entry = next(entry for entry in json.loads(stored)["data"]["entries"] if entry["domain"] == "xiao_gpt")
    secrets.add(entry["data"]["xiaomi"]["device_id"])
    assert len(secrets) > 12
    assert [secret for secret in secrets if secret in log] == []
    assert account.password not in stored
    assert account.user not in stored
