"""`foreworn devices`: what it writes, and that it shows no key."""

from pathlib import Path

from typer.testing import CliRunner, Result

from foreworn.cli.devices import app
from foreworn.errors import ConfigurationError
from ingestion.broker.access import access_list


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_the_access_list_goes_to_a_file_or_to_the_terminal(tmp_path: Path) -> None:
    gateways, out = tmp_path / "gateways.toml", tmp_path / "acl"
    gateways.write_text('[gateways]\nedge-1 = ["pump-7"]\n')
    assert run("acl", "--gateways", str(gateways), "--out", str(out)).exit_code == 0
    assert out.read_text() == run("acl", "--gateways", str(gateways)).output == access_list({"edge-1": ["pump-7"]})
    assert run("acl").output == access_list({})


def test_a_gateway_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    result = run("acl", "--gateways", str(tmp_path / "gateways.toml"))
    assert isinstance(result.exception, ConfigurationError)


def test_certificates_are_made_and_no_key_is_shown(tmp_path: Path) -> None:
    folder = ("--folder", str(tmp_path))
    for words in (["ca"], ["broker", "broker.example"], ["platform"], ["device", "pump-7"], ["revoke", "pump-7"]):
        result = run("certificate", *words, *folder)
        assert result.exit_code == 0, result.output
        assert "PRIVATE" not in result.output
    assert len(list(tmp_path.rglob("*.key"))) == 4
    assert run("certificate", "revoke", "pump-7", *folder).output == "pump-7 was revoked before\n"
