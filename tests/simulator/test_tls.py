"""The local authority and its certificate."""

from pathlib import Path
import ssl
import stat

import certifi
from cryptography import x509

from simulator import tls


def test_what_is_there_is_used_again(tmp_path: Path) -> None:
    tls.ensure(tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    tls.ensure(tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_certificate_for_other_names_is_replaced_under_the_same_authority(tmp_path: Path) -> None:
    tls.ensure(tmp_path)
    ca = (tmp_path / "ca.pem").read_bytes()
    for kind in ("pem", "key"):
        (tmp_path / f"server.{kind}").write_bytes((tmp_path / f"ca.{kind}").read_bytes())
    tls_names = x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes())
    assert "simulator CA" in tls_names.subject.rfc4514_string()
    (tmp_path / "server.pem").unlink()
    tls.ensure(tmp_path)
    server = x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes())
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == set(tls.HOSTS)
    assert (tmp_path / "ca.pem").read_bytes() == ca


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    tls.ensure(tmp_path)
    for name in ("ca.key", "server.key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_the_bundle_trusts_the_world_and_the_simulator(tmp_path: Path) -> None:
    tls.ensure(tmp_path)
    trusted = [
        ssl.create_default_context(cafile=file).cert_store_stats()["x509_ca"]
        for file in (certifi.where(), tmp_path / "bundle.pem")
    ]
    assert trusted[1] == trusted[0] + 1


async def test_a_strict_verifier_accepts_the_certificate(session: object, tls_dir: Path) -> None:
    """The session fixture's context is strict by default since Python 3.13."""
    context = ssl.create_default_context(cafile=str(tls_dir / "ca.pem"))
    assert context.verify_flags & ssl.VERIFY_X509_STRICT
