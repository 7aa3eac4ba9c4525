"""What one certificate of the plant's authority is made of, and how its key is kept."""

import ipaddress
import os
import re
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from foreworn.errors import ConfigurationError

_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
CLOCKS_DIFFER = timedelta(minutes=5)
"""A certificate is good from so long before it was made: not every device's clock is right."""


def subject_of(identity: str) -> x509.Name:
    """Return the subject of a certificate: its common name is the identity."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, identity)])


def begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuers_key: ec.EllipticCurvePublicKey,
    now: datetime,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    """Return a certificate in the making, without its purposes; parameters as X.509 calls them."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_DIFFER)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuers_key), critical=False)
    )


def usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """Return what the key of a certificate may be used for."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def host_name(host: str) -> x509.GeneralName:
    """Return a server's address or name as it stands in its certificate.

    Raises
    ------
    ConfigurationError
        If it is neither.
    """
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    if not _HOST.fullmatch(host):
        raise ConfigurationError(f"host {host!r} is neither an address nor a name of letters, digits, hyphens and dots")
    return x509.DNSName(host)


def load_key(file: Path) -> ec.EllipticCurvePrivateKey:
    """Read a key.

    Raises
    ------
    ValueError
        If it is none, or none of an elliptic curve.
    """
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{file} is no key of an elliptic curve")
    return key


def pem(certificate: x509.Certificate) -> bytes:
    """Return a certificate as it stands in a file."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def write_key(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Write a key so that at no moment anybody else could read it."""
    content = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content)
