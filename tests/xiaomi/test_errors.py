"""Errors are told apart by who can mend them."""

import pytest

from custom_components.xiao_gpt import xiaomi
from custom_components.xiao_gpt.xiaomi import errors


@pytest.mark.parametrize(
    ("kind", "parent"),
    [
        (errors.WrongCredentialsError, errors.AuthError),
        (errors.VerificationNeededError, errors.AuthError),
        (errors.CaptchaNeededError, errors.AuthError),
        (errors.WrongCodeError, errors.AuthError),
        (errors.CodeNotSentError, errors.AuthError),
        (errors.QrExpiredError, errors.AuthError),
        (errors.ThrottledError, errors.ThrottledError),
        (errors.SpeakerOfflineError, errors.SpeakerError),
        (errors.SpeakerRefusedError, errors.SpeakerError),
    ],
)
def test_what_only_a_person_can_mend_is_apart(kind: type[Exception], parent: type[Exception]) -> None:
    assert issubclass(kind, parent)
    kinds = (errors.AuthError, errors.CloudError, errors.NetworkError, errors.SpeakerError, errors.ThrottledError)
    assert [other for other in kinds if issubclass(kind, other)] == [parent]


def test_every_error_can_be_caught_as_one_and_imported_from_the_package() -> None:
    own = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(own) == 14
    assert all(issubclass(kind, errors.XiaomiError) and kind.__name__ in xiaomi.__all__ for kind in own)


@pytest.mark.parametrize("kind", [errors.VerificationNeededError, errors.CaptchaNeededError])
def test_the_page_that_helps_is_known_and_not_part_of_the_message(
    kind: type[errors.VerificationNeededError | errors.CaptchaNeededError],
) -> None:
    error = kind("https://account.xiaomi.com/x?context=secret")
    assert error.url == "https://account.xiaomi.com/x?context=secret"
    assert "secret" not in str(error)
