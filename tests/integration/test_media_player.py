"""The speaker as a player."""

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.media_player.browse_media import async_process_play_media_url
from homeassistant.components.media_player.const import MediaPlayerEntityFeature
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest

from custom_components.xiao_gpt import media_player
from custom_components.xiao_gpt.const import DOMAIN
from simulator.speaker import Track
from tests.integration.support import begin_story, break_cloud, event, polls, wait_for_state

RADIO = "http://192.0.2.7/radio.mp3"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Look as early as a world allows that is five times as fast as life."""
    for name, seconds in {"AT_FIRST_S": 0.2, "SHOWN_S": 0.3, "PLAYING_S": 0.5}.items():
        monkeypatch.setattr(media_player, name, seconds)


@pytest.fixture
def player(hass, entry):
    """Return a function that returns the entity id of a speaker's player."""

    def find(corner):
        return er.async_get(hass).async_get_entity_id(Platform.MEDIA_PLAYER, DOMAIN, f"{corner.did}-player")

    return find


@pytest.fixture
def call(hass, player):
    """Return a function that performs an action of a speaker's player."""

    async def perform(corner, action, **data):
        await hass.services.async_call("media_player", action, {"entity_id": player(corner), **data}, blocking=True)

    return perform


@pytest.fixture
def speaker(sim):
    """Return a function that returns the speaker itself."""
    return lambda corner: sim.world.speaker(corner.name)


def commands(corner, since=0):
    return [one.fields["command"] for one in corner.told(since=since)]


# What it shows


async def test_it_shows_what_the_speaker_tells(hass, living, player, speaker, call):
    assert (await wait_for_state(hass, player(living), "idle")).attributes["volume_level"] == 0.4
    speaker(living).play_music(Track("小河淌水", "龚琳娜", seconds=240))
    await polls(living.sim, 1)  # the status is late
    await living.entry.runtime_data.coordinator.async_refresh()
    shown = (await wait_for_state(hass, player(living), "playing")).attributes
    assert (shown["media_title"], shown["media_artist"], shown["media_duration"]) == ("小河淌水", "龚琳娜", 240)
    assert not shown.get("assumed_state")
    speaker(living).stop_music()
    shown = (await wait_for_state(hass, player(living), "idle")).attributes  # it looks again while something plays
    assert "media_title" not in shown


async def test_it_looks_what_xiaoai_plays_when_it_was_told_to(hass, living, player):
    await wait_for_state(hass, player(living), "idle")
    since = living.ask("放一首小河淌水", "好的", kind="AUDIO")
    since = (await living.event("music_started", since=since)).seq
    for _ in range(2):  # the status is late
        since = (await living.event("status_read", since=since + 1)).seq
    shown = await wait_for_state(hass, player(living), "playing")
    assert shown.attributes["media_content_type"] == "music"


async def test_a_blind_speaker_shows_what_was_asked_of_it_as_an_assumption(hass, bedroom, player, call):
    state = hass.states.get(player(bedroom))
    assert (state.state, state.attributes["assumed_state"]) == (STATE_UNKNOWN, True)
    await call(bedroom, "media_play")
    assert hass.states.get(player(bedroom)).state == "playing"
    await call(bedroom, "media_pause")
    assert hass.states.get(player(bedroom)).state == "paused"
    await call(bedroom, "media_stop")
    assert hass.states.get(player(bedroom)).state == "idle"


async def test_the_other_cloud_is_not_asked_before_it_is_needed(hass, sim, corner, player, call):
    kitchen = corner("厨房小爱")
    await wait_for_state(hass, player(corner("客厅小爱")), "idle")
    await kitchen.entry.runtime_data.coordinator.async_refresh()
    assert hass.states.get(player(kitchen)).state == STATE_UNKNOWN
    assert not [one for one in sim.timeline.since(0, "http") if one.fields["path"].endswith("prop/get")]
    await call(kitchen, "play_media", media_content_id=RADIO, media_content_type="music")
    await event(sim, "status_read", speaker=kitchen.name, via="miot")
    await wait_for_state(hass, player(kitchen), "playing")


async def test_a_cloud_that_fails_changes_nothing(hass, sim, living, player, call):
    sim.settings.update({"status_lag": 0.0})
    sim.world.speaker(living.name).play_music(Track("小河淌水"))
    await living.entry.runtime_data.coordinator.async_refresh()
    await wait_for_state(hass, player(living), "playing")
    break_cloud(sim, path="/remote/ubus", status=502)
    since = len(sim.timeline)
    await event(sim, "http", since=since, path="/remote/ubus")  # it looks again, in vain
    await polls(sim)
    assert hass.states.get(player(living)).state == "playing"


