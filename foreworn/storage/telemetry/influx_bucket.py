"""Making the bucket that the store writes to."""

from datetime import timedelta

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.domain.bucket_retention_rules import BucketRetentionRules
from influxdb_client.rest import ApiException

from foreworn.errors import ConfigurationError, StoreRejected
from foreworn.storage.telemetry.influx_http import translated

_TIMEOUT = timedelta(seconds=30)


def create_bucket(
    *,
    url: str,
    org: str,
    bucket: str,
    token: str,
    retention: timedelta | None = None,
    shard_group: timedelta = timedelta(days=7),
) -> None:
    """Create a bucket; one that is there already stays as it is.

    Parameters
    ----------
    url, org, token
        The server, and a token that may create buckets in the organisation.
    bucket
        The bucket's name.
    retention
        How long data is kept; None keeps it for ever.
    shard_group
        The span of one shard group. Retention deletes whole ones, and a span cannot be changed for data that is
        there, so it is set now. [a whole number of hours]

    Raises
    ------
    ConfigurationError
        If the token or the organisation is wrong, or InfluxDB does not allow the name.
    StoreUnavailable
        If the server does not answer.
    """
    rule = BucketRetentionRules(  # type: ignore[no-untyped-call]
        every_seconds=int(retention.total_seconds()) if retention else 0,
        shard_group_duration_seconds=int(shard_group.total_seconds()),
    )
    timeout = int(_TIMEOUT.total_seconds() * 1000)
    try:
        with (
            translated(url, bucket),
            InfluxDBClient(url=url.rstrip("/"), token=token, org=org, timeout=timeout) as client,
        ):
            if bucket not in _names(client, org, bucket):
                client.buckets_api().create_bucket(bucket_name=bucket, org=org, retention_rules=[rule])
    except StoreRejected as error:
        raise ConfigurationError(
            f"InfluxDB at {url} makes no bucket {bucket!r} ({error.why}): name another in FOREWORN_STORE__TELEMETRY"
        ) from error


def _names(client: InfluxDBClient, org: str, bucket: str) -> list[str]:
    try:
        found = client.buckets_api().find_buckets(org=org, name=bucket).buckets  # type: ignore[no-untyped-call]
    except ApiException as error:
        if error.status == 404 and "bucket" in str(error.body):
            return []
        raise
    return [one.name for one in found or []]
