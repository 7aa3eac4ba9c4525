"""What every query of every dashboard must answer on the seeded fleet, worked out by hand."""

from collections.abc import Mapping
from datetime import timedelta

from tests.integration.dashboard_seed import DAY, END, HOUR, SEAL, START, WEEK
from tests.integration.grafana_asks import Row

ISSUES = ("2026-03-01T06:00:00.000Z", "2026-03-08T06:00:00.000Z")
HOT = START + timedelta(minutes=15)
HOTTER = START + timedelta(minutes=45)
WEEKS = tuple(START + n * WEEK for n in range(3))


def table(columns: str, *rows: tuple[object, ...]) -> list[Row]:
    """Return rows under columns that are named in one line, with commas."""
    return [dict(zip(columns.split(","), row, strict=True)) for row in rows]


SITES = table("site", ("North",), ("O'Hara",), ("West",))
MODELS = table("model", ("fx",), ("px",))

FLEET_TODAY: Mapping[str, list[Row]] = {
    "variable site": SITES,
    "variable model": MODELS,
    "variable device": table("device", ("gw-1",), ("gw-7",), ("gw-8",)),
    "variable machine": table("id", ("Fan 1",), ("Pump 7",), ("Pump 8",)),
    "panel Failures to expect within the horizon": table("failures", (0.62 + 0.1 + 0.3 + 0.08,)),
    "panel Open cases: machines unlike themselves": table("cases", (1,)),
    "panel Silent devices, of all": table("silent,devices", (2, 3)),
    "panel Saved if all open orders are done": table("currency,saves", ("EUR", 3100.0), ("CHF", 500.0)),
    "panel These machines are the likeliest to fail": table(
        "machine,component,site,model,probability,within,because,data_to,order,state,saves,currency",
        (
            *("Pump 7", "bearing", "West", "px", 0.62, 168.0, "vibration"),
            *(END - HOUR, "WO-1", "approved", 3100.0, "EUR"),
        ),
        ("Pump 8", "bearing", "West", "px", 0.3, 168.0, "vibration", END - HOUR, None, None, None, None),
        ("Fan 1", "filter", "O'Hara", "fx", 0.08, 168.0, "vibration", END - HOUR, None, None, None, None),
    ),
    "panel How each machine's probability of failing has moved": table(
        "machine,time,max", ("Fan 1", START + HOUR, 0.1), ("Pump 7", START, 0.2), ("Pump 7", START + HOUR, 0.6)
    ),
    "panel Open orders, by how far they have come": table(
        "state,predictive,preventive,corrective",
        ("proposed", 1, 0, 0),
        ("approved", 1, 1, 0),
        ("scheduled", 0, 0, 0),
        ("in_progress", 0, 0, 0),
    ),
    "panel These machines behave unlike themselves": table(
        "machine,site,opened_at,now,peak,signal,reason",
        ("Pump 8", "West", END - DAY, 1.5, 3.0, "vibration", "3 of the last 4 scores lie above their threshold"),
    ),
    "panel Anomaly score over its threshold: above 1 is unusual": table("machine,time,max", ("Pump 8", START, 3)),
    "panel Nothing comes from these devices": table(
        "device,machine,site,last_heard,silent_for",
        ("gw-1", "Fan 1", "O'Hara", None, None),
        ("gw-8", "Pump 8", "West", END - 2 * HOUR, 7200.0),
    ),
    "panel Readings per hour, by signal": table(
        "time,count_hours_run,count_mode,count_starts,count_vibration",
        (START, 2, 2, 2, 2),
        (START + HOUR, 1, 1, 1, 1),
    ),
    "panel Alarms per hour, by severity": table(
        "severity,time,sum", ("error", START + 2 * HOUR, 1), ("warning", START, 2)
    ),
    "panel The newest alarms": table(
        "time,device,code,severity,message",
        (START + 2 * HOUR, "gw-8", "E20", "error", "no flow"),
        (HOTTER, "gw-7", "E17", "warning", "hot"),
        (HOT, "gw-7", "E17", "warning", "hot"),
    ),
    "panel Messages in quarantine per hour, by reason": table(
        "time,metric,messages", (START + HOUR, "unreadable", 2.0), (START + 2 * HOUR, "unknown_device", 1.0)
    ),
}

