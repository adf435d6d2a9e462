"""Setting up, logging in again and changing the service, as a person sees it."""

import json

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigEntryState
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.xiao_gpt.const import DOMAIN, SUBENTRY_ASSISTANT
from custom_components.xiao_gpt.llm import API_NAME
from custom_components.xiao_gpt.prompts import default_prompt
from simulator.world import DEFAULT_HOME
from tests.integration.support import (
    MINA,
    PASSPORT,
    account_input,
    add_integration,
    agent_id,
    assistant,
    begin,
    break_cloud,
    choose,
    event,
    polls,
    service_input,
    submit,
    suggested,
    wait_for_flow,
)

NOT_THE_PASSWORD = {"username": "13800138000", "password": "not-the-password", "keep_password": False}
TITLE = "138****8000"
"""Phone numbers are personal, and titles reach the log."""
ABSENT = "http://127.0.0.1:9/v1"
"""Nobody listens there."""


async def at_service(hass, sim):
    """Return the flow's second step."""
    step = await submit(hass, await begin(hass), account_input(sim))
    assert step["step_id"] == "service"
    return step


async def at_model(hass, sim, **service):
    """Return the flow's third step."""
    step = await submit(hass, await at_service(hass, sim), service_input(sim) | service)
    assert step["step_id"] == "model"
    return step


def refusal(message="no", **fields):
    return json.dumps({"error": {"message": message, "type": None, "param": None, "code": None, **fields}})


async def test_three_steps_lead_to_an_entry(hass, sim):
    step = await begin(hass)
    assert (step["type"], step["step_id"], step["errors"]) == (FlowResultType.FORM, "password", {})
    step = await submit(hass, step, account_input(sim))
    assert (step["step_id"], step["errors"]) == ("service", {})
    assert suggested(step) == {"api_keys": [""]}
    step = await submit(hass, step, service_input(sim))
    assert (step["step_id"], step["errors"]) == ("model", {})
    assert suggested(step) == {"model": "gpt-5-mini"}
    (selector,) = step["data_schema"].schema.values()
    assert selector.config["options"] == ["gpt-4o-mini", "gpt-5-mini"]
    assert selector.config["custom_value"]
    step = await submit(hass, step, {"model": "gpt-4o-mini"})
    await hass.async_block_till_done()
    entry = step["result"]
    assert (step["type"], step["title"]) == (FlowResultType.CREATE_ENTRY, TITLE)
    assert entry.unique_id == str(sim.world.account.user_id)
    assert entry.state is ConfigEntryState.LOADED
    assert assistant(entry).title == "小爱 GPT"
    assert assistant(entry).data == {
        "model": "gpt-4o-mini",
        "prompt": default_prompt("zh-Hans"),
        "llm_hass_api": ["assist", "xiao_gpt"],
    }


async def test_an_english_home_gets_an_english_assistant(hass, sim):
    hass.config.language = "en"
    entry = await add_integration(hass, sim)
    assert assistant(entry).title == "XiaoAI GPT"
    assert assistant(entry).data["prompt"] == default_prompt("en")


async def test_no_password_is_kept(hass, sim, entry):
    kept = json.dumps(entry.as_dict(), default=str)
    assert sim.world.account.password not in kept
    assert entry.data.keys() == {"xiaomi", "service_kind", "api_keys", "base_url", "api_version", "proxy"}
    assert entry.data["xiaomi"].keys() == {"user_id", "device_id", "pass_token", "services"}


async def test_spaces_around_what_is_pasted_do_no_harm(hass, sim):
    account, service = account_input(sim), service_input(sim)
    step = await submit(hass, await begin(hass), account | {"username": f" {account['username']} "})
    step = await submit(
        hass, step, {"api_keys": [f" {service['api_keys'][0]}\n", " "], "base_url": f" {service['base_url']}/ "}
    )
    step = await submit(hass, step, {"model": "gpt-5-mini"})
    assert step["type"] is FlowResultType.CREATE_ENTRY
    assert step["title"] == TITLE
    assert step["result"].data["base_url"] == sim.llm_url
    assert step["result"].data["api_keys"] == service["api_keys"]


# The account


