-- Lets Grafana read what the dashboards ask, and nothing else: whoever may open a dashboard can send any statement
-- through its data source, so the role sees neither users nor keys. Run it once with psql, as a superuser, in the
-- database of the operations store; before or after its tables are there, and again if a dashboard asks for more.
--   GRAFANA_READER_PASSWORD=... psql -v ON_ERROR_STOP=1 -f reader.sql postgresql://HOST/DATABASE
\getenv password GRAFANA_READER_PASSWORD
SELECT 'CREATE ROLE grafana LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'grafana') \gexec
SELECT format('ALTER ROLE grafana PASSWORD %L', :'password') \gexec

CREATE OR REPLACE FUNCTION grafana_may_read() RETURNS text[] IMMUTABLE LANGUAGE sql AS $$
    SELECT ARRAY[
        'machines', 'attachments', 'device_progress', 'quarantine', 'verdicts', 'labels', 'cases', 'maintenance',
        'failures', 'technicians', 'work_orders', 'work_order_transitions', 'parts', 'stock_levels',
        'stock_movements', 'reservations', 'purchase_orders', 'currency'
    ]
$$;

-- A migration may make a table that a dashboard asks for: it is granted then.
CREATE OR REPLACE FUNCTION let_grafana_read() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE
    made record;
BEGIN
    FOR made IN
        SELECT c.relname, d.object_identity
        FROM pg_event_trigger_ddl_commands() d JOIN pg_class c ON c.oid = d.objid
        WHERE d.object_type = 'table' AND c.relname = ANY (grafana_may_read())
    LOOP
        EXECUTE format('GRANT SELECT ON %s TO grafana', made.object_identity);
    END LOOP;
END
$$;
DROP EVENT TRIGGER IF EXISTS let_grafana_read;
CREATE EVENT TRIGGER let_grafana_read ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION let_grafana_read();

SELECT format('GRANT SELECT ON %I.%I TO grafana', schemaname, tablename)
FROM pg_tables WHERE schemaname = 'public' AND tablename = ANY (grafana_may_read()) \gexec
