"""Actions that make a speaker speak, ask, do something, listen or forget."""

import asyncio

from homeassistant.components import conversation
from homeassistant.components.conversation.models import AbstractConversationAgent
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import area_registry as ar, device_registry as dr, intent
import probatio
import pytest

from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.polling import Attention
from simulator.llm_replies import ScriptedReply, own_answer
from tests.integration.support import STORY, agent_id, begin_story, break_cloud, event, polls, until

LAUNDRY = "洗衣机的衣服已经洗好了，别忘了拿出来晾。"
WHY = "天空为什么是蓝色的"


@pytest.fixture
async def act(hass):
    """Return a function that performs an action and returns its response."""

    async def perform(action, corner, **data):
        wanted = action in ("speak", "ask", "execute")
        return await hass.services.async_call(
            DOMAIN, action, {"device_id": corner.device.id, **data}, blocking=True, return_response=wanted
        )

    return perform


# Speak


async def test_a_text_is_said_at_each_speaker_that_is_chosen(hass, sim, living, bedroom):
    since = len(sim.timeline)
    chosen = [living.device.id, bedroom.device.id]
    done = await hass.services.async_call(
        DOMAIN, "speak", {"device_id": chosen, "text": LAUNDRY}, blocking=True, return_response=True
    )
    assert sorted(done["speakers"], key=lambda one: chosen.index(one["device_id"])) == [
        {"device_id": place.device.id, "name": place.name, "interrupted": False} for place in (living, bedroom)
    ]
    for place in (living, bedroom):
        await place.spoken(LAUNDRY, since=since)


async def test_an_area_is_spoken_to(hass, sim, living):
    area = ar.async_get(hass).async_create("客厅")
    dr.async_get(hass).async_update_device(living.device.id, area_id=area.id)
    since = len(sim.timeline)
    await hass.services.async_call(DOMAIN, "speak", {"area_id": area.id, "text": LAUNDRY}, blocking=True)
    await living.spoken(LAUNDRY, since=since)


async def test_a_text_waits_unless_it_is_urgent(sim, living, act):
    question = "编一个小狐狸数星星的故事"
    since = living.ask(question)
    await living.event("speech_started", since=since, source="tts")
    await act("speak", living, text=LAUNDRY)
    await living.spoken(own_answer(question) + LAUNDRY, since=since)
    request = await begin_story(living)
    await act("speak", living, text=LAUNDRY, urgent=True)
    finished = await event(sim, "llm_finished", id=request.fields["id"])
    assert finished.fields["reason"] == "closed_by_client"


async def test_the_speaker_listens_afterwards(sim, living, act):
    since = len(sim.timeline)
    await act("speak", living, text=LAUNDRY, wake=True)
    *speech, last = [one.fields["command"] for one in living.told(since=since)]
    assert (set(speech), last) == ({"tts"}, "wake")
    assert living.entry.runtime_data.dialogues[living.did].attention is Attention.LIVELY


async def test_who_interrupts_is_told_of_and_is_not_listened_to_twice(sim, living, act):
    since = len(sim.timeline)
    speaking = asyncio.create_task(act("speak", living, text=STORY * 4, wake=True))
    await living.event("speech_started", since=since)
    living.ask(WHY)
    (told,) = (await speaking)["speakers"]
    assert told["interrupted"]
    assert living.told("wake", since=since) == []


async def test_one_speaker_that_fails_keeps_no_other_from_speaking(hass, sim, living, bedroom):
    sim.world.set_online(living.name, False)
    since = len(sim.timeline)
    with pytest.raises(HomeAssistantError) as raised:
        await hass.services.async_call(
            DOMAIN, "speak", {"device_id": [living.device.id, bedroom.device.id], "text": LAUNDRY}, blocking=True
        )
    assert raised.value.translation_placeholders == {"name": living.name}
    await bedroom.spoken(LAUNDRY, since=since)


# Ask


async def test_a_question_is_answered_aloud_and_returned(hass, sim, entry, living, act):
    since = len(sim.timeline)
    told = await act("ask", living, question=WHY)
    assert told.keys() == {"answer", "agent_id", "duration", "interrupted"}
    assert (told["answer"], told["agent_id"]) == (own_answer(WHY), agent_id(hass, entry))
    assert told["interrupted"] is False
    assert 0 < told["duration"] < 20
    await living.spoken(own_answer(WHY), since=since)


