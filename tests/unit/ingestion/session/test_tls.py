from pathlib import Path

import pytest

from foreworn.errors import ConfigurationError
from foreworn.settings import MqttSettings
from ingestion.session.tls import tls_context


def test_without_tls_there_is_nothing_to_set_up() -> None:
    assert tls_context(MqttSettings()) is None


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        pytest.param({"tls_ca": "ca.pem"}, "TLS_CA is set: set FOREWORN_MQTT__TLS=true", id="a file and no TLS"),
        pytest.param({"tls": True, "tls_key": "key.pem"}, "set FOREWORN_MQTT__TLS_CERTIFICATE", id="a key alone"),
        pytest.param({"tls": True, "tls_ca": "absent.pem"}, "absent.pem cannot be read.*No such file", id="no file"),
        pytest.param({"tls": True, "tls_ca": "junk.pem"}, "junk.pem cannot be read", id="a file of something else"),
        pytest.param(
            {"tls": True, "tls_certificate": "junk.pem"}, "TLS_CERTIFICATE .*junk.pem", id="a certificate that is none"
        ),
    ],
)
def test_settings_that_cannot_work_are_named(
    settings: dict[str, object], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("junk.pem").write_text("junk")
    with pytest.raises(ConfigurationError, match=why):
        tls_context(MqttSettings.model_validate(settings))
