"""Where a device's broker is, and how the device says who it is."""

import ssl
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from foreworn.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """A broker, as a device sees it.

    Parameters
    ----------
    host, port
        Its address; with TLS the port is 8883 as a rule.
    username, password
        To log in with; empty logs in without.
    tls
        Speak TLS.
    ca
        PEM file of the authority that signed the broker's certificate; the system's where None.
    certificate, key
        PEM files of the device's own certificate and its key, for brokers that ask.
    protocol
        The version of MQTT.
    client_id
        The device's id where empty. Two connections with one client id throw each other out.
    keep_alive
        Silence after which the broker is asked whether it lives.
    """

    host: str = "127.0.0.1"
    port: int = 1883
    username: str = ""
    password: str = ""
    tls: bool = False
    ca: Path | str | None = None
    certificate: Path | str | None = None
    key: Path | str | None = None
    protocol: Literal["3.1.1", "5"] = "3.1.1"
    client_id: str = ""
    keep_alive: timedelta = timedelta(seconds=30)

    def __post_init__(self) -> None:
        if not self.host or not 0 < self.port < 65536:
            raise ConfigurationError(f"no broker can be at {self.host!r}, port {self.port}")

    def tls_context(self) -> ssl.SSLContext | None:
        """Return the TLS context, or None where the broker is spoken to in the clear.

        Raises
        ------
        ConfigurationError
            If a file is missing or unreadable, or TLS files are given and TLS is off.
        """
        files = {"ca": self.ca, "certificate": self.certificate, "key": self.key}
        if not self.tls:
            given = [name for name, file in files.items() if file is not None]
            if given:
                raise ConfigurationError(f"{', '.join(given)} of the broker mean nothing without tls=True")
            return None
        if self.key is not None and self.certificate is None:
            raise ConfigurationError("a key needs its certificate")
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.certificate is not None:
                context.load_cert_chain(self.certificate, self.key)
        except OSError as error:  # SSLError is one
            shown = ", ".join(f"{name}={str(file)!r}" for name, file in files.items() if file is not None)
            raise ConfigurationError(f"these TLS files cannot be read ({error.strerror or error}): {shown}") from error
        return context
