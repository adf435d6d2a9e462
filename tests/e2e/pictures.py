"""The documentation's pictures: some of those that the browser test takes, copied where `scripts/pictures` says."""

from pathlib import Path

from PIL import Image

FOLDER_VARIABLE = "XIAO_GPT_PICTURES"
"""Environment variable with the folder in which they are kept; unset, none are."""

KEPT = {
    "set-up/ways-to-log-in": "log-in",
    "qr-code/qr-code": "qr-code",
    "verification/captcha": "captcha",
    "verification/code": "code",
    "set-up/service": "service",
    "set-up/model": "model",
    "set-up/created": "created",
    "set-up/switched-on": "device",
    "conversation/corrected": "conversation",
    "options/dialogue": "options",
    "lost-login/what-to-do": "repair",
}
"""By story and name: what each is called there, before its language."""

_SUFFIXES = {"zh-Hans": "zh", "en": "en"}
_DESK = 1280
_MIDDLE = (320, 0, 960, 800)
"""Where dialogs are on a desk; the rest is the frontend around them."""
_ELSEWHERE = {"device": (592, 0, 944, 800)}
"""Where the rest is: the second column of a device's page."""
_COLOURS = 128
"""Enough for forms, and a third of the size."""


def keep(taken: Path, folder: Path, *, language: str, story: str, name: str) -> None:
    """Copy a picture into the documentation's folder if it is one of its pictures."""
    if (called := KEPT.get(f"{story}/{name}")) is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with Image.open(taken) as picture:
        seen = picture.convert("RGB")
        if seen.width == _DESK:
            seen = seen.crop(_ELSEWHERE.get(called, _MIDDLE))
        small = seen.quantize(_COLOURS, dither=Image.Dither.NONE)
        small.save(folder / f"{called}.{_SUFFIXES[language]}.png", optimize=True)
