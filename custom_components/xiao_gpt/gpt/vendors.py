"""Whose service an address leads to: the same protocol, and each vendor's own words for what goes beyond it."""

from enum import Enum

from yarl import URL


class Vendor(Enum):
    """Who runs a service; the values are what they call themselves."""

    OPENAI = "OpenAI"
    AZURE = "Microsoft Azure"
    DEEPSEEK = "DeepSeek"
    QWEN = "Alibaba Cloud"
    """Alibaba's Model Studio (DashScope)."""
    MOONSHOT = "Moonshot AI"
    ZHIPU = "Zhipu AI"
    DOUBAO = "Volcano Engine"
    """Volcano Engine's Ark, where a model may be named by an endpoint (ep-...)."""
    OTHER = ""
    """Anybody else, also at home: Ollama, vLLM, a gateway."""


_HOSTS = {
    "api.openai.com": Vendor.OPENAI,
    "openai.azure.com": Vendor.AZURE,
    "api.deepseek.com": Vendor.DEEPSEEK,
    "aliyuncs.com": Vendor.QWEN,
    "api.moonshot.cn": Vendor.MOONSHOT,
    "api.moonshot.ai": Vendor.MOONSHOT,
    "open.bigmodel.cn": Vendor.ZHIPU,
    "api.z.ai": Vendor.ZHIPU,
    "volces.com": Vendor.DOUBAO,
}
"""By the end of the host's name."""


def vendor_of(base_url: str) -> Vendor:
    """Return who runs the service at an address."""
    host = URL(base_url).host or ""
    return next(
        (vendor for end, vendor in _HOSTS.items() if host == end or host.endswith(f".{end}")),
        Vendor.OTHER,
    )
