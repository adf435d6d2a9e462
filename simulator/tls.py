"""A local certificate authority and a certificate for the clouds' real names, made once and kept in a folder.

Only processes that are told to trust `ca.pem` (or `bundle.pem`) do; nothing is installed anywhere.
"""

import datetime as dt
import ipaddress
from pathlib import Path
import ssl

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOSTS = (
    "account.xiaomi.com",
    "api.mina.mi.com",
    "api2.mina.mi.com",
    "userprofile.mina.mi.com",
    "api.io.mi.com",
    "sts.api.io.mi.com",
    "miot-spec.org",
    "api.openai.com",
)

# Verifiers refuse server certificates that live longer than 398 days.
_SERVER_LIFE = dt.timedelta(days=397)
_CA_LIFE = dt.timedelta(days=3650)
_RENEW_BEFORE = dt.timedelta(days=7)


def server_context(folder: Path) -> ssl.SSLContext:
    """Return the server's side of TLS, making what is missing or too old in `folder`."""
    ensure(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return context


def ensure(folder: Path) -> None:
    """Make the authority, the server's certificate and the bundle unless good ones are there."""
    folder.mkdir(parents=True, exist_ok=True)
    ca_file, bundle = folder / "ca.pem", folder / "bundle.pem"
    if not _is_good(ca_file, ()):
        _make_ca(folder)
        (folder / "server.pem").unlink(missing_ok=True)
    if not _is_good(folder / "server.pem", HOSTS):
        _make_server(folder)
    # Always anew: certifi's roots change.
    bundle.write_bytes(ca_file.read_bytes() + Path(certifi.where()).read_bytes())


def hosts_lines() -> str:
    """Return the lines for a hosts file that lead the real names here."""
    return "\n".join(f"127.0.0.1 {host}" for host in HOSTS)


def _is_good(file: Path, hosts: tuple[str, ...]) -> bool:
    """Tell whether a certificate and its key are there, young enough and for all hosts."""
    if not file.exists() or not file.with_suffix(".key").exists():
        return False
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    if certificate.not_valid_after_utc - _RENEW_BEFORE < dt.datetime.now(dt.UTC):
        return False
    if not hosts:
        return True
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(hosts) <= set(names.get_values_for_type(x509.DNSName))


def _make_ca(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "XiaoGPT simulator CA")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        _builder(name, name, key.public_key(), _CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    _write(folder / "ca.pem", key, certificate)


def _make_server(folder: Path) -> None:
    ca = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    ca_key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    if not isinstance(ca_key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{folder / 'ca.key'} is not a key of this simulator; remove it")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOSTS[0])])
    names = [*(x509.DNSName(host) for host in HOSTS), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    ca_identifier = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    certificate = (
        _builder(name, ca.subject, key.public_key(), _SERVER_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_identifier),
            critical=False,
        )
        .sign(ca_key, hashes.SHA256())
    )
    _write(folder / "server.pem", key, certificate)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, life: dt.timedelta
) -> x509.CertificateBuilder:
    # A little before now, for machines whose clocks differ.
    now = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + life)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _write(file: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    """Write a certificate, and its key readable by nobody else."""
    key_file = file.with_suffix(".key")
    key_file.touch(mode=0o600)
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