MACHINE: Mapping[str, list[Row]] = {
    "variable machine": table("key,value", ("machine", "Fan 1"), ("machine", "Other 1"), ("machine", "Pump 7")),
    "variable version": table("key,value", ("model_version", "gb-1")),
    "variable device": table("key,value", ("device", "gw-7"), ("device", "gw-9")),
    "variable signal": table(
        "fieldKey,fieldType",
        ("hours_run", "integer"),
        ("mode", "string"),
        ("starts", "integer"),
        ("vibration", "float"),
    ),
    "annotation Events": table(
        "time,message,code,severity",
        (START + 3 * HOUR, "opened", "door", "info"),
        (HOTTER, "hot", "E17", "warning"),
        (HOT, "hot", "E17", "warning"),
    ),
    "panel Probability of failing, by component": table(
        "component,horizon,revision,time,last",
        ("bearing", "24.0h", "0", START, 0.2),
        ("bearing", "24.0h", "0", START + HOUR, 0.4),
        ("bearing", "24.0h", "1", START + HOUR, 0.6),
    ),
    "panel Life left, by component": table(
        "component,unit,model_version,time,p10,p50,p90",
        ("bearing", "hours", "life-1", START, 372.0, 744.0, 1488.0),
        ("bearing", "hours", "life-1", START + DAY, 360.0, 720.0, 1440.0),
    ),
    "panel ${signal}": table("time,mean", (START, 3.2), (START + HOUR, 3.2)),
    "panel Events of the device, the newest first": table(
        "time,code,severity,message,count",
        (START + 3 * HOUR, "door", "info", "opened", 1),
        (HOTTER, "E17", "warning", "hot", 1),
        (HOT, "E17", "warning", "hot", 1),
    ),
}

MAINTENANCE: Mapping[str, list[Row]] = {
    "variable site": SITES,
    "variable model": MODELS,
    "variable version": table("model_version", ("gb-1",), ("gb-2",)),
    "panel Done in time, of what was due and of what was scheduled": [
        # Due: WO-2 and WO-3 in time, WO-4 not. Booked: WO-2 (2 h) in time, WO-3 (6 h) half a day late.
        {
            "PM and PdM compliance": 2 / 3,
            "Schedule compliance, orders": 1 / 2,
            "Schedule compliance, hours": 2 / 8,
        }
    ],
    "panel Done in time, week by week": table(
        "time,metric,compliance",
        (WEEKS[0], "PM and PdM compliance", 1.0),
        (WEEKS[0], "Schedule compliance, orders", 1.0),
        (WEEKS[1], "PM and PdM compliance", 0.5),
        (WEEKS[1], "Schedule compliance, orders", 0.0),
    ),
    "panel Approved work, and the hours there are for it": [
        {"Ready backlog, h": 5.0, "Proposed, h": 3.0, "Team, h a week": 10.0, "Backlog, weeks": 0.5}
    ],
    "panel Backlog against the hours the team has in a week": table(
        "time,metric,hours",
        (WEEKS[0], "ready", 1.0),
        (WEEKS[0], "team, a week", 10.0),
        (WEEKS[1], "ready", 1.0),
        (WEEKS[1], "team, a week", 10.0),
        (WEEKS[2], "proposed", 3.0),
        (WEEKS[2], "ready", 5.0),
        (WEEKS[2], "team, a week", 10.0),
    ),
    "panel These orders are late": table(
        "order,machine,component,kind,state,task,due,late_by,hours,technician",
        (
            *("WO-4", "Fan 1", "filter", "preventive", "approved", "Swap it", START + 9 * DAY),
            *((12 * DAY).total_seconds(), 1.0, None),
        ),
    ),
    "panel Open orders at the end of each week, by state": table(
        "time,metric,orders",
        (WEEKS[0], "approved", 1.0),
        (WEEKS[1], "approved", 1.0),
        (WEEKS[1], "completed", 1.0),
        (WEEKS[2], "approved", 2.0),
        (WEEKS[2], "completed", 1.0),
        (WEEKS[2], "proposed", 1.0),
    ),
    "panel Orders that began in each week, by kind": table(
        "time,metric,orders",
        (WEEKS[0], "predictive", 1.0),
        (WEEKS[0], "preventive", 1.0),
        (WEEKS[1], "predictive", 1.0),
        (WEEKS[2], "corrective", 1.0),
        (WEEKS[2], "predictive", 3.0),
    ),
    "panel Orders that ended in each week, by how": table(
        "time,metric,orders", (WEEKS[0], "closed", 1.0), (WEEKS[2], "closed", 1.0), (WEEKS[2], "declined", 1.0)
    ),
    # Pump 7 stood still from the second failure to the end of the second repair, 30 h, whoever looked at it meanwhile:
    # its bearing had failed two days before, and ran again. Pump 8 came a week late. No repair of a filter is noted.
    "panel The models that fail most often, and their time between failures": table(
        "model,machines,failures,operating,down,mtbf",
        ("px", 2, 3, 504.0 - 30 + 336, 30.0, 270.0),
        ("fx", 2, 1, 504.0 + 168, 0.0, 672.0),
    ),
    # WO-5 was worked on for 2 h and 3 h; from the failure to the completion 27 h passed.
    "panel The models that take longest to repair": table(
        "model,repairs,hours,mttr,mean_downtime", ("px", 1, 5.0, 5.0, 27.0)
    ),
    "panel How many predictive orders were false": table(
        "model_version,confirmed,refuted,censored,open,false_share",
        ("gb-2", 0, 0, 0, 1, None),
        ("gb-1", 1, 2, 0, 1, 2 / 3),
    ),
}
"""The rest is compared with the scorecard, which is the rule."""

