"""What *Maintenance* asks PostgreSQL about work orders; SMRP's metrics are cited by their numbers."""

from dashboards.sql import END, HOUR, OF_FLEET, START, any_of
from foreworn.planning.work_order import OPEN_STATES, WorkOrderState

_ORDERS = "work_orders o JOIN machines m ON m.id = o.machine"
_ENDED = tuple(state for state in WorkOrderState if state.is_final)
_READY = tuple(state for state in OPEN_STATES if state is not WorkOrderState.PROPOSED)

# Weeks begin on Monday, 00:00 UTC; the last one is told as of the end of the range.
_WEEKS = f"""
weeks AS (
    SELECT w.start AS "time", least(w.start + interval '168 hours', {END}) AS until
    FROM generate_series(date_trunc('week', {START}, 'UTC'), {END}, interval '168 hours') AS w (start)
    WHERE w.start < {END}
)"""

_STOOD = f"""
stood AS (
    SELECT w."time", o.labour_us,
           coalesce(
               (SELECT t.to_state FROM work_order_transitions t
                WHERE t.work_order = o.id AND t.time < w.until ORDER BY t.position DESC LIMIT 1),
               (SELECT t.from_state FROM work_order_transitions t
                WHERE t.work_order = o.id ORDER BY t.position LIMIT 1),
               o.state
           ) AS state
    FROM weeks w CROSS JOIN {_ORDERS}
    WHERE o.created_at < w.until AND {OF_FLEET}
)"""
"""In which state every order stood at the end of every week."""

STATES_OVER_TIME = f"""
WITH {_WEEKS.strip()},{_STOOD}
SELECT s."time", s.state AS metric, count(*)::float8 AS orders
FROM stood s
WHERE {any_of("s.state", (*OPEN_STATES, WorkOrderState.COMPLETED))}
GROUP BY 1, 2
ORDER BY 1, 2
"""

CREATED = f"""
SELECT date_trunc('week', o.created_at, 'UTC') AS "time", o.kind AS metric, count(*)::float8 AS orders
FROM {_ORDERS}
WHERE $__timeFilter(o.created_at) AND {OF_FLEET}
GROUP BY 1, 2
ORDER BY 1, 2
"""

ENDED = f"""
SELECT date_trunc('week', t.time, 'UTC') AS "time", t.to_state AS metric, count(*)::float8 AS orders
FROM {_ORDERS} JOIN work_order_transitions t ON t.work_order = o.id
WHERE {any_of("t.to_state", _ENDED)} AND $__timeFilter(t.time) AND {OF_FLEET}
GROUP BY 1, 2
ORDER BY 1, 2
"""

_DUE = f"""
due AS (
    SELECT o.due AS at, o.completed_at <= o.due AS is_done
    FROM {_ORDERS}
    WHERE o.kind IN ('preventive', 'predictive') AND o.state NOT IN ('declined', 'superseded')
      AND $__timeFilter(o.due) AND {OF_FLEET}
)"""
_BOOKED = f"""
booked AS (
    SELECT o.booked_until AS at, o.labour_us / {HOUR} AS hours, o.completed_at <= o.booked_until AS is_done
    FROM {_ORDERS}
    WHERE o.booked_until IS NOT NULL AND $__timeFilter(o.booked_until) AND {OF_FLEET}
)"""

COMPLIANCE = f"""
WITH {_DUE.strip()},{_BOOKED}
SELECT (SELECT count(*) FILTER (WHERE is_done)::float8 / nullif(count(*), 0) FROM due) AS "PM and PdM compliance",
       (SELECT count(*) FILTER (WHERE is_done)::float8 / nullif(count(*), 0) FROM booked)
           AS "Schedule compliance, orders",
       (SELECT (sum(hours) FILTER (WHERE is_done) / nullif(sum(hours), 0))::float8 FROM booked)
           AS "Schedule compliance, hours"
"""
"""SMRP 5.4.14, 5.4.4 and 5.4.3: done by the required date, or by the end of the booked window, of all there were."""

COMPLIANCE_OVER_TIME = f"""
WITH {_DUE.strip()},{_BOOKED}
SELECT date_trunc('week', at, 'UTC') AS "time", metric,
       count(*) FILTER (WHERE is_done)::float8 / count(*) AS compliance
FROM (
    SELECT at, is_done, 'PM and PdM compliance' AS metric FROM due
    UNION ALL
    SELECT at, is_done, 'Schedule compliance, orders' FROM booked
) told
GROUP BY 1, 2
ORDER BY 1, 2
"""

LATE = f"""
SELECT o.id AS "order", o.machine, o.component, o.kind, o.state, o.task, o.due,
       extract(epoch FROM {END} - o.due)::float8 AS late_by, o.labour_us / {HOUR} AS hours, o.technician
FROM {_ORDERS}
WHERE {any_of("o.state", OPEN_STATES)} AND o.due < {END} AND {OF_FLEET}
ORDER BY o.due, o.number
LIMIT 100
"""

_TEAM_HOURS = f"SELECT coalesce(sum(t.weekly_time_us), 0) / {HOUR} FROM technicians t WHERE t.active"

BACKLOG = f"""
WITH backlog AS (
    SELECT coalesce(sum(o.labour_us) FILTER (WHERE {any_of("o.state", _READY)}), 0) / {HOUR} AS ready,
           coalesce(sum(o.labour_us) FILTER (WHERE o.state = 'proposed'), 0) / {HOUR} AS proposed
    FROM {_ORDERS}
    WHERE {OF_FLEET}
), team AS ({_TEAM_HOURS.replace("FROM", "AS hours FROM", 1)})
SELECT b.ready::float8 AS "Ready backlog, h", b.proposed::float8 AS "Proposed, h",
       t.hours::float8 AS "Team, h a week", (b.ready / nullif(t.hours, 0))::float8 AS "Backlog, weeks"
FROM backlog b CROSS JOIN team t
"""
"""SMRP 5.4.9, ready backlog: hours of approved work that is not done, over the hours the team has in a week."""

BACKLOG_OVER_TIME = f"""
WITH {_WEEKS.strip()},{_STOOD}
SELECT s."time", CASE s.state WHEN 'proposed' THEN 'proposed' ELSE 'ready' END AS metric,
       (sum(s.labour_us) / {HOUR})::float8 AS hours
FROM stood s
WHERE {any_of("s.state", OPEN_STATES)}
GROUP BY 1, 2
UNION ALL
SELECT w."time", 'team, a week', ({_TEAM_HOURS})::float8 FROM weeks w
ORDER BY 1, 2
"""