async def test_a_wrong_password_can_be_corrected(hass, sim):
    step = await submit(hass, await begin(hass), NOT_THE_PASSWORD)
    assert (step["type"], step["step_id"]) == (FlowResultType.FORM, "password")
    assert step["errors"] == {"base": "wrong_credentials"}
    assert suggested(step) == NOT_THE_PASSWORD
    assert (await submit(hass, step, account_input(sim)))["step_id"] == "service"


async def test_a_device_that_was_verified_is_not_verified_again(hass, sim, entry):
    sim.settings.update({"verification": True})
    sim.world.account._trusted.add(entry.data["xiaomi"]["device_id"])
    sim.world.account.expire("all")
    step = await submit(hass, await choose(hass, await wait_for_flow(hass, "reauth"), "password"), account_input(sim))
    assert step["reason"] == "login_renewed"
    await hass.async_block_till_done()
    await polls(sim)  # the speakers are listened to again


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"host": PASSPORT, "status": 429}, "throttled"),
        ({"host": PASSPORT, "disconnect": True}, "cannot_connect"),
        ({"host": MINA, "disconnect": True}, "cannot_connect"),
        ({"host": PASSPORT, "status": 502, "body": "<html>Bad Gateway</html>"}, "cloud_error"),
        ({"host": PASSPORT, "status": 200, "body": "<html>Welcome to this hotel</html>"}, "cloud_error"),
        ({"host": PASSPORT, "status": 200, "body": "[]"}, "cloud_error"),
        ({"host": PASSPORT, "status": 200, "body": '{"code": 10017}'}, "cloud_error"),
        ({"path": "serviceLoginAuth2", "status": 200, "body": '{"code": 10017}'}, "cloud_error"),
        ({"path": "serviceLoginAuth2", "status": 200, "body": '{"code": 0}'}, "cloud_error"),
        ({"path": "device_list", "status": 200, "body": '{"code": 0, "data": {}}'}, "cloud_error"),
        ({"path": "device_list", "status": 200, "body": '{"code": 0, "data": [{}]}'}, "cloud_error"),
        ({"path": "device_list", "status": 200, "body": '{"code": 0, "data": [1]}'}, "cloud_error"),
    ],
)
async def test_what_the_cloud_suffers_from_is_told_apart(hass, sim, fault, error):
    break_cloud(sim, **fault)
    step = await submit(hass, await begin(hass), account_input(sim))
    assert (step["type"], step["step_id"]) == (FlowResultType.FORM, "password")
    assert step["errors"] == {"base": error}
    assert suggested(step) == account_input(sim) | {"keep_password": False}
    sim.world.faults.clear()
    assert (await submit(hass, step, account_input(sim)))["step_id"] == "service"


async def test_a_login_without_its_nonce_is_nonsense(hass, sim):
    answer = {"code": 0, "userId": 1, "passToken": "x", "ssecurity": "eA==", "location": f"https://{MINA}/sts?auth=x"}
    break_cloud(sim, path="serviceLoginAuth2", status=200, body=json.dumps(answer))
    step = await submit(hass, await begin(hass), account_input(sim))
    assert step["errors"] == {"base": "cloud_error"}


async def test_an_account_without_speakers_is_told(hass, sim):
    for speaker in list(sim.world.speakers):
        sim.world.remove_speaker(speaker)
    step = await submit(hass, await begin(hass), account_input(sim))
    assert step["errors"] == {"base": "no_speakers"}
    assert suggested(step) == account_input(sim) | {"keep_password": False}
    sim.world.add_speaker(DEFAULT_HOME[0])
    assert (await submit(hass, step, account_input(sim)))["step_id"] == "service"


async def test_an_account_is_set_up_once(hass, sim, entry):
    step = await submit(hass, await begin(hass), account_input(sim))
    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert len(hass.config_entries.async_entries(DOMAIN)) == 1


# The service


@pytest.mark.parametrize("address", ["api.openai.com/v1", "ftp://api.openai.com", "https://", "http://[", "那个网站"])
async def test_what_is_no_address_is_not_tried(hass, sim, address):
    typed = {"service_kind": "openai", "api_keys": ["sk-typed"], "base_url": address}
    step = await submit(hass, await at_service(hass, sim), typed)
    assert step["errors"] == {"base_url": "invalid_address"}
    assert suggested(step) == typed
    assert (await submit(hass, step, service_input(sim)))["step_id"] == "model"


