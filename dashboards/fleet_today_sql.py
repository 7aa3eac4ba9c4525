"""What *Fleet today* asks PostgreSQL."""

from dashboards.sql import END, HOUR, OF_FLEET, any_of
from foreworn.planning.work_order import OPEN_STATES

_OPEN = any_of("o.state", OPEN_STATES)

LIKELY = f"""
SELECT w.machine, w.component, w.site, w.model, w.probability, w.within, w.because, w.data_to,
       o.id AS "order", o.state, o.expected_saving AS saves, o.currency
FROM (
    SELECT DISTINCT ON (v.machine) v.machine, v.component, m.site, m.model, v.probability,
           v.horizon_us / {HOUR} AS within, v.reasons -> 0 ->> 'source' AS because, v.time AS data_to
    FROM verdicts v JOIN machines m ON m.id = v.machine
    WHERE m.retired_at IS NULL AND {OF_FLEET}
    ORDER BY v.machine, v.probability DESC, v.component
) w
LEFT JOIN work_orders o
    ON o.machine = w.machine AND o.component = w.component AND o.kind = 'predictive' AND {_OPEN}
ORDER BY w.probability DESC, w.machine
LIMIT 100
"""
"""A row per machine: its most probable component, and the open order for it if there is one."""

EXPECTED_FAILURES = f"""
SELECT coalesce(sum(v.probability), 0) AS failures
FROM verdicts v JOIN machines m ON m.id = v.machine
WHERE m.retired_at IS NULL AND {OF_FLEET}
"""

_HEARD = f"""
SELECT a.device, a.machine, m.site, p.last_received_at AS last_heard,
       extract(epoch FROM {END} - p.last_received_at)::float8 AS silent_for,
       p.last_received_at IS NULL OR p.last_received_at < {END} - interval '${{silent:raw}}' AS is_silent
FROM attachments a
JOIN machines m ON m.id = a.machine
LEFT JOIN device_progress p ON p.device = a.device
WHERE a.since <= {END} AND (a.until IS NULL OR a.until > {END}) AND m.retired_at IS NULL AND {OF_FLEET}
"""

SILENT = f"SELECT count(*) FILTER (WHERE is_silent) AS silent, count(*) AS devices FROM ({_HEARD.strip()}) heard"

SILENT_DEVICES = f"""
SELECT device, machine, site, last_heard, silent_for
FROM ({_HEARD.strip()}) heard
WHERE is_silent
ORDER BY last_heard NULLS FIRST, device
"""

_CASES = f"FROM cases c JOIN machines m ON m.id = c.machine WHERE c.state = 'open' AND {OF_FLEET}"

OPEN_CASES = f"SELECT count(*) AS cases {_CASES}"

CASES = f"""
SELECT c.machine, m.site, c.opened_at, c.latest_score / nullif(c.latest_threshold, 0) AS now,
       c.peak_score / nullif(c.peak_threshold, 0) AS peak, c.contributions -> 0 ->> 'signal' AS signal, c.reason
{_CASES}
ORDER BY peak DESC, c.machine
"""
"""Scores are told as multiples of their threshold, because thresholds differ between regimes."""

ORDERS_BY_STATE = f"""
SELECT s.state,
       count(*) FILTER (WHERE o.kind = 'predictive') AS predictive,
       count(*) FILTER (WHERE o.kind = 'preventive') AS preventive,
       count(*) FILTER (WHERE o.kind = 'corrective') AS corrective
FROM unnest(ARRAY[{", ".join(f"'{s}'" for s in OPEN_STATES)}]) WITH ORDINALITY AS s (state, step)
LEFT JOIN (
    SELECT o.state, o.kind FROM work_orders o JOIN machines m ON m.id = o.machine WHERE {OF_FLEET}
) o ON o.state = s.state
GROUP BY s.state, s.step
ORDER BY s.step
"""

AVOIDED_COST = f"""
SELECT o.currency, sum(o.expected_saving) AS saves
FROM work_orders o JOIN machines m ON m.id = o.machine
WHERE o.kind = 'predictive' AND {_OPEN} AND o.expected_saving IS NOT NULL AND {OF_FLEET}
GROUP BY o.currency
ORDER BY saves DESC
"""
"""A row per currency: money of two currencies is never added."""

QUARANTINED = """
SELECT date_trunc('hour', q.received_at, 'UTC') AS "time", q.reason AS metric, count(*)::float8 AS messages
FROM quarantine q
WHERE $__timeFilter(q.received_at)
GROUP BY 1, 2
ORDER BY 1, 2
"""

DEVICES = f"""
SELECT DISTINCT a.device
FROM attachments a JOIN machines m ON m.id = a.machine
WHERE m.retired_at IS NULL AND a.until IS NULL AND {OF_FLEET}
ORDER BY 1
"""
MACHINES = f"SELECT m.id FROM machines m WHERE m.retired_at IS NULL AND {OF_FLEET} ORDER BY 1"
SITES = "SELECT DISTINCT site FROM machines ORDER BY 1"
MODELS = "SELECT DISTINCT model FROM machines ORDER BY 1"
