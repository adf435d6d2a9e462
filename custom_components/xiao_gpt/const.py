"""Names shared by the whole integration."""

import logging
from typing import Final

DOMAIN: Final = "xiao_gpt"
LOGGER = logging.getLogger(__package__)

CONF_API_KEYS: Final = "api_keys"
CONF_API_VERSION: Final = "api_version"
"""Azure's; empty for all others."""
CONF_BASE_URL: Final = "base_url"
CONF_IMAGE_MODEL: Final = "image_model"
CONF_PROXY: Final = "proxy"
CONF_SERVICE_KIND: Final = "service_kind"
CONF_XIAOMI: Final = "xiaomi"
"""Key of the entry's data that holds the account's credentials."""

XIAOMI_ACCOUNT_URL: Final = "https://account.xiaomi.com"
"""Where a person manages the account."""

SUBENTRY_ASSISTANT: Final = "conversation"

GATEWAY_VARIABLE: Final = "XIAO_GPT_CLOUD_GATEWAY"
"""Environment variable with an address through which Xiaomi's hosts are reached; the demo and the tests set it to the
simulator's. Unset, as in any home, the hosts themselves are spoken to."""
