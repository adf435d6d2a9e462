"""The speaker as a player of music and other media."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, override

from homeassistant.components import conversation, media_source
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.media_player import MediaPlayerEntity
from homeassistant.components.media_player.browse_media import BrowseMedia
from homeassistant.components.media_player.const import (
    MediaPlayerDeviceClass,
    MediaPlayerEnqueue,
    MediaPlayerEntityFeature,
    MediaPlayerState,
    MediaType,
)
from homeassistant.core import HassJob, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from .addresses import address_for_speaker
from .const import DOMAIN, LOGGER
from .coordinator import XiaoGptConfigEntry, XiaoGptCoordinator
from .dialogue import Dialogue
from .entity import DialogueEntity, add_for_each_speaker
from .failures import told
from .routing import Decision
from .xiaomi import Piece, PlayStatus, Record, Status, XiaomiError

PARALLEL_UPDATES = 0

AT_FIRST_S = 10.0
"""After the start, when there is more urgent to ask the cloud for."""
SHOWN_S = 4.0
"""So long after a command, or after what was said, the status shows what came of it, to be sure."""
PLAYING_S = 30.0
"""Between two looks while something plays; else one comes with each reading of the device list."""
_NOTHING = Piece()


async def async_setup_entry(
    hass: HomeAssistant,
    entry: XiaoGptConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the player of each speaker, and of those that appear later."""
    add_for_each_speaker(
        entry, async_add_entities, lambda coordinator, dialogue: [Player(coordinator, dialogue, "player")]
    )


