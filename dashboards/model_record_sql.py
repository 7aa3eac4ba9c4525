"""What *Maintenance* asks PostgreSQL about how often models were right: the scorecard's rules, in SQL.

`foreworn.health.scorecard` says what each number means; a test holds the two together.
"""

from dashboards.sql import any_of, chosen
from foreworn.health.label import Outcome
from foreworn.health.scorecard import BINS

CONFIRMS = tuple(outcome for outcome in Outcome if outcome.confirms)
REFUTES = tuple(outcome for outcome in Outcome if outcome.refutes)

_LABELS = f"""
told AS (
    SELECT l.*, {any_of("l.outcome", CONFIRMS)} AS confirms, {any_of("l.outcome", REFUTES)} AS refutes,
           l.time + l.horizon_us * interval '1 microsecond' AS ends
    FROM labels l JOIN machines m ON m.id = l.machine
    WHERE $__timeFilter(l.time) AND {chosen("l.model_version", "version")}
      AND {chosen("m.site", "site")} AND {chosen("m.model", "model")}
), judged AS (
    SELECT t.*, ends < coalesce(
               min(ends) FILTER (WHERE outcome = 'pending') OVER (PARTITION BY model_version), 'infinity'
           ) AS settled
    FROM told t
)"""

PREDICTIVE_ORDERS = f"""
SELECT o.model_version,
       count(*) FILTER (WHERE {any_of("o.outcome", CONFIRMS)}) AS confirmed,
       count(*) FILTER (WHERE {any_of("o.outcome", REFUTES)}) AS refuted,
       count(*) FILTER (WHERE o.outcome = 'censored') AS censored,
       count(*) FILTER (WHERE o.outcome IS NULL OR o.outcome = 'pending') AS open,
       count(*) FILTER (WHERE {any_of("o.outcome", REFUTES)})::float8
           / nullif(count(*) FILTER (WHERE {any_of("o.outcome", (*CONFIRMS, *REFUTES))}), 0) AS false_share
FROM work_orders o JOIN machines m ON m.id = o.machine
WHERE o.kind = 'predictive' AND $__timeFilter(o.data_time) AND {chosen("o.model_version", "version")}
  AND {chosen("m.site", "site")} AND {chosen("m.model", "model")}
GROUP BY o.model_version
ORDER BY o.model_version DESC
"""

OUTCOMES = f"""
WITH {_LABELS.strip()}
SELECT model_version, {", ".join(f"count(*) FILTER (WHERE outcome = '{o}') AS {o}" for o in Outcome)}
FROM judged
GROUP BY model_version
ORDER BY model_version DESC
"""

RECORD = f"""
WITH {_LABELS.strip()}, followed AS (
    SELECT j.*, lag(alarm) OVER past AS was_alarm, lag(confirms OR outcome = 'censored') OVER past AS was_end,
           lag(decided_at) OVER past AS was_decided
    FROM judged j
    WINDOW past AS (PARTITION BY model_version, machine, component, horizon_us ORDER BY time)
), runs AS (
    SELECT f.*, count(*) FILTER (
               WHERE was_alarm IS NOT TRUE OR (was_end AND was_decided IS DISTINCT FROM decided_at)
           ) OVER (PARTITION BY model_version, machine, component, horizon_us ORDER BY time) AS run
    FROM followed f
    WHERE alarm
), cut AS (
    SELECT r.*, floor(extract(epoch FROM time - min(time) OVER (
               PARTITION BY model_version, machine, component, horizon_us, run
           )) * 1000000 / horizon_us) AS part
    FROM runs r
), episodes AS (
    SELECT model_version, bool_or(confirms) AS confirmed, bool_and(refutes) AS refuted
    FROM cut GROUP BY model_version, machine, component, horizon_us, run, part
    HAVING bool_and(settled)
), events AS (
    SELECT model_version, decided_at - min(issued_at) FILTER (WHERE alarm) AS lead
    FROM judged WHERE confirms AND decided_at IS NOT NULL
    GROUP BY model_version, machine, component, decided_at
), said AS (
    SELECT model_version, count(*) AS forecasts,
           avg((probability - confirms::int) ^ 2) FILTER (WHERE settled AND (confirms OR refutes)) AS brier
    FROM judged GROUP BY model_version
), alarms AS (
    SELECT model_version, count(*) FILTER (WHERE confirmed) AS confirmed, count(*) FILTER (WHERE refuted) AS refuted
    FROM episodes GROUP BY model_version
), caught AS (
    SELECT model_version, count(*) AS failures, count(lead) AS caught,
           extract(epoch FROM (array_agg(lead ORDER BY lead) FILTER (WHERE lead IS NOT NULL))
                              [round(0.5::float8 * (count(lead) - 1))::int + 1])
               AS lead
    FROM events GROUP BY model_version
)
SELECT t.model_version, t.forecasts, coalesce(a.confirmed, 0) AS alarms_confirmed,
       coalesce(a.refuted, 0) AS alarms_refuted,
       a.confirmed::float8 / nullif(a.confirmed + a.refuted, 0) AS precision,
       coalesce(c.failures, 0) AS failures, coalesce(c.caught, 0) AS caught,
       c.caught::float8 / nullif(c.failures, 0) AS recall,
       c.lead::float8 AS median_lead, t.brier
FROM said t LEFT JOIN alarms a USING (model_version) LEFT JOIN caught c USING (model_version)
ORDER BY t.model_version DESC
"""

_Z = 1.959964
_WILSON = f"(share + {_Z**2 / 2} / said {{sign}} {_Z} * sqrt(share * (1 - share) / said + {_Z**2 / 4} / said ^ 2))"

CALIBRATION = f"""
WITH {_LABELS.strip()}, binned AS (
    SELECT model_version, probability, confirms,
           least(width_bucket(probability, ARRAY[{", ".join(map(str, BINS))}]::float8[]), {len(BINS) - 1}) AS bin
    FROM judged WHERE settled AND (confirms OR refutes)
), counted AS (
    SELECT model_version, bin, count(*) AS said, avg(probability) AS mean,
           count(*) FILTER (WHERE confirms) AS happened, count(*) FILTER (WHERE confirms)::float8 / count(*) AS share
    FROM binned GROUP BY model_version, bin
)
SELECT model_version, (ARRAY[{", ".join(map(str, BINS))}]::float8[])[bin] AS low,
       (ARRAY[{", ".join(map(str, BINS))}]::float8[])[bin + 1] AS high, said, happened, mean, share,
       greatest(0, {_WILSON.format(sign="-")} / (1 + {_Z**2} / said)) AS share_low,
       least(1, {_WILSON.format(sign="+")} / (1 + {_Z**2} / said)) AS share_high
FROM counted
ORDER BY model_version DESC, bin
"""
"""What was said against what happened, with Wilson's 95 % interval of the share that happened."""

VERSIONS = """
SELECT model_version FROM (
    SELECT model_version, max(issued_at) AS issued_at FROM labels GROUP BY 1
    UNION ALL
    SELECT model_version, max(created_at) FROM work_orders WHERE model_version IS NOT NULL GROUP BY 1
) said
GROUP BY 1
ORDER BY max(issued_at) DESC, 1 DESC
"""
"""The newest first."""
