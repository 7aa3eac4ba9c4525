"""What was sent, and who has acknowledged it and when: one row a message, in arrays."""

import json
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from simulators.load.plan import LoadFormat, LoadPlan
from simulators.load.values import Integers, hundredths

Times = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_TIME = pa.timestamp("ms", tz="UTC")


@dataclass(frozen=True, eq=False)
class Ledger:
    """The messages of a load; NaN where something has not happened.

    Parameters
    ----------
    plan
        The load, from which every reading follows.
    device
        (n,) device numbers.
    seq
        (n,) the first sequence number of each message.
    sent_at, acknowledged_at, confirmed_at
        (n,) when a message was first handed to a socket, when the broker acknowledged it (PUBACK), and when the
        platform said that it is durable. [s since 1970]
    """

    plan: LoadPlan
    device: npt.NDArray[np.uint32]
    seq: Integers
    sent_at: Times
    acknowledged_at: Times
    confirmed_at: Times

    def __len__(self) -> int:
        return len(self.device)

    @property
    def acknowledged(self) -> Mask:
        """Which messages the broker has acknowledged."""
        return ~np.isnan(self.acknowledged_at)

    @property
    def confirmed(self) -> Mask:
        """Which messages the platform has acknowledged."""
        return ~np.isnan(self.confirmed_at)

    @property
    def next_seq(self) -> int:
        """The first sequence number that no device has used."""
        return int(self.seq.max()) + self.plan.batch if len(self) else self.plan.first_seq

    def readings(self, which: Mask | None = None) -> pa.Table:
        """Return what the messages said, computed from the seed.

        Parameters
        ----------
        which
            (n,) the messages; all where None.

        Returns
        -------
        pa.Table
            device, time (ms, UTC), seq, and a column a signal; `batch` rows a message.
        """
        plan = self.plan
        chosen = slice(None) if which is None else which
        devices = np.repeat(self.device[chosen].astype(np.int64), plan.batch)
        seqs = (self.seq[chosen][:, None] + np.arange(plan.batch)).reshape(-1)
        milliseconds = (plan.start_us + (seqs - plan.first_seq) * plan.cadence_us) // 1000
        values = hundredths(plan.seed, devices, seqs, plan.signals) / 100
        names = pa.DictionaryArray.from_arrays(pa.array(devices, pa.int32()), pa.array(plan.device_ids()))
        columns = {
            "device": names.cast(pa.string()),
            "time": pa.array(milliseconds, pa.int64()).cast(_TIME),
            "seq": seqs,
        }
        return pa.table(columns | {name: values[:, i] for i, name in enumerate(plan.signal_names)})

    def save(self, file: Path) -> None:
        """Write plan and arrays to one file, 36 bytes a message."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "plan"}
        with file.open("wb") as out:
            np.savez(out, plan=np.frombuffer(json.dumps(_plan_members(self.plan)).encode(), dtype=np.uint8), **arrays)

    @classmethod
    def load(cls, file: Path) -> "Ledger":
        """Read a ledger that was saved."""
        with np.load(file) as arrays:
            members = {name: arrays[name] for name in arrays.files}
        return cls(_plan(json.loads(members.pop("plan").tobytes())), **members)


def _plan_members(plan: LoadPlan) -> dict[str, Any]:
    members = asdict(plan)
    del members["password"]
    for name, value in members.items():
        if isinstance(value, timedelta):
            members[name] = value / timedelta(microseconds=1)
        elif isinstance(value, datetime):
            members[name] = value.isoformat()
    return members


def _plan(members: dict[str, Any]) -> LoadPlan:
    for name in ("duration", "cadence", "settle", "resend_after"):
        members[name] = timedelta(microseconds=members[name])
    members["start"] = datetime.fromisoformat(members["start"])
    members["format"] = LoadFormat(members["format"])
    return LoadPlan(**members)
