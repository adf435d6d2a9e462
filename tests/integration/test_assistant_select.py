"""Who answers at a speaker: chosen in Home Assistant, or by voice."""

import logging
from types import MappingProxyType

from homeassistant.components import conversation
from homeassistant.components.conversation.const import DATA_COMPONENT
from homeassistant.components.conversation.models import AbstractConversationAgent
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_LLM_HASS_API, CONF_MODEL, CONF_PROMPT, MATCH_ALL, EntityCategory, Platform
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er, intent
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.xiao_gpt.const import DOMAIN, SUBENTRY_ASSISTANT
from custom_components.xiao_gpt.phrases import assistant_chosen, no_such_assistant
from simulator.llm_replies import own_answer
from tests.integration.support import assistant, polls, wait_for_state

FIRST, TEACHER, BUILT_IN = "小爱 GPT", "英语老师", "Home Assistant"
STORY, WHY = "编一个小狐狸数星星的故事", "天空为什么是蓝色的"


@pytest.fixture
def select(hass, living):
    """Return a function that chooses who answers at a speaker."""

    async def make(option, corner=living):
        data = {"entity_id": entity_of(hass, corner), "option": option}
        await hass.services.async_call("select", "select_option", data, blocking=True)
        assert hass.states.get(entity_of(hass, corner)).state == option

    return make


@pytest.fixture
async def teacher(hass, entry, sim):
    """Another assistant of the entry."""
    subentry = ConfigSubentry(
        data=MappingProxyType(
            {CONF_MODEL: "gpt-4o-mini", CONF_PROMPT: "你是英语老师。", CONF_LLM_HASS_API: ["assist"]}
        ),
        subentry_type=SUBENTRY_ASSISTANT,
        title=TEACHER,
        unique_id=None,
    )
    hass.config_entries.async_add_subentry(entry, subentry)
    await settle(hass, sim)
    return subentry


class Parrot(conversation.ConversationEntity):
    """An agent of another integration."""

    _attr_name = "鹦鹉"
    _attr_unique_id = "parrot"
    _attr_supported_languages = MATCH_ALL

    @property
    def supported_languages(self):
        return MATCH_ALL

    async def _async_handle_message(self, user_input, chat_log):
        words = f"你说的是{user_input.text}。"
        chat_log.async_add_assistant_content_without_tools(conversation.AssistantContent(self.entity_id, words))
        response = intent.IntentResponse(language=user_input.language)
        response.async_set_speech(words)
        return conversation.ConversationResult(response, chat_log.conversation_id)


class OldParrot(AbstractConversationAgent):
    """An agent that is no entity."""

    supported_languages = MATCH_ALL

    async def async_process(self, user_input):
        response = intent.IntentResponse(language=user_input.language)
        response.async_set_speech("老鹦鹉在。")
        return conversation.ConversationResult(response, user_input.conversation_id)


async def add_parrot(hass):
    parrot = Parrot()
    await hass.data[DATA_COMPONENT].async_add_entities([parrot])
    await hass.async_block_till_done()
    return parrot


async def settle(hass, sim):
    await hass.async_block_till_done()
    await polls(sim, 2)


def entity_of(hass, corner):
    return er.async_get(hass).async_get_entity_id(Platform.SELECT, DOMAIN, f"{corner.did}-assistant")


def shown(hass, corner):
    return hass.states.get(entity_of(hass, corner))


async def test_each_speaker_has_one_and_the_first_assistant_answers_at_first(hass, sim, entry, corner, exposed):
    for speaker in sim.world.speakers:
        state = shown(hass, corner(speaker.name))
        assert state.state == FIRST
        assert state.attributes["options"] == [FIRST, BUILT_IN]
        assert state.name == f"{speaker.name} 助手"
        assert not exposed(state.entity_id)
        assert er.async_get(hass).async_get(state.entity_id).entity_category is EntityCategory.CONFIG


async def test_who_is_chosen_answers(hass, teacher, living, bedroom, select, requests):
    await select(TEACHER)
    since = living.ask(STORY)
    await living.spoken(own_answer(STORY), since=since)
    assert requests[-1]["model"] == "gpt-4o-mini"
    assert "你是英语老师。" in requests[-1]["messages"][0]["content"]
    assert shown(hass, bedroom).state == FIRST
    since = bedroom.ask(STORY)
    await bedroom.spoken(own_answer(STORY), since=since)
    assert requests[-1]["model"] == "gpt-5-mini"


async def test_who_is_not_there_is_refused(hass, living):
    with pytest.raises(ServiceValidationError):
        await hass.services.async_call(
            "select", "select_option", {"entity_id": entity_of(hass, living), "option": "医生"}, blocking=True
        )
    assert shown(hass, living).state == FIRST


async def test_home_assistants_own_agent_can_be_chosen(living, select, sim):
    await select(BUILT_IN)
    since = living.ask(WHY)
    await living.event("speech_ended", since=since, source="tts")
    assert sim.timeline.since(since, "llm_request") == []


