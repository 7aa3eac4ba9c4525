"""The plant's own certificate authority."""

import os
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from foreworn.errors import ConfigurationError, Conflict
from ingestion.broker.authority import Authority

NOW = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path, NOW)


def read(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def test_only_the_owner_can_read_a_key(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        authority = Authority.create(tmp_path, NOW)
        authority.issue_broker(["broker.example"], YEAR, NOW, replace=False)
        authority.issue_platform(YEAR, NOW, replace=False)
        for _ in range(2):
            authority.issue_device("pump-7", YEAR, NOW, replace=True)
    finally:
        os.umask(before)
    keys = sorted(tmp_path.rglob("*.key"))
    assert [key.name for key in keys] == ["ca.key", "broker.key", "device.key", "platform.key"]
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
    assert all(b"PRIVATE" not in file.read_bytes() for file in tmp_path.rglob("*.c??"))


def test_a_device_is_verified_as_a_client_and_the_broker_as_a_server(authority: Authority, tmp_path: Path) -> None:
    authority.issue_device("pump-7", YEAR, NOW, replace=False)
    authority.issue_broker(["broker.example", "192.0.2.7"], YEAR, NOW, replace=False)
    policy = PolicyBuilder().store(Store([read(tmp_path / "authority/ca.crt")])).time(NOW)
    server = policy.build_server_verifier(x509.DNSName("broker.example"))
    assert server.verify(read(tmp_path / "broker/broker.crt"), [])
    names = read(tmp_path / "broker/broker.crt").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["broker.example", "localhost"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.7", "127.0.0.1"]
    device = read(tmp_path / "devices/pump-7/device.crt")
    assert [part.value for part in device.subject] == ["pump-7"]
    with pytest.raises(x509.verification.VerificationError):
        server.verify(device, [])


def test_a_device_is_given_all_that_it_needs(authority: Authority) -> None:
    folder = authority.issue_device("pümp 7", YEAR, NOW, replace=False).folder
    context = ssl.create_default_context(cafile=folder / "ca.crt")
    context.load_cert_chain(folder / "device.crt", folder / "device.key")
    assert sorted(file.name for file in folder.iterdir()) == ["ca.crt", "device.crt", "device.key"]


def test_what_is_there_is_replaced_only_when_asked_for(authority: Authority, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="holds an authority already"):
        Authority.create(tmp_path, NOW)
    first = authority.issue_device("pump-7", YEAR, NOW, replace=False)
    key = (first.folder / "device.key").read_bytes()
    with pytest.raises(Conflict, match="--replace"):
        authority.issue_device("pump-7", YEAR, NOW, replace=False)
    assert (first.folder / "device.key").read_bytes() == key
    authority.issue_device("pump-7", YEAR, NOW, replace=True)
    assert (first.folder / "device.key").read_bytes() != key


def test_a_revoked_certificate_is_on_the_brokers_list(authority: Authority, tmp_path: Path) -> None:
    authority.issue_broker(["broker.example"], YEAR, NOW, replace=False)
    for device in ("pump-7", "pump-8", "pump-9"):
        authority.issue_device(device, YEAR, NOW, replace=False)
    assert authority.revoke_device("pump-7", NOW)
    assert authority.revoke_device("pump-9", NOW)
    assert not authority.revoke_device("pump-9", NOW)
    for place in ("authority", "broker"):
        revoked = x509.load_pem_x509_crl((tmp_path / place / "ca.crl").read_bytes())
        assert {entry.serial_number for entry in revoked} == {
            read(tmp_path / f"devices/{device}/device.crt").serial_number for device in ("pump-7", "pump-9")
        }
        assert revoked.next_update_utc == read(tmp_path / "authority/ca.crt").not_valid_after_utc


@pytest.mark.parametrize("identity", ["a/../../b", "..", ".", "+", "foreworn-platform", ""])
def test_an_identity_that_may_not_be_one_gets_no_certificate(
    identity: str, authority: Authority, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError):
        authority.issue_device(identity, YEAR, NOW, replace=False)
    assert not (tmp_path / "devices").exists()


def test_a_certificate_does_not_outlive_the_authority(authority: Authority) -> None:
    with pytest.raises(ConfigurationError, match="the authority itself ends on 2035-12-30"):
        authority.issue_device("pump-7", timedelta(days=3651), NOW, replace=False)


@pytest.mark.parametrize("host", ["", "brökér.example"])
def test_a_host_that_is_none_is_refused(host: str, authority: Authority) -> None:
    with pytest.raises(ConfigurationError, match="neither an address nor a name"):
        authority.issue_broker([host], YEAR, NOW, replace=False)


def test_no_authority_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="foreworn devices certificate ca"):
        Authority(tmp_path)
    (tmp_path / "authority").mkdir()
    for name in ("ca.crt", "ca.key"):
        (tmp_path / "authority" / name).write_text("nonsense")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Authority(tmp_path)


def test_revoking_what_was_never_made_is_said(authority: Authority) -> None:
    with pytest.raises(ConfigurationError, match="no certificate"):
        authority.revoke_device("pump-7", NOW)
