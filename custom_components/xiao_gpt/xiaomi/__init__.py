"""Xiaomi's cloud and its speakers, without Home Assistant."""

from .account import LoginGate, XiaomiAccount
from .answers import Piece, PlayStatus
from .credentials import Credentials, Password
from .device_list import SpeakerInfo, find_model, list_speakers
from .errors import (
    AuthError,
    CaptchaNeededError,
    CloudError,
    CodeNotSentError,
    NetworkError,
    QrExpiredError,
    SpeakerError,
    SpeakerOfflineError,
    SpeakerRefusedError,
    ThrottledError,
    VerificationNeededError,
    WrongCodeError,
    WrongCredentialsError,
    XiaomiError,
)
from .http import CloudClient, routed
from .login import Login, Picture, QrCode, Way, read_cookies
from .records import RECORDS_HOST, Kind, Record, Unheard
from .retry import spread
from .speaker import Speaker
from .speakers import Certainty, Model, PlayUrl, Silent, Status

__all__ = [
    "RECORDS_HOST",
    "AuthError",
    "CaptchaNeededError",
    "Certainty",
    "CloudClient",
    "CloudError",
    "CodeNotSentError",
    "Credentials",
    "Kind",
    "Login",
    "LoginGate",
    "Model",
    "NetworkError",
    "Password",
    "Picture",
    "Piece",
    "PlayStatus",
    "PlayUrl",
    "QrCode",
    "QrExpiredError",
    "Record",
    "Silent",
    "Speaker",
    "SpeakerError",
    "SpeakerInfo",
    "SpeakerOfflineError",
    "SpeakerRefusedError",
    "Status",
    "ThrottledError",
    "Unheard",
    "VerificationNeededError",
    "Way",
    "WrongCodeError",
    "WrongCredentialsError",
    "XiaomiAccount",
    "XiaomiError",
    "find_model",
    "list_speakers",
    "read_cookies",
    "routed",
    "spread",
]