async def test_what_was_asked_aloud_is_part_of_the_conversation(sim, living, act, requests):
    await act("ask", living, question=WHY)
    since = living.ask("大海为什么是蓝色的")
    await event(sim, "llm_finished", since=since)
    said = [message["content"] for message in requests[-1]["messages"]]
    assert any(WHY in str(text) for text in said)


async def test_what_is_only_returned_is_no_part_of_it_and_nobody_hears(sim, living, act, requests):
    story = "编一个小狐狸数星星的故事"
    await act("ask", living, question=story)
    since = len(sim.timeline)
    told = await act("ask", living, question=WHY, spoken=False)
    assert told["answer"] == own_answer(WHY)
    assert not any(story in str(message["content"]) for message in requests[-1]["messages"])
    assert living.told(since=since) == []
    await act("ask", living, question="大海为什么是蓝色的")
    said = [str(message["content"]) for message in requests[-1]["messages"]]
    assert any(story in text for text in said)
    assert not any(WHY in text for text in said)


async def test_what_is_only_returned_does_not_wait_for_the_speaker(sim, living, act):
    since = len(sim.timeline)
    speaking = asyncio.create_task(act("speak", living, text=STORY * 4))
    await living.event("speech_started", since=since)
    told = await act("ask", living, question=WHY, spoken=False)
    assert told["answer"] == own_answer(WHY)
    assert not speaking.done()
    await act("stop", living)
    await speaking


class Parrot(AbstractConversationAgent):
    """An agent that is not ours, does not stream, and may fail."""

    def __init__(self):
        self.fails = False
        self.device_id = None

    @property
    def supported_languages(self):
        return "*"

    async def async_process(self, user_input):
        self.device_id = user_input.device_id
        response = intent.IntentResponse(language=user_input.language)
        if self.fails:
            response.async_set_error(intent.IntentResponseErrorCode.UNKNOWN, "鹦鹉累了。")
        else:
            response.async_set_speech(f"{user_input.text}，鹦鹉说。")
        return conversation.ConversationResult(response=response, conversation_id=user_input.conversation_id)


@pytest.fixture
def parrot(hass, entry):
    """Another agent, which has the id of the entry."""
    agent = Parrot()
    conversation.async_set_agent(hass, entry, agent)
    yield agent
    conversation.async_unset_agent(hass, entry)


@pytest.mark.parametrize("spoken", [True, False])
async def test_any_agent_can_be_asked_and_knows_the_speaker(sim, entry, living, act, parrot, spoken):
    since = len(sim.timeline)
    told = await act("ask", living, question="你好", agent_id=entry.entry_id, spoken=spoken)
    assert (told["answer"], told["agent_id"]) == ("你好，鹦鹉说。", entry.entry_id)
    assert parrot.device_id == living.device.id
    if spoken:
        await living.spoken("你好，鹦鹉说。", since=since)
    else:
        assert living.told(since=since) == []


@pytest.mark.parametrize("spoken", [True, False])
async def test_an_agent_that_fails_is_told_of(sim, entry, living, act, parrot, spoken):
    parrot.fails = True
    with pytest.raises(HomeAssistantError) as raised:
        await act("ask", living, question="你好", agent_id=entry.entry_id, spoken=spoken)
    assert (raised.value.translation_key, raised.value.translation_placeholders) == (
        "agent_failed",
        {"error": "鹦鹉累了。"},
    )


async def test_an_agent_that_is_not_there_is_refused(living, act):
    with pytest.raises(ServiceValidationError) as raised:
        await act("ask", living, question=WHY, agent_id="conversation.nobody")
    assert raised.value.translation_key == "no_such_agent"
    assert living.told() == []


async def test_a_question_is_asked_at_one_speaker_only(hass, living, bedroom):
    with pytest.raises(ServiceValidationError) as raised:
        await hass.services.async_call(
            DOMAIN,
            "ask",
            {"device_id": [living.device.id, bedroom.device.id], "question": WHY},
            blocking=True,
            return_response=True,
        )
    assert raised.value.translation_key == "one_speaker_only"


async def test_an_answer_that_is_interrupted_is_returned_as_far_as_it_came(sim, living, act):
    sim.llm.replies.append(ScriptedReply("故事", STORY * 3))
    since = len(sim.timeline)
    asking = asyncio.create_task(act("ask", living, question="编一个小狐狸数星星的故事"))
    await living.event("speech_started", since=since, source="tts")
    await act("stop", living)
    told = await asking
    assert told["interrupted"]
    assert told["answer"].startswith(STORY[:5])