async def test_a_wrong_key_is_told_at_the_key(hass, sim):
    typed = service_input(sim) | {"api_keys": ["sk-wrong"]}
    step = await submit(hass, await at_service(hass, sim), typed)
    assert (step["step_id"], step["errors"]) == ("service", {"api_keys": "llm_invalid_key"})
    assert suggested(step) == typed
    assert (await submit(hass, step, service_input(sim)))["step_id"] == "model"


async def test_a_service_that_is_not_there_is_told_at_the_address(hass, sim):
    typed = service_input(sim) | {"base_url": ABSENT}
    step = await submit(hass, await at_service(hass, sim), typed)
    assert (step["step_id"], step["errors"]) == ("service", {"base_url": "llm_cannot_connect"})
    assert suggested(step) == typed
    assert (await submit(hass, step, service_input(sim)))["step_id"] == "model"


@pytest.mark.parametrize(
    ("status", "body", "field", "error"),
    [
        (402, refusal("Insufficient Balance"), "api_keys", "llm_quota"),
        (429, refusal(code="insufficient_quota"), "api_keys", "llm_quota"),
        (429, refusal(), "base", "llm_rate_limited"),
        (403, refusal("Country not supported"), "base", "llm_forbidden"),
        (400, refusal("Country not supported"), "base", "llm_refused"),
        (500, refusal("Country not supported"), "base", "llm_service_error"),
    ],
)
async def test_each_refusal_of_the_list_is_told_where_it_can_be_mended(
    hass, sim, start_service, status, body, field, error
):
    typed = service_input(sim) | {"base_url": await start_service(status, body)}
    step = await submit(hass, await at_service(hass, sim), typed)
    assert (step["step_id"], step["errors"]) == ("service", {field: error})
    assert step["description_placeholders"]["detail"] == json.loads(body)["error"]["message"]
    assert suggested(step) == typed
    assert (await submit(hass, step, service_input(sim)))["step_id"] == "model"


async def test_a_service_at_home_needs_no_key(hass, sim):
    sim.llm.settings.api_key = None
    step = await submit(hass, await at_service(hass, sim), {"base_url": sim.llm_url})
    step = await submit(hass, step, {"model": "gpt-5-mini"})
    assert step["type"] is FlowResultType.CREATE_ENTRY
    assert step["result"].data["api_keys"] == []


# The model


async def test_a_service_without_a_list_takes_a_typed_model(hass, sim):
    sim.llm.settings.list_models = False
    step = await at_model(hass, sim)
    assert suggested(step) == {"model": None}
    (selector,) = step["data_schema"].schema.values()
    assert selector.config["options"] == []
    step = await submit(hass, step, {"model": "gpt-4o-mini"})
    await hass.async_block_till_done()
    assert assistant(step["result"]).data["model"] == "gpt-4o-mini"


