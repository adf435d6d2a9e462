"""Kept conversations as JSON Lines, as services for fine-tuning take them: one conversation a line."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
import json
from pathlib import Path
from typing import Any

from homeassistant.const import CONF_PROMPT
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.service import async_register_admin_service
from homeassistant.util import dt as dt_util
import probatio as vol

from .archive import Kept
from .const import DOMAIN
from .coordinator import XiaoGptConfigEntry
from .exchange import By
from .redaction import redact
from .targets import ATTR_CONFIG_ENTRY, entry_of

SERVICE_EXPORT = "export_conversations"
ATTR_DAYS = "days"
ATTR_ANSWERED_BY = "answered_by"
ATTR_REDACT = "redact"
ATTR_SYSTEM_PROMPT = "system_prompt"
ATTR_PATH = "path"

_ANSWERED_BY = (By.AGENT, By.HOME, By.XIAOAI)
_SCHEMA = vol.Schema(
    {
        vol.Optional(ATTR_CONFIG_ENTRY): cv.string,
        vol.Optional(ATTR_DAYS): vol.All(vol.Coerce(int), vol.Range(min=1)),
        vol.Optional(ATTR_ANSWERED_BY, default=[By.AGENT]): vol.All(cv.ensure_list, [vol.In(_ANSWERED_BY)]),
        vol.Optional(ATTR_REDACT, default=True): cv.boolean,
        vol.Optional(ATTR_SYSTEM_PROMPT, default=True): cv.boolean,
        vol.Optional(ATTR_PATH): cv.path,
    }
)


def as_lines(exchanges: Iterable[Kept], clean: Callable[[str], str], prompts: Mapping[str, str]) -> list[str]:
    """Return one JSON object a conversation: {"messages": [{"role", "content"}, ...]}.

    What was interrupted or not answered teaches nothing and is left out.

    Args:
        exchanges: the oldest first; those of several speakers may be mixed.
        clean: applied to each text.
        prompts: system prompts by agent; an agent without one gets no system message.
    """
    conversations: dict[tuple[str, str], list[dict[str, str]]] = {}

    def message(role: str, text: str) -> dict[str, str]:
        return {"role": role, "content": clean(text)}

    for kept in exchanges:
        if not kept.question or not kept.answer or kept.interrupted:
            continue
        prompt = prompts.get(kept.agent)
        messages = conversations.setdefault(
            (kept.conversation, kept.agent), [message("system", prompt)] if prompt else []
        )
        messages += [message("user", kept.question), message("assistant", kept.answer)]
    return [json.dumps({"messages": messages}, ensure_ascii=False) for messages in conversations.values()]


@callback
def async_setup_export(hass: HomeAssistant) -> None:
    """Register the action. What a family has said is not for everyone who may push a button: administrators only."""

    async def export(call: ServiceCall) -> ServiceResponse:
        entry = entry_of(hass, call)
        archive = entry.runtime_data.archive
        if not archive.agreed:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="conversations_not_kept")
        days, answered_by = call.data.get(ATTR_DAYS), call.data[ATTR_ANSWERED_BY]
        since = dt_util.utcnow() - timedelta(days=days) if days else None
        chosen = [kept for kept in archive if kept.by in answered_by and (since is None or kept.when >= since)]
        people = [state.name for state in hass.states.async_all("person")]
        clean = partial(redact, names=people) if call.data[ATTR_REDACT] else str
        prompts = _prompts(hass, entry) if call.data[ATTR_SYSTEM_PROMPT] else {}
        # Thousands of texts are searched for what is to be taken out.
        lines = await hass.async_add_executor_job(as_lines, chosen, clean, prompts)
        if (path := call.data.get(ATTR_PATH)) is None:
            return {"conversations": len(lines), "jsonl": "".join(f"{line}\n" for line in lines)}
        await _write(hass, path, lines)
        return {"conversations": len(lines), "path": path}

    async_register_admin_service(
        hass, DOMAIN, SERVICE_EXPORT, export, schema=_SCHEMA, supports_response=SupportsResponse.ONLY
    )


async def _write(hass: HomeAssistant, path: str, lines: list[str]) -> None:
    """Write a file.

    Raises:
        ServiceValidationError: nothing may be written there.
        HomeAssistantError: it cannot be.
    """
    told: dict[str, Any] = {"translation_domain": DOMAIN, "translation_placeholders": {"path": path}}
    if not hass.config.is_allowed_path(path):
        raise ServiceValidationError(translation_key="path_not_allowed", **told)
    text = "".join(f"{line}\n" for line in lines)
    try:
        await hass.async_add_executor_job(Path(path).write_text, text, "utf-8")
    except OSError as err:
        told["translation_placeholders"]["error"] = err.strerror or str(err)
        raise HomeAssistantError(translation_key="cannot_write", **told) from err


def _prompts(hass: HomeAssistant, entry: XiaoGptConfigEntry) -> dict[str, str]:
    """Return the system prompts of the entry's assistants, as they were typed, by entity id."""
    return {
        entity.entity_id: str(subentry.data.get(CONF_PROMPT) or "")
        for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if entity.domain == "conversation" and (subentry := entry.subentries.get(entity.config_subentry_id or ""))
    }
