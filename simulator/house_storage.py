"""What a house's folder holds before Home Assistant starts in it: configuration, owner, rooms and lamps.

Written to `.storage` and not made by onboarding over REST, because onboarding starts integrations that look for the
Internet for ever. The versions are those of Home Assistant 2026.11; it migrates what is older by itself.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
import json
from pathlib import Path
import secrets
import time
from typing import Any
import uuid

import bcrypt
import jwt

OWNER = "主人"
USERNAME = "owner"
PASSWORD = "xiao-gpt"
TOKEN_NAME = "harness"
TOKEN_SECONDS = 365 * 24 * 3600
SEEDED_AT = "2026-11-01T00:00:00+00:00"

DEFAULT_LOG_LEVELS = {"default": "warning", "custom_components.xiao_gpt": "debug"}
"""Warnings of everything, and all that the integration says."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """A template light on an input_boolean, in an area of its own."""

    key: str
    """Object id of the light and of its switch, and the area's id."""
    name: str
    area: str
    icon: str
    """Icon of the area."""

    @property
    def light(self) -> str:
        """Return the entity id of the light."""
        return f"light.{self.key}"

    @property
    def switch(self) -> str:
        """Return the entity id of the input_boolean behind the light."""
        return f"input_boolean.{self.key}"

    def template(self) -> dict[str, Any]:
        """Return the light's configuration."""
        target = {"entity_id": self.switch}
        return {
            "name": self.name,
            "unique_id": f"lamp_{self.key}",
            "default_entity_id": self.light,
            "state": f"{{{{ is_state('{self.switch}', 'on') }}}}",
            "turn_on": [{"action": "input_boolean.turn_on", "target": target}],
            "turn_off": [{"action": "input_boolean.turn_off", "target": target}],
        }


LAMPS = (
    Lamp("living_room", "客厅灯", "客厅", "mdi:sofa"),
    Lamp("bedroom", "卧室灯", "卧室", "mdi:bed"),
)


