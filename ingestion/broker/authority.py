"""A small certificate authority for a plant: the broker, the platform, and one identity per device or gateway.

Elliptic curve P-256 throughout. A holder's folder is what it is given: the authority's certificate, its own, and
its key, which nobody but the owner of the file can read.

    authority/           ca.crt ca.key ca.crl     keep it away from the broker
    broker/              ca.crt ca.crl broker.crt broker.key
    platform/            ca.crt platform.crt platform.key
    devices/{identity}/  ca.crt device.crt device.key
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from foreworn.errors import ConfigurationError, Conflict
from ingestion.broker.access import PLATFORM, check_certifiable
from ingestion.broker.certificate import CLOCKS_DIFFER, begun, host_name, load_key, pem, subject_of, usage, write_key

AUTHORITY_LIFETIME = timedelta(days=3650)
_BROKER = "foreworn-broker"
_HERE = ("localhost", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class Issued:
    """What was made for a holder: its folder, and until when the certificate is good."""

    folder: Path
    until: datetime


class Authority:
    """Makes and revokes certificates.

    Parameters
    ----------
    folder
        Where `create` made it.

    Raises
    ------
    ConfigurationError
        If there is none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = folder / "authority"
        try:
            self._certificate = x509.load_pem_x509_certificate((self._own / "ca.crt").read_bytes())
            self._key = load_key(self._own / "ca.key")
        except FileNotFoundError as error:
            raise ConfigurationError(
                f"{folder} holds no authority: make one with `foreworn devices certificate ca`"
            ) from error
        except ValueError as error:
            raise ConfigurationError(f"the authority in {self._own} cannot be read: {error}") from error

    @classmethod
    def create(cls, folder: Path, now: datetime) -> "Authority":
        """Make an authority in `folder`.

        Raises
        ------
        Conflict
            If there is one.
        """
        own = folder / "authority"
        if (own / "ca.key").exists():
            raise Conflict(f"{own} holds an authority already: what it signed would be worth nothing after a new one")
        key = ec.generate_private_key(ec.SECP256R1())
        name = subject_of("Foreworn authority")
        certificate = (
            begun(name, name, key.public_key(), key.public_key(), now, AUTHORITY_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage(signs_certificates=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        own.mkdir(parents=True, exist_ok=True)
        write_key(own / "ca.key", key)
        (own / "ca.crt").write_bytes(pem(certificate))
        authority = cls(folder)
        authority._write_revoked([], now)
        return authority

    def issue_broker(self, hosts: Sequence[str], lifetime: timedelta, now: datetime, *, replace: bool) -> Issued:
        """Make the broker's certificate.

        Parameters
        ----------
        hosts
            Names and addresses that clients reach it by, besides localhost.
        lifetime
            How long it is good.
        now
            The time it is good from.
        replace
            Whether it may take the place of another.

        Raises
        ------
        ConfigurationError
            If a host is neither a name nor an address.
        Conflict
            If there is one and `replace` is false.
        """
        names = x509.SubjectAlternativeName([host_name(host) for host in dict.fromkeys([*hosts, *_HERE])])
        issued = self._issue("broker", "broker", _BROKER, lifetime, now, replace=replace, serves_as=names)
        (issued.folder / "ca.crl").write_bytes((self._own / "ca.crl").read_bytes())
        return issued

    def issue_platform(self, lifetime: timedelta, now: datetime, *, replace: bool) -> Issued:
        """Make the platform's certificate; parameters and errors as in `issue_broker`."""
        return self._issue("platform", "platform", PLATFORM, lifetime, now, replace=replace)

    def issue_device(self, identity: str, lifetime: timedelta, now: datetime, *, replace: bool) -> Issued:
        """Make the certificate of a device, or of a gateway; parameters and errors as in `issue_broker`.

        Raises
        ------
        ConfigurationError
            If `identity` may not stand in a certificate.
        """
        check_certifiable(identity, "device")
        if identity in (".", ".."):
            raise ConfigurationError(f"device {identity!r} cannot be the name of a folder")
        return self._issue(f"devices/{identity}", "device", identity, lifetime, now, replace=replace)

    def revoke_device(self, identity: str, now: datetime) -> bool:
        """Revoke the certificate that lies in the device's folder; return whether it was good until now.

        The broker's folder, where there is one, gets the new list.

        Raises
        ------
        ConfigurationError
            If the device has no certificate here.
        """
        check_certifiable(identity, "device")
        file = self._folder / "devices" / identity / "device.crt"
        if not file.exists():
            raise ConfigurationError(f"there is no certificate {file} to revoke")
        serial = x509.load_pem_x509_certificate(file.read_bytes()).serial_number
        revoked = list(x509.load_pem_x509_crl((self._own / "ca.crl").read_bytes()))
        if any(entry.serial_number == serial for entry in revoked):
            return False
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
        self._write_revoked([*revoked, entry], now)
        return True

    def _issue(
        self,
        place: str,
        name: str,
        identity: str,
        lifetime: timedelta,
        now: datetime,
        *,
        replace: bool,
        serves_as: x509.SubjectAlternativeName | None = None,
    ) -> Issued:
        folder = self._folder / place
        if (folder / f"{name}.crt").exists() and not replace:
            raise Conflict(f"{folder} holds a certificate already: --replace makes a new one, the old one stays good")
        if now + lifetime > self._certificate.not_valid_after_utc:
            raise ConfigurationError(
                f"the authority itself ends on {self._certificate.not_valid_after_utc:%Y-%m-%d}: give fewer --days"
            )
        key = ec.generate_private_key(ec.SECP256R1())
        purpose = ExtendedKeyUsageOID.CLIENT_AUTH if serves_as is None else ExtendedKeyUsageOID.SERVER_AUTH
        builder = begun(
            subject_of(identity), self._certificate.subject, key.public_key(), self._key.public_key(), now, lifetime
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(usage(signs_certificates=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        if serves_as is not None:
            builder = builder.add_extension(serves_as, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        folder.mkdir(parents=True, exist_ok=True)
        write_key(folder / f"{name}.key", key)
        (folder / f"{name}.crt").write_bytes(pem(certificate))
        (folder / "ca.crt").write_bytes(pem(self._certificate))
        return Issued(folder, certificate.not_valid_after_utc)

    def _write_revoked(self, revoked: Sequence[x509.RevokedCertificate], now: datetime) -> None:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._certificate.subject)
            .last_update(now - CLOCKS_DIFFER)
            # Past this a broker refuses everybody, so it is not sooner than the authority's own end.
            .next_update(self._certificate.not_valid_after_utc)
        )
        for entry in revoked:
            builder = builder.add_revoked_certificate(entry)
        content = builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        (self._own / "ca.crl").write_bytes(content)
        broker = self._folder / "broker"
        if broker.exists():
            (broker / "ca.crl").write_bytes(content)