async def test_a_model_that_there_is_not_is_told_at_the_model(hass, sim):
    step = await submit(hass, await at_model(hass, sim), {"model": "gpt-99"})
    assert (step["step_id"], step["errors"]) == ("model", {"model": "llm_no_such_model"})
    assert suggested(step) == {"model": "gpt-99"}
    (selector,) = step["data_schema"].schema.values()
    assert selector.config["options"] == ["gpt-4o-mini", "gpt-5-mini"]
    step = await submit(hass, step, {"model": "gpt-5-mini"})
    assert step["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(("failure", "error"), [("rate", "llm_rate_limited"), ("server", "llm_service_error")])
async def test_a_model_that_does_not_answer_is_told(hass, sim, failure, error):
    step = await at_model(hass, sim)
    sim.llm.settings.fail = failure
    step = await submit(hass, step, {"model": "gpt-5-mini"})
    assert (step["step_id"], step["errors"]) == ("model", {"base": error})
    assert step["description_placeholders"]["detail"]
    assert suggested(step) == {"model": "gpt-5-mini"}
    sim.llm.settings.fail = None
    step = await submit(hass, step, {"model": "gpt-5-mini"})
    assert step["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(("failure", "error"), [("quota", "llm_quota"), ("auth", "llm_invalid_key")])
async def test_a_key_that_only_lists_models_can_be_replaced(hass, sim, failure, error):
    step = await at_model(hass, sim)
    sim.llm.settings.fail = failure
    step = await submit(hass, step, {"model": "gpt-4o-mini"})
    assert (step["step_id"], step["errors"]) == ("service", {"api_keys": error})
    assert suggested(step) == service_input(sim)
    sim.llm.settings.fail = None
    step = await submit(hass, step, service_input(sim))
    assert (step["step_id"], suggested(step)) == ("model", {"model": "gpt-4o-mini"})
    step = await submit(hass, step, {"model": "gpt-4o-mini"})
    assert step["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (403, refusal("Not in your country"), "llm_forbidden"),
        (400, refusal("Not in your country"), "llm_refused"),
        (200, "data: [DONE]\n\n", "llm_empty_reply"),
    ],
)
async def test_each_refusal_of_the_model_is_told(hass, sim, start_service, status, body, error):
    step = await at_model(hass, sim, base_url=await start_service(status, body, ["a-model"]))
    assert suggested(step) == {"model": "a-model"}
    step = await submit(hass, step, {"model": "a-model"})
    assert (step["step_id"], step["errors"]) == ("model", {"base": error})
    assert suggested(step) == {"model": "a-model"}


async def test_a_server_that_is_no_such_service_is_told_at_its_address(hass, sim):
    """The missing /v1: a list of models is not to be expected everywhere, an answer is."""
    step = await at_model(hass, sim, base_url=sim.url)
    step = await submit(hass, step, {"model": "gpt-5-mini"})
    assert (step["step_id"], step["errors"]) == ("service", {"base_url": "llm_not_found"})


# Logging in again


async def test_a_lost_login_is_renewed(hass, sim, entry):
    tokens = entry.data["xiaomi"]
    sim.world.account.expire("all")
    step = await wait_for_flow(hass, "reauth")
    assert step["step_id"] == "reauth_confirm"
    step = await choose(hass, step, "password")
    assert suggested(step) == {"username": str(sim.world.account.user_id), "keep_password": False}
    before = entry.runtime_data
    step = await submit(hass, step, NOT_THE_PASSWORD)
    assert (step["step_id"], step["errors"]) == ("password", {"base": "wrong_credentials"})
    assert suggested(step) == NOT_THE_PASSWORD
    since = len(sim.timeline)
    step = await submit(hass, step, account_input(sim))
    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "login_renewed")
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data is not before
    assert entry.data["xiaomi"]["pass_token"] != tokens["pass_token"]
    assert entry.data["api_keys"] == [sim.llm.settings.api_key]
    await event(sim, "http", since=since, path="/device_profile/v2/conversation", status=200)


async def test_another_account_does_not_take_the_place_of_the_first(hass, sim, entry):
    kept = dict(entry.data)
    entry.async_start_reauth(hass)
    step = await choose(hass, await wait_for_flow(hass, "reauth"), "password")
    sim.world.account.user_id += 1
    step = await submit(hass, step, account_input(sim))
    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "wrong_account")
    assert entry.data["xiaomi"]["pass_token"] == kept["xiaomi"]["pass_token"]


async def test_an_entry_that_could_not_be_loaded_is_loaded_by_the_new_login(hass, sim, entry):
    await hass.config_entries.async_unload(entry.entry_id)
    sim.world.account.expire("all")
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    step = await choose(hass, await wait_for_flow(hass, "reauth"), "password")
    step = await submit(hass, step, account_input(sim))
    assert step["reason"] == "login_renewed"
    await hass.async_block_till_done()
    assert hass.config_entries.async_get_entry(entry.entry_id).state is ConfigEntryState.LOADED


# Changing the service