async def test_it_stays_over_a_reload_and_a_rename(hass, entry, teacher, living, select, sim, requests):
    await select(TEACHER)
    hass.config_entries.async_update_subentry(entry, teacher, title="外语老师")
    await settle(hass, sim)
    assert shown(hass, living).state == "外语老师"
    assert TEACHER not in shown(hass, living).attributes["options"]
    since = living.ask(STORY)
    await living.spoken(own_answer(STORY), since=since)
    assert requests[-1]["model"] == "gpt-4o-mini"


async def test_an_assistant_that_is_removed_is_replaced_by_the_first(
    hass, entry, teacher, living, select, sim, requests, caplog
):
    await select(TEACHER)
    hass.config_entries.async_remove_subentry(entry, teacher.subentry_id)
    await settle(hass, sim)
    assert shown(hass, living).state == FIRST
    for question in (STORY, WHY):
        since = living.ask(question)
        await living.spoken(own_answer(question), since=since)
        assert requests[-1]["model"] == "gpt-5-mini"
    said = [one for one in caplog.records if "is not there" in one.message]
    assert [one.levelno for one in said] == [logging.WARNING]


async def test_agents_appear_and_disappear_at_run_time(hass, living, select, sim, caplog):
    parrot = await add_parrot(hass)
    assert shown(hass, living).attributes["options"] == [FIRST, "鹦鹉", BUILT_IN]
    await select("鹦鹉")
    since = living.ask(WHY)
    await living.spoken(f"你说的是{WHY}。", since=since)
    er.async_get(hass).async_update_entity(parrot.entity_id, new_entity_id="conversation.polly", name="波利")
    await wait_for_state(hass, entity_of(hass, living), "波利")
    since = living.ask(WHY)
    await living.spoken(f"你说的是{WHY}。", since=since)
    await parrot.async_remove()
    await wait_for_state(hass, entity_of(hass, living), FIRST)
    assert shown(hass, living).attributes["options"] == [FIRST, BUILT_IN]
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
    assert sum("is not there" in one.message for one in caplog.records) == 1
    await add_parrot(hass)
    await wait_for_state(hass, entity_of(hass, living), "波利")  # it had been chosen


async def test_nobody_whom_no_one_has_chosen_is_told_what_people_say(hass, entry, corner):
    await add_parrot(hass)
    hass.config_entries.async_remove_subentry(entry, assistant(entry).subentry_id)
    await hass.async_block_till_done()
    living = corner("客厅小爱")
    assert shown(hass, living).state == BUILT_IN
    assert shown(hass, living).attributes["options"] == ["鹦鹉", BUILT_IN]
    assert entry.runtime_data.dialogues[living.did].agents.agent_id == conversation.HOME_ASSISTANT_AGENT


async def test_an_assistant_that_is_disabled_is_replaced_as_well(hass, entry, teacher, living, select, sim):
    await select(TEACHER)
    entity_id = er.async_get(hass).async_get_entity_id(Platform.CONVERSATION, DOMAIN, teacher.subentry_id)
    assert entity_id is not None
    er.async_get(hass).async_update_entity(entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    await settle(hass, sim)
    await wait_for_state(hass, entity_of(hass, living), FIRST)


async def test_an_agent_that_is_no_entity_can_be_chosen(hass, living, select):
    other = MockConfigEntry(domain="old_parrot", title="老鹦鹉")
    other.add_to_hass(hass)
    conversation.async_set_agent(hass, other, OldParrot())
    await select("老鹦鹉")
    since = living.ask(WHY)
    await living.spoken("老鹦鹉在。", since=since)


async def test_those_of_the_same_name_are_told_apart(hass, entry, teacher, living, sim):
    hass.config_entries.async_update_subentry(entry, teacher, title=FIRST)
    await settle(hass, sim)
    assert shown(hass, living).attributes["options"] == [FIRST, f"{FIRST} (2)", BUILT_IN]


async def test_it_is_chosen_by_voice(hass, teacher, living, requests):
    since = living.ask("换成英语老师")
    await living.spoken(assistant_chosen(TEACHER), since=since)
    assert shown(hass, living).state == TEACHER
    assert requests == []
    since = living.ask(STORY)
    await living.spoken(own_answer(STORY), since=since)
    assert requests[-1]["model"] == "gpt-4o-mini"
    since = living.ask("切换到小爱gpt")
    await living.spoken(assistant_chosen(FIRST), since=since)
    assert shown(hass, living).state == FIRST


@pytest.mark.parametrize(("wish", "said"), [("换个助手叫医生", "医生"), ("换个助手", "")])
async def test_who_is_unknown_is_told_with_those_there_are(hass, teacher, living, wish, said):
    since = living.ask(wish)
    await living.spoken(no_such_assistant(said, [FIRST, TEACHER, BUILT_IN]), since=since)
    assert shown(hass, living).state == FIRST


async def test_a_lamp_is_no_assistant(hass, teacher, living, sim):
    since = living.ask("换成蓝色", "好的，已换成蓝色。")
    ended = await living.event("speech_ended", since=since, source="xiaoai")
    assert ended.fields["reason"] == "finished"
    await polls(sim)
    assert living.told(since=since) == []
    assert shown(hass, living).state == FIRST


async def test_the_first_assistant_is_the_one_that_the_entry_has_first(entry, living):
    assert entry.runtime_data.dialogues[living.did].agents.key is None
    assert entry.runtime_data.dialogues[living.did].agents.current.key == assistant(entry).subentry_id
