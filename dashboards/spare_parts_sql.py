"""What *Spare parts* asks PostgreSQL."""

from dashboards.sql import END, START, any_of, chosen
from foreworn.spares.purchase import COMING_STATES, OPEN_PURCHASE_STATES

_AT_PLACE = chosen("k.place", "place")
_IS_COMING = any_of("o.state", COMING_STATES)

_LEVELS = f"""
levels AS (
    SELECT k.part, k.place, coalesce(l.on_hand, 0) AS on_hand,
           coalesce((SELECT sum(r.quantity) FROM reservations r
                     WHERE r.part = k.part AND r.place = k.place AND r.state = 'open'), 0) AS reserved,
           coalesce((SELECT sum(o.quantity) FROM purchase_orders o
                     WHERE o.part = k.part AND o.place = k.place AND {_IS_COMING}), 0) AS on_order,
           coalesce((SELECT sum(o.quantity) FROM purchase_orders o
                     WHERE o.part = k.part AND o.place = k.place AND o.state = 'proposed'), 0) AS proposed
    FROM (
        SELECT part, place FROM stock_levels
        UNION SELECT part, place FROM reservations WHERE state = 'open'
        UNION SELECT part, place FROM purchase_orders WHERE {any_of("state", OPEN_PURCHASE_STATES)}
    ) k
    LEFT JOIN stock_levels l ON l.part = k.part AND l.place = k.place
    WHERE {_AT_PLACE}
)"""

STOCK = f"""
WITH {_LEVELS.strip()}
SELECT v.part, p.description, v.place, v.on_hand, v.reserved::bigint AS reserved, v.on_order::bigint AS on_order,
       (v.on_hand - v.reserved + v.on_order)::bigint AS position, v.proposed::bigint AS proposed, p.unit,
       p.lead_time_us / 3600000000.0 AS lead_time
FROM levels v JOIN parts p ON p.id = v.part
ORDER BY v.on_hand - v.reserved, v.part, v.place
"""
"""What is scarcest first. Position is on hand less reserved plus on order; what is only proposed is not on order."""

SCARCE = f"""
WITH {_LEVELS.strip()}
SELECT count(*) FILTER (WHERE on_hand = 0) AS "Out of stock",
       count(*) FILTER (WHERE on_hand < reserved) AS "Promised beyond stock",
       count(*) FILTER (WHERE on_hand - reserved + on_order < 0) AS "Short even after deliveries"
FROM levels
"""

VALUE = f"""
WITH {_LEVELS.strip()}
SELECT coalesce((SELECT code FROM currency), 'no currency set') AS currency, sum(v.on_hand * p.price) AS value
FROM levels v JOIN parts p ON p.id = v.part
"""

_LEDGER = f"""
ledger AS (
    SELECT k.id, k.part, k.place, k.time,
           sum(k.quantity) OVER (PARTITION BY k.part, k.place ORDER BY k.time, k.id) AS level,
           lead(k.time) OVER (PARTITION BY k.part, k.place ORDER BY k.time, k.id) AS until
    FROM stock_movements k
    WHERE k.time <= {END} AND {_AT_PLACE}
)"""

STOCK_OUTS = f"""
WITH {_LEDGER.strip()}, empty AS (
    SELECT part, place, range_agg(tstzrange(time, coalesce(until, {END}))) AS spells
    FROM ledger WHERE level = 0
    GROUP BY part, place
)
SELECT e.part, e.place, lower(spell) AS since, nullif(upper(spell), {END}) AS until,
       extract(epoch FROM upper(spell) - lower(spell))::float8 AS lasted
FROM empty e, unnest(e.spells * tstzmultirange(tstzrange({START}, {END}))) AS spell
ORDER BY lower(spell) DESC, e.part, e.place
"""
"""Spells with nothing on the shelf, as far as they lie in the range; before its first movement a part is not out."""

STOCK_OVER_TIME = f"""
WITH {_LEDGER.strip()}
SELECT greatest(g.time, {START}) AS "time", g.place AS metric, g.level::float8 AS stock
FROM ledger g
WHERE {chosen("g.part", "part")} AND coalesce(g.until, {END}) > {START} AND g.until IS DISTINCT FROM g.time
ORDER BY 1, 2
"""
"""A point per change, and one at the beginning of the range."""

MOVED = f"""
SELECT date_trunc('week', k.time, 'UTC') AS "time", k.kind AS metric, sum(k.quantity)::float8 AS quantity
FROM stock_movements k
WHERE {chosen("k.part", "part")} AND {_AT_PLACE} AND $__timeFilter(k.time)
GROUP BY 1, 2
ORDER BY 1, 2
"""

MOVEMENTS = f"""
SELECT k.time, k.place, k.quantity, k.kind, k.reference, k.actor
FROM stock_movements k
WHERE {chosen("k.part", "part")} AND {_AT_PLACE} AND $__timeFilter(k.time)
ORDER BY k.time DESC, k.id
LIMIT 200
"""

PURCHASES_BY_STATE = f"""
SELECT k.state, count(*) AS purchases, sum(k.quantity * p.price) AS value
FROM purchase_orders k JOIN parts p ON p.id = k.part
WHERE $__timeFilter(k.created_at) AND {_AT_PLACE}
GROUP BY k.state
ORDER BY array_position(ARRAY['proposed', 'approved', 'ordered', 'received', 'declined', 'cancelled'], k.state)
"""

OPEN_PURCHASES = f"""
SELECT k.id AS purchase, k.part, k.place, k.quantity, k.state, k.created_at, k.expected_at,
       greatest(extract(epoch FROM {END} - k.expected_at), 0)::float8 AS late_by,
       k.quantity * p.price AS value, k.reason
FROM purchase_orders k JOIN parts p ON p.id = k.part
WHERE {any_of("k.state", OPEN_PURCHASE_STATES)} AND {_AT_PLACE}
ORDER BY k.expected_at, k.number
"""

PARTS = "SELECT id AS __value, id || ' · ' || description AS __text FROM parts ORDER BY 1"
PLACES = """
SELECT place FROM stock_levels UNION SELECT place FROM reservations UNION SELECT place FROM purchase_orders ORDER BY 1
"""
