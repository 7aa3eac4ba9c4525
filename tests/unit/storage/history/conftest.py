from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pytest

VALID = {
    "machines.csv": """\
machine,model,site,installed_at,device,components
pump-1,cp-100,north,2024-03-01T00:00:00Z,,bearing;seal
pump-2,cp-200,north,2024-03-01T00:00:00+01:00,gateway-7,
""",
    "signals.csv": """\
signal,unit,type,model,low,high,states,cadence_s,label
pressure,bar,float,cp-100,0,16,,3600,
pressure,bar,float,cp-200,0,25,,3600,
state,,state,cp-100,,,running;standby,3600,Run state
cycles,,counter,cp-200,0,,,3600,
""",
    "telemetry.csv": """\
time,machine,pressure,state,cycles
2026-01-05T00:00:00Z,pump-1,6.1,running,
2026-01-05T01:00:00Z,pump-1,6.2,standby,
2026-01-05T00:00:00Z,pump-2,11.5,,7
""",
    "events.csv": """\
time,machine,code,severity,message
2026-01-05T00:30:00Z,pump-1,P1,warning,pressure low
""",
    "maintenance.csv": """\
time,machine,component,action,kind
2025-12-01T09:00:00Z,pump-1,seal,replaced,preventive
2026-01-05T09:00:00Z,pump-2,impeller,replaced,corrective
""",
    "failures.csv": """\
time,machine,component,mode
2026-01-05T03:00:00Z,pump-2,impeller,breakdown
""",
}


class MakeHistory(Protocol):
    """Writes a valid history; files given by name replace its own, None leaves the file out."""

    def __call__(self, files: Mapping[str, str | bytes | None] | None = None, name: str = "fleet") -> Path: ...


@pytest.fixture
def make_history(tmp_path: Path) -> MakeHistory:
    def make(files: Mapping[str, str | bytes | None] | None = None, name: str = "fleet") -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for file, content in {**VALID, **(files or {})}.items():
            if content is not None:
                (folder / file).write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return make