async def test_it_is_unavailable_when_the_speaker_is(hass, sim, entry, living, player):
    sim.world.set_online(living.name, False)
    await entry.runtime_data.coordinator.async_refresh()
    assert hass.states.get(player(living)).state == STATE_UNAVAILABLE


async def test_it_is_hidden_from_the_assistants_until_a_person_exposes_it(hass, entry, living, player, exposed):
    assert not exposed(player(living))
    async_expose_entity(hass, "conversation", player(living), True)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert exposed(player(living))


# What it is told


async def test_music_is_paused_and_goes_on(hass, living, player, speaker, call):
    speaker(living).play_music(Track("小河淌水"))
    await call(living, "media_pause")
    assert hass.states.get(player(living)).state == "paused"
    assert speaker(living).state.status == 2
    await call(living, "media_play")
    assert hass.states.get(player(living)).state == "playing"
    assert speaker(living).state.status == 1
    await call(living, "media_next_track")
    await call(living, "media_previous_track")
    assert commands(living)[-2:] == ["next", "prev"]


@pytest.mark.parametrize("action", ["media_pause", "media_stop"])
async def test_an_answer_ends(sim, living, call, action):
    request = await begin_story(living)
    await call(living, action)
    await event(sim, "llm_finished", id=request.fields["id"], reason="closed_by_client")


async def test_the_volume_is_set_and_changed_by_steps(hass, living, player, speaker, call):
    await call(living, "volume_set", volume_level=0.5)
    assert speaker(living).volume == 50
    await call(living, "volume_up")
    await call(living, "volume_up")
    await call(living, "volume_down")
    assert speaker(living).volume == 55
    assert hass.states.get(player(living)).attributes["volume_level"] == 0.55
    await call(living, "volume_set", volume_level=0)
    assert hass.states.get(player(living)).attributes["volume_level"] == 0.06  # the model's least


@pytest.mark.parametrize("name", ["客厅小爱", "卧室小爱"])
async def test_it_is_muted_and_as_loud_as_before(hass, corner, player, speaker, call, name):
    place = corner(name)
    await call(place, "volume_mute", is_volume_muted=True)
    least = speaker(place).model.min_volume
    assert speaker(place).volume == least
    assert hass.states.get(player(place)).attributes["is_volume_muted"] is True
    told = len(place.told())
    await call(place, "volume_mute", is_volume_muted=True)
    assert len(place.told()) == told
    await call(place, "volume_mute", is_volume_muted=False)
    assert speaker(place).volume == 40
    assert hass.states.get(player(place)).attributes["is_volume_muted"] is False


async def test_who_makes_it_louder_by_hand_unmutes_it(hass, living, player, speaker, call):
    await call(living, "volume_mute", is_volume_muted=True)
    speaker(living).set_volume(30, "ubus")
    await living.entry.runtime_data.coordinator.async_refresh()
    await living.speaker.status()
    assert hass.states.get(player(living)).attributes["is_volume_muted"] is False


@pytest.mark.parametrize("action", ["media_play", "media_pause", "media_stop", "media_next_track", "volume_up"])
async def test_a_speaker_that_does_not_answer_is_told_of(hass, sim, living, player, call, action):
    await wait_for_state(hass, player(living), "idle")
    sim.world.set_online(living.name, False)
    with pytest.raises(HomeAssistantError) as raised:
        await call(living, action)
    assert raised.value.translation_key == "speaker_unreachable"


async def test_a_volume_that_is_not_told_is_not_muted(hass, sim, living, player, call):
    await wait_for_state(hass, player(living), "idle")
    break_cloud(sim, path="/remote/ubus", status=200, body='{"code":0,"data":{"code":0,"info":"{\\"status\\":0}"}}')
    with pytest.raises(HomeAssistantError) as raised:
        await call(living, "volume_mute", is_volume_muted=True)
    assert raised.value.translation_key == "volume_unknown"
    assert living.told("volume") == []


# Media