_DEMAND = {"predicted": 1, "planned": 2, "history": 3, "total": 4}

SPARE_PARTS: Mapping[str, list[Row]] = {
    "variable place": table("place", ("elsewhere",), ("main",)),
    "variable part": table("__value,__text", ("6204", "6204 · ball bearing"), (SEAL, f"{SEAL} · shaft seal")),
    "variable issue": table("key,value", *(("issue", issue) for issue in ISSUES)),
    "panel What is missing": [{"Out of stock": 1, "Promised beyond stock": 1, "Short even after deliveries": 0}],
    "panel Bound in stock": table("currency,value", ("EUR", 3 * 85.0)),
    "panel The scarcest parts": table(
        "part,description,place,on_hand,reserved,on_order,position,proposed,unit,lead_time",
        ("6204", "ball bearing", "main", 0, 2, 5, 3, 0, "piece", 14 * 24.0),
        (SEAL, "shaft seal", "main", 3, 1, 0, 2, 10, "piece", 21 * 24.0),
    ),
    "panel When parts were out of stock": table(
        "part,place,since,until,lasted",
        ("6204", "main", START + 18 * DAY, None, (3 * DAY).total_seconds()),
        (SEAL, "main", START + 5 * DAY, START + 8 * DAY, (3 * DAY).total_seconds()),
    ),
    "panel What will be needed, of all parts": [
        {"time": week, "part": part, "place": "main", "mean": p50 + 1.6, "p50": p50, "p90": p50 + 4, "p99": p50 + 4}
        for week, p50 in ((WEEKS[0], 5), (WEEKS[1], 6))
        for part in ("6204", SEAL)
    ],
    "panel Purchases proposed in the range, by how far they have come": table(
        "state,purchases,value", ("proposed", 1, 850.0), ("ordered", 1, 100.0)
    ),
    "panel What is on its way, or waits for a decision": table(
        "purchase,part,place,quantity,state,created_at,expected_at,late_by,value,reason",
        (
            *("PO-1", "6204", "main", 5, "ordered", START + 16 * DAY, END - DAY),
            *(DAY.total_seconds(), 100.0, "below 2"),
        ),
        ("PO-2", SEAL, "main", 10, "proposed", START + 17 * DAY, END + 10 * DAY, 0.0, 850.0, "below 5"),
    ),
    "panel ${part} at ${place}: what will be needed": [
        {"source": source, "time": WEEKS[week], "p50": n + week + 1, "p90": n + week + 5}
        for source, n in sorted(_DEMAND.items())
        for week in range(2)
    ],
    "panel ${part}: what was on the shelf, by place": table(
        "time,metric,stock",
        (START, "main", 3.0),
        (START + 3 * DAY, "main", 2.0),
        (START + 5 * DAY, "main", 0.0),
        (START + 8 * DAY, "main", 4.0),
        (START + 15 * DAY, "main", 3.0),
    ),
    "panel ${part}: what came and went per week, by kind": table(
        "time,metric,quantity", (WEEKS[0], "issue", -3.0), (WEEKS[1], "receipt", 4.0), (WEEKS[2], "issue", -1.0)
    ),
    "panel ${part}: every movement, the newest first": table(
        "time,place,quantity,kind,reference,actor",
        (START + 15 * DAY, "main", -1, "issue", "for m5", "max"),
        (START + 8 * DAY, "main", 4, "receipt", "for m4", "max"),
        (START + 5 * DAY, "main", -2, "issue", "for m3", "max"),
        (START + 3 * DAY, "main", -1, "issue", "for m2", "max"),
    ),
}

ANSWERS = {"fleet-today": FLEET_TODAY, "machine": MACHINE, "maintenance": MAINTENANCE, "spare-parts": SPARE_PARTS}