# Execute


@pytest.mark.parametrize("name", ["客厅小爱", "厨房小爱"])
@pytest.mark.parametrize("silent", [False, True])
async def test_xiaoai_does_what_it_is_told_and_nobody_else_answers_it(sim, corner, act, name, silent):
    place = corner(name)
    await place.turn("on")
    since = len(sim.timeline)
    (told,) = (await act("execute", place, text=WHY, silent=silent))["speakers"]
    assert told == {"device_id": place.device.id, "name": name, "silent": silent}
    (command,) = place.told("execute", since=since)
    assert (command.fields["text"], command.fields["silent"]) == (WHY, silent)
    await polls(sim)
    assert sim.timeline.since(since, "llm_request") == []


@pytest.mark.parametrize("silent", [True, False])
async def test_what_is_done_silently_ends_no_answer(entry, living, act, silent):
    await begin_story(living)
    await act("execute", living, text="今天几号", silent=silent)
    assert entry.runtime_data.dialogues[living.did].answering is silent


async def test_a_model_that_speaks_all_the_same_says_so(living, bedroom, act):
    (told,) = (await act("execute", bedroom, text="今天几号", silent=True))["speakers"]
    assert told["silent"] is False


async def test_a_model_that_cannot_be_told_says_so(sim, living, act):
    refused = '{"code": 100, "message": "ubus error", "data": {"msg": "Method not found", "code": -3}}'
    break_cloud(sim, path="/miotspec/action", status=200, body='{"code":0,"result":{"code":-704040005}}')
    break_cloud(sim, path="/remote/ubus", status=200, body=refused)
    with pytest.raises(HomeAssistantError) as raised:
        await act("execute", living, text="今天几号")
    assert raised.value.translation_key == "cannot_execute"
    assert raised.value.translation_placeholders == {"name": living.name}


# Wake and forget


async def test_a_speaker_is_woken(sim, living, act):
    request = await begin_story(living)
    await act("wake", living)
    assert living.told("wake", since=request.seq)
    await event(sim, "llm_finished", id=request.fields["id"], reason="closed_by_client")


@pytest.mark.parametrize("action", ["wake", "speak"])
async def test_a_model_that_cannot_be_woken_is_refused(entry, living, act, monkeypatch, action):
    dialogue = entry.runtime_data.dialogues[living.did]
    monkeypatch.setattr(type(dialogue), "can_continue", False)
    with pytest.raises(ServiceValidationError) as raised:
        await act(action, living, **({"text": LAUNDRY, "wake": True} if action == "speak" else {}))
    assert raised.value.translation_key == "cannot_wake"
    assert living.told() == []


async def test_a_conversation_is_forgotten(sim, entry, living, act, requests):
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
    await act("clear_history", living)
    since = living.ask("编一个小狐狸数星星的故事")
    await event(sim, "llm_finished", since=since)
    assert not any(WHY in str(message["content"]) for message in requests[-1]["messages"])


async def test_an_answer_that_is_being_given_is_forgotten_too(sim, entry, living, act):
    await begin_story(living)
    await act("clear_history", living)
    await act("stop", living)
    dialogue = entry.runtime_data.dialogues[living.did]
    await until(sim, lambda: not dialogue.turns)
    assert entry.runtime_data.memory.of(living.did).session.messages == []


# What makes no sense


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("speak", {}),
        ("speak", {"text": " "}),
        ("speak", {"text": LAUNDRY, "urgent": "soon"}),
        ("ask", {"question": ""}),
        ("ask", {}),
        ("execute", {"text": ""}),
        ("execute", {"silent": True}),
    ],
)
async def test_an_action_that_says_too_little_is_refused(living, act, action, data):
    with pytest.raises(probatio.Invalid):
        await act(action, living, **data)
    assert living.told() == []


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("speak", {"text": LAUNDRY}),
        ("ask", {"question": WHY}),
        ("execute", {"text": WHY}),
        ("wake", {}),
        ("clear_history", {}),
    ],
)
async def test_a_target_that_is_no_speaker_is_refused(hass, entry, action, data):
    with pytest.raises(ServiceValidationError) as raised:
        await hass.services.async_call(
            DOMAIN,
            action,
            {"device_id": "nobody", **data},
            blocking=True,
            return_response=action in ("speak", "ask", "execute"),
        )
    assert raised.value.translation_key == "no_speaker_chosen"
