"""What can go wrong between here and a speaker, told apart by who can mend it."""


class XiaomiError(Exception):
    """Base of everything this package raises."""


class NetworkError(XiaomiError):
    """The cloud could not be reached, or did not answer in time."""


class CloudError(XiaomiError):
    """The cloud answered, but not with what was asked for (an error page, a broken body, an unknown code)."""


class ThrottledError(CloudError):
    """The cloud asks for fewer requests."""


class AuthError(XiaomiError):
    """The account must be logged in again; only a person can do that."""


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


class SpeakerError(XiaomiError):
    """The cloud is fine, the speaker is not."""


class SpeakerOfflineError(SpeakerError):
    """The speaker does not answer the cloud."""


class SpeakerRefusedError(SpeakerError):
    """The speaker answered, and refused the command."""