def write_configuration(config: Path, *, log_levels: Mapping[str, str], extra: Mapping[str, Any]) -> None:
    """Write `configuration.yaml`; every start may bring another one.

    Args:
        config: Home Assistant's configuration folder.
        log_levels: Level by logger name; ``default`` is the one for all others.
        extra: Top-level keys to add; lists and mappings are added to those that are there.
    """
    configuration: dict[str, Any] = {
        "assist_pipeline": {},
        "logger": {
            "default": log_levels.get("default", "warning"),
            "logs": {name: level for name, level in log_levels.items() if name != "default"},
        },
        "input_boolean": {lamp.key: {"name": lamp.name} for lamp in LAMPS},
        "template": [{"light": [lamp.template() for lamp in LAMPS]}],
    }
    for key, value in extra.items():
        match configuration.get(key):
            case dict() as ours:
                configuration[key] = ours | value
            case list() as ours:
                configuration[key] = [*ours, *value]
            case _:
                configuration[key] = value
    # JSON is YAML too, and has no quoting to get wrong.
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in configuration.items()]
    # Where the automations are that somebody makes in the browser.
    lines.append("automation ui: !include automations.yaml")
    (config / "configuration.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (config / "automations.yaml").touch()


def write_http(config: Path, port: int) -> None:
    """Bind the server to loopback.

    2026.11 takes an `http:` in YAML as a trial and restarts itself after five minutes; what is ``stable`` stays.
    """
    stable = {
        "server_host": ["127.0.0.1"],
        "server_port": port,
        "cors_allowed_origins": [],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": False,
        "ssl_profile": "intermediate_v6",
        "use_x_frame_options": True,
        "created_at": SEEDED_AT,
        "error": None,
        "error_message": None,
    }
    _store(config, "http", {"stable": stable, "pending": None, "yaml_migration_done": True}, version=3)


def seed(config: Path, *, language: str) -> bool:
    """Furnish the folder of a new house; return False and change nothing if somebody already lives there."""
    if (config / ".storage" / "auth").exists():
        return False
    (config / ".storage").mkdir(parents=True, exist_ok=True)
    user = uuid.uuid4().hex
    _seed_owner(config, user)
    _seed_core(config, language)
    _store(config, f"frontend.user_data_{user}", {"language": user_language(language)})
    # Without the version that it began with, the overview greets everybody with a banner about its new looks; with the
    # date, a toast asks for the onboarding survey from the fifth day on.
    _store(config, "frontend.system_data", {"core": {"onboarded_version": "2026.11.0"}})
    # The assumption of 2026.11 that a house in China wants its catalogue mirrored comes as a repair, with a badge in
    # every picture, wherever the catalogue cannot be reached. A user would ignore it; so does this one.
    suggestion = {
        "config_entry_id": None,
        "created": SEEDED_AT,
        "dismissed_version": "2026.11.0",
        "domain": "marketplace",
        "is_persistent": False,
        "issue_id": "download_profile_hasscn",
    }
    _store(config, "repairs.issue_registry", {"issues": [suggestion]}, minor=3)
    return True


def user_language(language: str) -> dict[str, str]:
    """Return the frontend's language settings of a user."""
    return {
        "language": language,
        "number_format": "language",
        "time_format": "language",
        "date_format": "language",
        "time_zone": "local",
        "first_weekday": "language",
    }


def long_lived_token(config: Path) -> str:
    """Sign the owner's long-lived access token, as Home Assistant itself would."""
    auth = json.loads((config / ".storage" / "auth").read_text(encoding="utf-8"))
    refresh = next(token for token in auth["data"]["refresh_tokens"] if token["client_name"] == TOKEN_NAME)
    # A minute back, so that clocks may differ.
    issued = int(time.time()) - 60
    claims = {"iss": refresh["id"], "iat": issued, "exp": issued + TOKEN_SECONDS}
    return jwt.encode(claims, refresh["jwt_key"], algorithm="HS256")


def _seed_owner(config: Path, user: str) -> None:
    credential = uuid.uuid4().hex
    groups = {"system-admin": "Administrators", "system-users": "Users", "system-read-only": "Read Only"}
    auth = {
        "users": [
            {
                "id": user,
                "group_ids": ["system-admin"],
                "is_owner": True,
                "is_active": True,
                "name": OWNER,
                "system_generated": False,
                "local_only": False,
            }
        ],
        "groups": [{"id": key, "name": name} for key, name in groups.items()],
        "credentials": [
            {
                "id": credential,
                "user_id": user,
                "auth_provider_type": "homeassistant",
                "auth_provider_id": None,
                "data": {"username": USERNAME},
            }
        ],
        "refresh_tokens": [
            {
                "id": uuid.uuid4().hex,
                "user_id": user,
                "client_id": None,
                "client_name": TOKEN_NAME,
                "client_icon": None,
                "token_type": "long_lived_access_token",
                "created_at": SEEDED_AT,
                "access_token_expiration": float(TOKEN_SECONDS),
                "token": secrets.token_hex(64),
                "jwt_key": secrets.token_hex(64),
                "last_used_at": None,
                "last_used_ip": None,
                "expire_at": None,
                "credential_id": None,
                "version": "2026.11.0",
            }
        ],
    }
    _store(config, "auth", auth)
    # The cheapest hash: the password is no secret.
    hashed = base64.b64encode(bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(rounds=4))).decode()
    _store(config, "auth_provider.homeassistant", {"users": [{"username": USERNAME, "password": hashed}]})
    person: dict[str, Any] = {"id": "owner", "name": OWNER, "user_id": user, "device_trackers": [], "picture": None}
    _store(config, "person", {"items": [person]}, version=2)


def _seed_core(config: Path, language: str) -> None:
    core = {
        "latitude": 31.2304,
        "longitude": 121.4737,
        "elevation": 4,
        "radius": 100,
        "unit_system_v2": "metric",
        "location_name": "家" if language.startswith("zh") else "Home",
        "time_zone": "Asia/Shanghai",
        "external_url": None,
        "internal_url": None,
        "currency": "CNY",
        "country": "CN",
        "language": language,
    }
    _store(config, "core.config", core, minor=4)
    _store(config, "onboarding", {"done": ["user", "core_config", "analytics", "integration"]}, version=4)
    _store(config, "core.analytics", {"onboarded": True, "preferences": {}, "uuid": None})
    areas: list[dict[str, Any]] = [
        {
            "aliases": [],
            "floor_id": None,
            "humidity_entity_id": None,
            "icon": lamp.icon,
            "id": lamp.key,
            "labels": [],
            "name": lamp.area,
            "picture": None,
            "temperature_entity_id": None,
            "created_at": SEEDED_AT,
            "modified_at": SEEDED_AT,
        }
        for lamp in LAMPS
    ]
    _store(config, "core.area_registry", {"areas": areas}, minor=9)


def _store(config: Path, key: str, data: dict[str, Any], *, version: int = 1, minor: int = 1) -> None:
    """Write one file as Home Assistant's `Store` would."""
    document = {"version": version, "minor_version": minor, "key": key, "data": data}
    path = config / ".storage" / key
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2), encoding="utf-8")