class Player(DialogueEntity, MediaPlayerEntity):
    """What a speaker plays, as far as it tells.

    A model whose status tells nothing shows what was asked of it last, as an assumption; nothing, until then. A model
    that is asked by MIoT is first asked after a command: that cloud is not logged in to for the look alone.

    Media end an answer that is being given. An announcement is played at once as well, in place of what plays: the
    cloud cannot bring that back. (A message that is spoken can: see `notify`.) Muted is as quiet as the model goes,
    which is not silent on all of them: the cloud has no other way on all models.
    """

    _attr_device_class = MediaPlayerDeviceClass.SPEAKER
    _attr_volume_step = 0.05
    _attr_supported_features = (
        MediaPlayerEntityFeature.PLAY
        | MediaPlayerEntityFeature.PAUSE
        | MediaPlayerEntityFeature.STOP
        | MediaPlayerEntityFeature.NEXT_TRACK
        | MediaPlayerEntityFeature.PREVIOUS_TRACK
        | MediaPlayerEntityFeature.VOLUME_SET
        | MediaPlayerEntityFeature.VOLUME_STEP
        | MediaPlayerEntityFeature.VOLUME_MUTE
        | MediaPlayerEntityFeature.PLAY_MEDIA
        | MediaPlayerEntityFeature.BROWSE_MEDIA
        | MediaPlayerEntityFeature.MEDIA_ANNOUNCE
    )

    def __init__(self, coordinator: XiaoGptCoordinator, dialogue: Dialogue, key: str) -> None:
        """Take the dialogue whose speaker it is."""
        super().__init__(coordinator, dialogue, key)
        self._speaker = dialogue.speaker
        self._asked: MediaPlayerState | None = None
        self._volume: int | None = None
        self._loud: int | None = None
        self._look_ends: Callable[[], None] | None = None

    # What it shows

    @property
    @override
    def assumed_state(self) -> bool:
        """Whether the state is what was asked for, not what the speaker tells."""
        return not self._speaker.reports_status

    @property
    @override
    def state(self) -> MediaPlayerState | None:
        """What it does; None where nobody knows."""
        status = self._speaker.last_status
        if self._asked is not None or status is None:
            return self._asked
        if status.playing:
            return MediaPlayerState.PLAYING
        return MediaPlayerState.PAUSED if status.paused else MediaPlayerState.IDLE

    @property
    @override
    def volume_level(self) -> float | None:
        """The volume, 0 to 1."""
        return None if self._volume is None else self._volume / 100

    @property
    @override
    def is_volume_muted(self) -> bool:
        """Whether it was muted here, and nobody has made it louder since."""
        return self._loud is not None

    @callback
    def _noted(self, status: PlayStatus) -> None:
        """Show a status that was read, whoever asked for it."""
        self._asked = None
        self._note_volume(status.volume)
        piece = status.piece or _NOTHING
        self._attr_media_content_type = MediaType.MUSIC if status.music else None
        self._attr_media_title = piece.title or None
        self._attr_media_artist = piece.artist or None
        self._attr_media_image_url = piece.cover or None
        self._attr_media_duration = None if piece.duration_s is None else int(piece.duration_s)
        self._attr_media_position = None if piece.position_s is None else int(piece.position_s)
        self._attr_media_position_updated_at = None if piece.position_s is None else dt_util.utcnow()
        if status.playing:
            self._look_in(PLAYING_S)
        self.async_write_ha_state()

    def _note_volume(self, percent: int | None) -> None:
        if percent is None:
            return
        self._volume = percent
        if percent > self._speaker.model.min_volume:
            self._loud = None

    # When it looks

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what is known anyway, and what may change it."""
        await super().async_added_to_hass()
        self._keep_to_itself()
        self._speaker.on_status = self._noted
        self.async_on_remove(self._end)
        self.async_on_remove(self.dialogue.listen(self._heard))
        self.async_on_remove(self.dialogue.observe(self._stirred))
        if (status := self._speaker.last_status) is not None:
            self._noted(status)
        elif self._speaker.model.status is not Status.MIOT:
            self._look_in(AT_FIRST_S)

    def _keep_to_itself(self) -> None:
        """Hide it from the voice assistants, until a person exposes it.

        "下一首" is heard, and obeyed, by XiaoAI itself: Home Assistant would skip a second piece. And in a home without
        anything else that can be controlled, it is not worth asking Home Assistant.
        """
        known = self.registry_entry
        if known is not None and "should_expose" not in known.options.get(conversation.DOMAIN, {}):
            async_expose_entity(self.hass, conversation.DOMAIN, self.entity_id, should_expose=False)

    @callback
    def _end(self) -> None:
        self._speaker.on_status = None
        self._cancel_look()

    @callback
    def _heard(self, record: Record, decision: Decision) -> None:
        """Look what XiaoAI does with what was said to it."""
        self._look_if_used()

    @callback
    def _stirred(self) -> None:
        if not self.dialogue.answering:
            self._look_if_used()

    def _look_if_used(self) -> None:
        """Look soon, unless nothing has ever been told by this speaker."""
        if self._speaker.last_status is not None:
            self._look_in(SHOWN_S)

    @callback
    def _look_in(self, seconds: float) -> None:
        """Look after so many seconds, and not before."""
        self._cancel_look()
        self._look_ends = async_call_later(
            self.hass, seconds, HassJob(self._look, f"{self.entity_id} looks", cancel_on_shutdown=True)
        )

    def _cancel_look(self) -> None:
        if self._look_ends is not None:
            self._look_ends()
            self._look_ends = None

    async def _look(self, _: datetime) -> None:
        """Read the status, or the volume where there is none."""
        self._look_ends = None
        try:
            if self._speaker.reports_status:
                await self._speaker.status()  # which is noted by itself
            else:
                self._note_volume(await self._speaker.volume())
                self.async_write_ha_state()
        except XiaomiError as err:
            LOGGER.debug("What %s plays is not known: %s", self._speaker.info.name, err)

    # What it is told

    async def _do(self, command: Awaitable[object], then: MediaPlayerState | None = None) -> None:
        """Give a command, show what should come of it, and look soon if it has."""
        with told(self._speaker.info.name):
            await command
        if then is not None:
            self._asked = then
        self._look_in(SHOWN_S)
        self.async_write_ha_state()

    @override
    async def async_media_play(self) -> None:
        """Let go on what was paused."""
        await self._do(self._speaker.resume(), MediaPlayerState.PLAYING)

    @override
    async def async_media_pause(self) -> None:
        """Pause what plays; an answer ends."""
        self.dialogue.interrupt()
        await self._do(self._speaker.pause(), MediaPlayerState.PAUSED)

    @override
    async def async_media_stop(self) -> None:
        """Silence the speaker for good."""
        await self._do(self.dialogue.hush(), MediaPlayerState.IDLE)

    @override
    async def async_media_next_track(self) -> None:
        """Play the next piece."""
        await self._do(self._speaker.next_track())

    @override
    async def async_media_previous_track(self) -> None:
        """Play the piece before."""
        await self._do(self._speaker.previous_track())

    @override
    async def async_set_volume_level(self, volume: float) -> None:
        """Set the volume; the model's least is the least."""
        percent = max(self._speaker.model.min_volume, round(volume * 100))
        await self._do(self._speaker.set_volume(percent))
        self._loud = None
        self._volume = percent
        self.async_write_ha_state()

    @override
    async def async_mute_volume(self, mute: bool) -> None:
        """Make it as quiet as it goes, or as loud as it was before."""
        before = self._loud
        if mute is (before is not None):
            return
        if before is not None:
            await self.async_set_volume_level(before / 100)
            return
        with told(self._speaker.info.name):
            loud = await self._speaker.volume()
        if loud is None:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="volume_unknown",
                translation_placeholders={"name": self._speaker.info.name},
            )
        await self.async_set_volume_level(0)
        self._loud = loud
        self.async_write_ha_state()

    @override
    async def async_play_media(
        self,
        media_type: MediaType | str,
        media_id: str,
        enqueue: MediaPlayerEnqueue | None = None,
        announce: bool | None = None,
        **kwargs: Any,
    ) -> None:
        """Play what an address holds, or media of Home Assistant."""
        if media_source.is_media_source_id(media_id):
            media_id = (await media_source.async_resolve_media(self.hass, media_id, self.entity_id)).url
        address = address_for_speaker(self.hass, media_id)
        self.dialogue.interrupt()
        await self._do(self._speaker.play_url(address), MediaPlayerState.PLAYING)

    @override
    async def async_browse_media(
        self, media_content_type: MediaType | str | None = None, media_content_id: str | None = None
    ) -> BrowseMedia:
        """Show Home Assistant's media that can be heard."""
        return await media_source.async_browse_media(
            self.hass, media_content_id, content_filter=lambda item: item.media_content_type.startswith("audio/")
        )
