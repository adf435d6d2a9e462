"""Xiaomi's cloud and its speakers, without Home Assistant."""

from .account import Credentials, XiaomiAccount
from .errors import (
    AuthError,
    CaptchaNeededError,
    CloudError,
    NetworkError,
    SpeakerError,
    SpeakerOfflineError,
    SpeakerRefusedError,
    ThrottledError,
    VerificationNeededError,
    WrongCredentialsError,
    XiaomiError,
)
from .models import Model, Status
from .records import Record, Unheard
from .speaker import PlayStatus, Speaker, SpeakerInfo, list_speakers

__all__ = [
    "AuthError",
    "CaptchaNeededError",
    "CloudError",
    "Credentials",
    "Model",
    "NetworkError",
    "PlayStatus",
    "Record",
    "Speaker",
    "SpeakerError",
    "SpeakerInfo",
    "SpeakerOfflineError",
    "SpeakerRefusedError",
    "Status",
    "ThrottledError",
    "Unheard",
    "VerificationNeededError",
    "WrongCredentialsError",
    "XiaomiAccount",
    "XiaomiError",
    "list_speakers",
]
