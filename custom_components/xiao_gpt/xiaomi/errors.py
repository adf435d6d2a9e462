"""What can go wrong between here and a speaker, told apart by who can mend it."""


class XiaomiError(Exception):
    """Base of everything this package raises.

    Attributes:
        uncertain: whether what was asked for may have been done all the same, so that asking again could do it twice.
    """

    def __init__(self, message: str = "", *, uncertain: bool = False) -> None:
        super().__init__(message)
        self.uncertain = uncertain


class NetworkError(XiaomiError):
    """The cloud could not be reached, or did not answer in time."""


class CloudError(XiaomiError):
    """The cloud answered, but not with what was asked for (an error page, a broken body, an unknown code)."""


class ThrottledError(XiaomiError):
    """The cloud asks for fewer requests."""


class AuthError(XiaomiError):
    """A login needs a person: now, in the flow, or to log in again."""


class WrongCredentialsError(AuthError):
    """The account or the password is wrong, or the stored login is no longer valid."""


class VerificationNeededError(AuthError):
    """Xiaomi wants to verify the person (SMS or e-mail) before it lets the login pass.

    Attributes:
        url: Xiaomi's page where the verification can be done.
    """

    def __init__(self, url: str) -> None:
        super().__init__("Xiaomi asks for a verification")
        self.url = url


class CaptchaNeededError(AuthError):
    """Xiaomi wants a captcha to be solved before it lets the login pass.

    Attributes:
        url: address of the picture.
    """

    def __init__(self, url: str) -> None:
        super().__init__("Xiaomi asks for a captcha")
        self.url = url


class WrongCodeError(AuthError):
    """The code of a verification is wrong or no longer valid; the verification goes on."""


class CodeNotSentError(AuthError):
    """Xiaomi does not send a code for a verification now (most often because it just has).

    Attributes:
        detail: Xiaomi's own words, Chinese; may be empty.
    """

    def __init__(self, detail: str) -> None:
        super().__init__("Xiaomi does not send a code")
        self.detail = detail


class QrExpiredError(AuthError):
    """Nobody confirmed the login by QR code in time, or it was declined in the app."""


class SpeakerError(XiaomiError):
    """The cloud is fine, the speaker is not."""


class SpeakerOfflineError(SpeakerError):
    """The speaker does not answer the cloud."""


class SpeakerRefusedError(SpeakerError):
    """The speaker answered, and refused the command."""
