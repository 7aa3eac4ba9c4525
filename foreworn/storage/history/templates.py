"""A fleet history to fill in: every file with one example row."""

from pathlib import Path

from foreworn.storage.history.whole_folder import whole_folder

TEMPLATES = {
    "machines.csv": """\
machine,model,site,installed_at,device,components,area,customer
pump-1,cp-100,north,2024-03-01T00:00:00Z,pump-1,bearing;seal,hall-1,waterworks
""",
    "signals.csv": """\
signal,unit,type,model,low,high,states,cadence_s,label,sent_unit,most_per_second
vibration_rms,mm/s,float,*,0,50,,3600,Bearing vibration,,
""",
    "telemetry.csv": """\
time,machine,vibration_rms
2026-01-05T00:00:00Z,pump-1,2.31
""",
    "events.csv": """\
time,machine,code,severity,message
2026-01-17T02:00:00Z,pump-1,V2,warning,vibration above 4.5 mm/s
""",
    "logs.csv": """\
time,machine,level,logger,message
2026-01-17T02:00:04Z,pump-1,warning,drive,speed held at 1450 rpm
""",
    "maintenance.csv": """\
time,machine,component,action,kind
2026-01-18T09:00:00Z,pump-1,bearing,replaced,corrective
""",
    "failures.csv": """\
time,machine,component,mode
2026-01-18T03:00:00Z,pump-1,bearing,breakdown
""",
}


def write_templates(folder: Path) -> None:
    """Write the templates; together they are a fleet history that passes every check.

    Raises
    ------
    Conflict
        If `folder` exists and is not an empty folder.
    """
    with whole_folder(folder) as growing:
        for name, text in TEMPLATES.items():
            (growing / name).write_text(text, encoding="utf-8", newline="\n")