@pytest.mark.parametrize("name", ["客厅小爱", "卧室小爱", "厨房小爱"])
@pytest.mark.parametrize("announce", [None, True])
async def test_what_an_address_holds_is_played(hass, sim, corner, player, speaker, call, name, announce):
    place = corner(name)
    data = {} if announce is None else {"announce": announce}
    since = len(sim.timeline)
    await call(place, "play_media", media_content_id=RADIO, media_content_type="music", **data)
    started = await place.event("music_started", since=since)
    assert started.fields["url"] == RADIO
    assert hass.states.get(player(place)).state == "playing"


async def test_it_ends_an_answer(sim, living, call):
    request = await begin_story(living)
    await call(living, "play_media", media_content_id=RADIO, media_content_type="music")
    await event(sim, "llm_finished", id=request.fields["id"], reason="closed_by_client")


async def test_a_path_of_home_assistant_becomes_an_address(hass, sim, living, call):
    await async_process_ha_core_config(hass, {"internal_url": "http://192.0.2.1:8123"})
    await call(living, "play_media", media_content_id="/local/bell.mp3", media_content_type="music")
    (command,) = living.told("play_url")
    assert command.fields["url"] == "http://192.0.2.1:8123/local/bell.mp3"


async def test_media_of_home_assistant_are_found_and_signed(hass, sim, living, player, call, tmp_path):
    (tmp_path / "bell.mp3").write_bytes(b"")
    await async_process_ha_core_config(
        hass, {"internal_url": "http://192.0.2.1:8123", "media_dirs": {"local": str(tmp_path)}}
    )
    assert await async_setup_component(hass, "media_source", {})
    media = "media-source://media_source/local/bell.mp3"
    await call(living, "play_media", media_content_id=media, media_content_type="audio/mpeg")
    (command,) = living.told("play_url")
    assert command.fields["url"].startswith("http://192.0.2.1:8123/media/local/bell.mp3?authSig=")


@pytest.mark.parametrize(
    ("media", "key"),
    [
        ("http://127.0.0.1:8123/local/bell.mp3", "address_out_of_reach"),
        ("http://localhost/bell.mp3", "address_out_of_reach"),
        ("http://[::1]/bell.mp3", "address_out_of_reach"),
        ("http://0.0.0.0/bell.mp3", "address_out_of_reach"),
        ("spotify:track:1", "no_media_address"),
        ("http://", "no_media_address"),
        ("http://[1/bell.mp3", "no_media_address"),
        ("bell.mp3", "no_media_address"),
    ],
)
async def test_what_a_speaker_cannot_fetch_is_refused(living, call, media, key):
    with pytest.raises(ServiceValidationError) as raised:
        await call(living, "play_media", media_content_id=media, media_content_type="music")
    assert raised.value.translation_key == key
    assert living.told() == []


async def test_an_address_of_home_assistant_that_means_itself_is_refused_without_its_signature(hass, living, call):
    await async_process_ha_core_config(hass, {"internal_url": "http://127.0.0.1:8123"})
    assert async_process_play_media_url(hass, "/local/bell.mp3").startswith("http://127.0.0.1")
    with pytest.raises(ServiceValidationError) as raised:
        await call(living, "play_media", media_content_id="/media/local/bell.mp3", media_content_type="music")
    assert raised.value.translation_placeholders == {"host": "127.0.0.1"}


@pytest.fixture
async def media(hass, tmp_path):
    """A folder of media, which Home Assistant must know before it sets anything up."""
    (tmp_path / "bell.mp3").write_bytes(b"")
    (tmp_path / "cat.png").write_bytes(b"")
    await async_process_ha_core_config(hass, {"media_dirs": {"local": str(tmp_path)}})


async def test_media_can_be_browsed(hass, media, living, player, hass_ws_client):
    assert await async_setup_component(hass, "media_source", {})
    client = await hass_ws_client()
    await client.send_json_auto_id(
        {
            "type": "media_player/browse_media",
            "entity_id": player(living),
            "media_content_type": "",
            "media_content_id": "media-source://media_source/local/.",
        }
    )
    answer = await client.receive_json()
    assert answer["success"]
    assert [child["title"] for child in answer["result"]["children"]] == ["bell.mp3"]


async def test_it_says_what_it_can(hass, living, player):
    features = hass.states.get(player(living)).attributes["supported_features"]
    for feature in ("PLAY", "PAUSE", "STOP", "VOLUME_SET", "VOLUME_MUTE", "PLAY_MEDIA", "MEDIA_ANNOUNCE"):
        assert features & MediaPlayerEntityFeature[feature]
    assert not features & MediaPlayerEntityFeature.GROUPING