async def test_the_service_can_be_changed(hass, sim, entry):
    before = entry.runtime_data
    step = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    assert step["step_id"] == "reconfigure"
    step = await choose(hass, step, "service")
    assert suggested(step) == service_input(sim)
    sim.llm.settings.api_key = "sk-new"
    typed = service_input(sim) | {"api_keys": ["sk-wrong"]}
    step = await submit(hass, step, typed)
    assert (step["step_id"], step["errors"]) == ("service", {"api_keys": "llm_invalid_key"})
    assert suggested(step) == typed
    step = await submit(hass, step, typed | {"api_keys": ["sk-new"]})
    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "service_changed")
    await hass.async_block_till_done()
    assert entry.data["api_keys"] == ["sk-new"]
    assert entry.data["xiaomi"]["pass_token"]
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data is not before


# Assistants


async def add_assistant(hass, entry):
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, SUBENTRY_ASSISTANT), context={"source": SOURCE_USER}
    )


async def change_assistant(hass, entry):
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, SUBENTRY_ASSISTANT),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": assistant(entry).subentry_id},
    )


async def submit_assistant(hass, step, data):
    return await hass.config_entries.subentries.async_configure(step["flow_id"], data)


def options(step, field):
    return step["data_schema"].schema[field].config["options"]


async def test_an_assistant_can_be_added(hass, sim, entry):
    before = entry.runtime_data
    step = await add_assistant(hass, entry)
    assert (step["step_id"], step["errors"]) == ("user", {})
    assert suggested(step) == {
        "name": "小爱 GPT",
        "model": "gpt-5-mini",
        "prompt": default_prompt("zh-Hans"),
        "llm_hass_api": ["assist", "xiao_gpt"],
        "confirm_effects": True,
    }
    assert options(step, "llm_hass_api") == [
        {"label": "Assist", "value": "assist"},
        {"label": API_NAME, "value": "xiao_gpt"},
    ]
    step = await submit_assistant(hass, step, {"name": "诗人", "model": "gpt-4o-mini", "prompt": "只用诗句回答。"})
    assert (step["type"], step["title"]) == (FlowResultType.CREATE_ENTRY, "诗人")
    await hass.async_block_till_done()
    assert entry.runtime_data is not before
    titles = [subentry.title for subentry in entry.get_subentries_of_type(SUBENTRY_ASSISTANT)]
    assert titles == ["小爱 GPT", "诗人"]
    assert len(hass.states.async_entity_ids("conversation")) == 3


async def test_an_assistant_can_be_changed(hass, sim, entry):
    before, entity_id = entry.runtime_data, agent_id(hass, entry)
    step = await change_assistant(hass, entry)
    assert (step["step_id"], step["errors"]) == ("reconfigure", {})
    assert suggested(step) == {"name": "小爱 GPT", "confirm_effects": True, **assistant(entry).data}
    typed = {"name": "小智", "model": "gpt-99", "prompt": "说英文。"}
    step = await submit_assistant(hass, step, typed)
    assert (step["step_id"], step["errors"]) == ("reconfigure", {"model": "llm_no_such_model"})
    assert suggested(step) == typed
    assert options(step, "model") == ["gpt-4o-mini", "gpt-5-mini"]
    step = await submit_assistant(hass, step, typed | {"model": "gpt-4o-mini"})
    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "assistant_changed")
    await hass.async_block_till_done()
    assert entry.runtime_data is not before
    assert assistant(entry).title == "小智"
    assert assistant(entry).data == {"model": "gpt-4o-mini", "prompt": "说英文。"}
    assert agent_id(hass, entry) == entity_id


async def test_a_service_that_does_not_list_its_models_just_now_is_told(hass, sim, entry):
    sim.llm.settings.fail = "auth"
    step = await change_assistant(hass, entry)
    assert step["errors"] == {"base": "llm_invalid_key"}
    assert suggested(step)["model"] == "gpt-5-mini"
    sim.llm.settings.fail = None
    sim.llm.settings.list_models = False
    step = await change_assistant(hass, entry)
    assert step["errors"] == {}
    assert options(step, "model") == []
    assert suggested(step)["model"] == "gpt-5-mini"


async def test_an_assistant_of_an_entry_that_is_not_loaded_must_wait(hass, sim, entry):
    await hass.config_entries.async_unload(entry.entry_id)
    step = await add_assistant(hass, entry)
    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "entry_not_loaded")
