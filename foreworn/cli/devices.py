"""Commands that say which devices the broker lets speak: certificates, and the access list."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foreworn.cli.options import in_a_folder
from foreworn.errors import ConfigurationError

if TYPE_CHECKING:
    from ingestion.broker.authority import Authority, Issued

app = typer.Typer(no_args_is_help=True, help="Say which devices may speak to the broker, and as whom.")
certificates = typer.Typer(no_args_is_help=True, help="Make and revoke the certificates that broker and devices show.")
app.add_typer(certificates, name="certificate")

Folder = Annotated[Path, typer.Option(help="Where the authority and what it makes are kept.")]
Days = Annotated[int, typer.Option(min=1, max=3650, help="How long the certificate is good.")]
Replace = Annotated[bool, typer.Option("--replace", help="Make a new key and certificate where there are some.")]
Identity = Annotated[str, typer.Argument(help="The device's id, or the gateway's name.")]

_FOLDER = Path("certificates")


@app.command()
def acl(
    gateways: Annotated[
        Path | None, typer.Option(help="TOML: a table [gateways], each with its list of device ids.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(callback=in_a_folder, help="Write to this file instead of the terminal.")
    ] = None,
) -> None:
    """Write Mosquitto's access list: every identity speaks for its own device, a gateway for those on its list."""
    from ingestion.broker.access import access_list, read_gateways

    if gateways is not None and not gateways.is_file():
        raise ConfigurationError(f"there is no file {gateways}")
    text = access_list({} if gateways is None else read_gateways(gateways))
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")


@certificates.command("ca")
def certificate_ca(folder: Folder = _FOLDER) -> None:
    """Make the plant's own authority, whose signature broker and devices trust."""
    from ingestion.broker.authority import Authority

    Authority.create(folder, datetime.now(UTC))
    typer.echo(f"{folder / 'authority'}: who has ca.key can be any device, so keep it off the broker and in a backup")


@certificates.command("broker")
def certificate_broker(
    hosts: Annotated[list[str], typer.Argument(help="Names and addresses that devices reach the broker by.")],
    folder: Folder = _FOLDER,
    days: Days = 365,
    replace: Replace = False,
) -> None:
    """Make the broker's certificate; localhost is always among its names."""
    _tell(_authority(folder).issue_broker(hosts, timedelta(days=days), datetime.now(UTC), replace=replace))


@certificates.command("platform")
def certificate_platform(folder: Folder = _FOLDER, days: Days = 365, replace: Replace = False) -> None:
    """Make the platform's certificate: it reads what devices say, and acknowledges."""
    _tell(_authority(folder).issue_platform(timedelta(days=days), datetime.now(UTC), replace=replace))


@certificates.command("device")
def certificate_device(
    identity: Identity, folder: Folder = _FOLDER, days: Days = 365, replace: Replace = False
) -> None:
    """Make the certificate of a device or a gateway."""
    _tell(_authority(folder).issue_device(identity, timedelta(days=days), datetime.now(UTC), replace=replace))


@certificates.command("revoke")
def certificate_revoke(identity: Identity, folder: Folder = _FOLDER) -> None:
    """Revoke the certificate of a device or a gateway; the broker knows once it has been restarted."""
    if _authority(folder).revoke_device(identity, datetime.now(UTC)):
        typer.echo(f"{identity} is revoked: give the broker the new ca.crl, and restart it")
    else:
        typer.echo(f"{identity} was revoked before")


def _authority(folder: Path) -> "Authority":
    from ingestion.broker.authority import Authority

    return Authority(folder)


def _tell(issued: "Issued") -> None:
    typer.echo(f"{issued.folder}, good until {issued.until:%Y-%m-%d}")
