"""Who may speak for which device: the access list of a Mosquitto that knows its clients by certificate.

The topic of a message is believed because the broker checked it. An identity is the common name of a certificate;
that of a device is its id. A gateway speaks for the devices on its list. The platform reads what devices say and
writes acknowledgements.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from foreworn.errors import ConfigurationError
from foreworn.telemetry.wire import DEVICE_KINDS, PREFIX, Kind, is_identity

PLATFORM = "foreworn-platform"
"""The platform's identity."""
RESERVED = "foreworn-"
"""No device or gateway is called so: client ids of collectors begin like this."""
LONGEST = 64
"""Bytes that the common name of a certificate may have."""

Gateways = Mapping[str, Sequence[str]]
"""Devices by gateway."""

_HEAD = """\
# Written by `foreworn devices acl`; changes are overwritten. Mosquitto reads it again on SIGHUP.
# What is not allowed here is refused.
"""


def check_certifiable(identity: str, what: str) -> None:
    """Hold the id of a device or gateway to what may stand in a certificate and in the access list.

    Raises
    ------
    ConfigurationError
        If it is no identity (see `is_identity`), reserved, longer than 64 bytes, or begins or ends with a space.
    """
    if not is_identity(identity):
        raise ConfigurationError(
            f"{what} {identity!r} must have 1 to 128 characters, none of + # / $ or a control character"
        )
    if len(identity.encode(errors="surrogatepass")) > LONGEST:
        raise ConfigurationError(f"{what} {identity!r} is longer than {LONGEST} bytes, the most a certificate can name")
    if any("\ud800" <= character <= "\udfff" for character in identity):
        raise ConfigurationError(f"{what} {identity!r} is not UTF-8")
    if identity != identity.strip():
        raise ConfigurationError(f"{what} {identity!r} begins or ends with a space")
    if identity.startswith(RESERVED):
        raise ConfigurationError(f"{what} {identity!r}: names that begin with {RESERVED} are the platform's own")


def read_gateways(file: Path) -> dict[str, list[str]]:
    """Return which gateway speaks for which devices.

    Parameters
    ----------
    file
        TOML: a table `gateways`, each gateway with a list of device ids.

    Raises
    ------
    ConfigurationError
        If it is something else, or a name is none.
    """
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: {error}") from error
    if strangers := sorted(document.keys() - {"gateways"}):
        raise ConfigurationError(f"{file}: {', '.join(strangers)} is unknown; a table [gateways] is all there is")
    gateways = document.get("gateways", {})
    if not isinstance(gateways, dict):
        raise ConfigurationError(f"{file}: 'gateways' must be a table of lists of device ids")
    for gateway, devices in gateways.items():
        _check_gateway(file, gateway, devices)
    return gateways


def _check_gateway(file: Path, gateway: str, devices: object) -> None:
    if not isinstance(devices, list) or not devices or not all(isinstance(device, str) for device in devices):
        raise ConfigurationError(f"{file}: gateway {gateway!r} must have a list of at least one device id")
    check_certifiable(gateway, f"{file}: gateway")
    for device in devices:
        # Devices behind a gateway need no certificate, but the list is made of the same lines.
        check_certifiable(device, f"{file}: device of {gateway!r}")


def access_list(gateways: Gateways) -> str:
    r"""Return the contents of Mosquitto's `acl_file`.

    Examples
    --------
    >>> print(access_list({"edge-1": ["pump-7"]}).split("\n\n")[-1])
    # Gateways speak for the devices on their lists.
    user edge-1
    topic write foreworn/v1/+/pump-7/telemetry
    topic write foreworn/v1/+/pump-7/event
    topic write foreworn/v1/+/pump-7/log
    topic write foreworn/v1/+/pump-7/status
    topic write foreworn/v1/+/pump-7/lines
    topic read foreworn/v1/+/pump-7/ack
    <BLANKLINE>
    """
    paragraphs = [
        [_HEAD.rstrip()],
        [
            "# Every identity speaks for the device of its own name, and hears that device's acknowledgements.",
            *_device_lines("pattern", "%u"),
        ],
        [
            f"user {PLATFORM}",
            *(f"topic read {PREFIX}/+/+/{kind}" for kind in DEVICE_KINDS),
            f"topic write {PREFIX}/+/+/{Kind.ACK}",
        ],
        *([_gateway_lines(gateways)] if gateways else []),
    ]
    return "\n\n".join("\n".join(lines) for lines in paragraphs) + "\n"


def _gateway_lines(gateways: Gateways) -> list[str]:
    lines = ["# Gateways speak for the devices on their lists."]
    for gateway, devices in gateways.items():
        lines.append(f"user {gateway}")
        for device in dict.fromkeys(devices):
            lines += _device_lines("topic", device)
    return lines


def _device_lines(keyword: str, device: str) -> Iterator[str]:
    for kind in DEVICE_KINDS:
        yield f"{keyword} write {PREFIX}/+/{device}/{kind}"
    yield f"{keyword} read {PREFIX}/+/{device}/{Kind.ACK}"
