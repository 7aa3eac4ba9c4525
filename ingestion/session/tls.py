"""TLS to the broker, as the settings say."""

import ssl
from pathlib import Path

from foreworn.errors import ConfigurationError
from foreworn.settings import MqttSettings


def tls_context(settings: MqttSettings) -> ssl.SSLContext | None:
    """Return what a TLS connection to the broker is made with, or None where the settings want none.

    Raises
    ------
    ConfigurationError
        If a file is missing or is not what it should be, or the settings do not fit together.
    """
    if not settings.tls:
        _refuse_files_without_tls(settings)
        return None
    context = _trusting(settings.tls_ca)
    if settings.tls_certificate is not None:
        _identify(context, settings.tls_certificate, settings.tls_key)
    elif settings.tls_key is not None:
        raise ConfigurationError("FOREWORN_MQTT__TLS_KEY is set: set FOREWORN_MQTT__TLS_CERTIFICATE too")
    return context


def _refuse_files_without_tls(settings: MqttSettings) -> None:
    for name in ("tls_ca", "tls_certificate", "tls_key"):
        if getattr(settings, name) is not None:
            raise ConfigurationError(f"FOREWORN_MQTT__{name.upper()} is set: set FOREWORN_MQTT__TLS=true too")


def _trusting(authority: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=authority)
    except OSError as error:
        raise ConfigurationError(
            f"FOREWORN_MQTT__TLS_CA {authority} cannot be read as a PEM certificate: {_reason(error)}"
        ) from error


def _identify(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except OSError as error:
        raise ConfigurationError(
            f"FOREWORN_MQTT__TLS_CERTIFICATE {certificate} and FOREWORN_MQTT__TLS_KEY {key or '(in the same file)'} "
            f"cannot be read as a PEM certificate and its key: {_reason(error)}"
        ) from error


def _no_password() -> str:
    """Answer for OpenSSL, which would otherwise ask on the terminal."""
    return ""


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def why_refused(error: OSError, settings: MqttSettings) -> str:
    """Return what a failed connection or handshake means, and which setting may help.

    Examples
    --------
    >>> why_refused(ConnectionRefusedError(111, "Connection refused"), MqttSettings())
    'Connection refused'
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}; set FOREWORN_MQTT__TLS_CA to its authority"
    if isinstance(error, ConnectionResetError | BrokenPipeError | ssl.SSLEOFError):
        return f"it hangs up: perhaps {_hidden_reason(settings)}"
    if isinstance(error, ssl.SSLError):
        return f"{error.reason or error}: perhaps {_hidden_reason(settings)}"
    return _reason(error) or "timeout"


def _hidden_reason(settings: MqttSettings) -> str:
    """Return why a broker may break off without a reason."""
    if not settings.tls:
        return "what listens there is no MQTT broker, or wants TLS: set FOREWORN_MQTT__TLS=true"
    if settings.tls_certificate is None:
        return "it does not speak TLS at that port, or wants a certificate: set FOREWORN_MQTT__TLS_CERTIFICATE"
    return "it does not speak TLS at that port, or does not trust our certificate"
