"""What *Maintenance* asks PostgreSQL about failures and repairs, by machine model."""

from dashboards.sql import END, OF_FLEET, START, any_of
from foreworn.fleet.renewal import CHANGES_NOTHING, CORRECTIVE, LEAVES_OLD, NOTED_AGAIN

_ACTION = "lower(trim(r.action))"
_RENEWS = (
    f"(NOT {any_of(_ACTION, sorted(LEAVES_OLD))} "
    f"OR r.kind = '{CORRECTIVE}' AND NOT {any_of(_ACTION, sorted(CHANGES_NOTHING))})"
)
"""The rule of `foreworn.fleet.renewal.renews`, for maintenance `r`."""

_NOTED_AGAIN = f"interval '{NOTED_AGAIN.total_seconds():g} seconds'"

MTBF = f"""
WITH serving AS (
    SELECT m.id, m.model, tstzrange(greatest(m.installed_at, {START}), least(m.retired_at, {END})) AS service
    FROM machines m
    WHERE m.installed_at < {END} AND (m.retired_at IS NULL OR m.retired_at > {START}) AND {OF_FLEET}
), repaired AS (
    SELECT DISTINCT r.component FROM maintenance r WHERE r.kind = '{CORRECTIVE}' AND {_RENEWS}
), failed AS (
    SELECT f.machine, f.component, f.time,
           (SELECT min(r.time) FROM maintenance r
            WHERE r.machine = f.machine AND r.component = f.component AND r.time >= f.time AND {_RENEWS}) AS renewed,
           (SELECT min(n.time) FROM failures n
            WHERE n.machine = f.machine AND n.component = f.component AND n.time > f.time AND n.time < {END}) AS again
    FROM failures f
    WHERE f.time < {END}
), down AS (
    SELECT machine, range_agg(tstzrange(time, CASE
               WHEN component NOT IN (SELECT component FROM repaired) THEN time
               WHEN again <= coalesce(renewed, again) AND again - time > {_NOTED_AGAIN} THEN time
               WHEN again <= coalesce(renewed, again) THEN again
               ELSE coalesce(renewed, greatest(time, {END}))
           END)) AS spells
    FROM failed
    GROUP BY machine
), machine_hours AS (
    SELECT s.model,
           (SELECT count(*) FROM failures f WHERE f.machine = s.id AND f.time <@ s.service) AS failures,
           extract(epoch FROM upper(s.service) - lower(s.service)) / 3600 AS in_service,
           coalesce((
               SELECT sum(extract(epoch FROM upper(spell) - lower(spell))) / 3600
               FROM down d, unnest(d.spells * tstzmultirange(s.service)) AS spell
               WHERE d.machine = s.id
           ), 0) AS failed
    FROM serving s
)
SELECT model, count(*) AS machines, sum(failures)::bigint AS failures,
       sum(in_service - failed)::float8 AS operating, sum(failed)::float8 AS down,
       (sum(in_service - failed) / nullif(sum(failures), 0))::float8 AS mtbf
FROM machine_hours
GROUP BY model
ORDER BY mtbf NULLS LAST, model
"""
"""SMRP 3.5.1: operating time over failures. [h]

Operating time is the time in service, from installed to retired, without the time from a failure until the failed
component was renewed: an inspection ends no failure. Spells of two components that overlap count once. As in training
(`models.evaluation.outcomes.Downtime`), failures count as repaired at once where repairs of the component are on record
nowhere, and where it failed again more than a day later with no renewal between.
"""

MTTR = f"""
WITH steps AS (
    SELECT t.work_order, t.to_state, t.time,
           lead(t.time) OVER (PARTITION BY t.work_order ORDER BY t.position) AS until
    FROM work_order_transitions t
), repairs AS (
    SELECT m.model, o.completed_at, f.time AS failed_at,
           (SELECT sum(extract(epoch FROM s.until - s.time)) FROM steps s
            WHERE s.work_order = o.id AND s.to_state = 'in_progress') / 3600 AS hours
    FROM work_orders o
    JOIN machines m ON m.id = o.machine
    LEFT JOIN LATERAL (
        SELECT max(f.time) AS time FROM failures f
        WHERE f.machine = o.machine AND f.component = o.component AND f.time <= o.completed_at
    ) f ON true
    WHERE o.kind = 'corrective' AND $__timeFilter(o.completed_at) AND {OF_FLEET}
)
SELECT model, count(*) AS repairs, sum(hours)::float8 AS hours,
       (sum(hours) / nullif(count(hours), 0))::float8 AS mttr,
       avg(extract(epoch FROM completed_at - failed_at) / 3600)::float8 AS mean_downtime
FROM repairs
GROUP BY model
ORDER BY mttr DESC NULLS LAST, model
"""
"""SMRP 3.5.2, repair time over repairs, of the corrective orders completed in the range; 3.5.4, mean downtime. [h]

Repair time is the time an order was in progress: pauses, such as waiting for a part, are downtime but no repair.
"""
