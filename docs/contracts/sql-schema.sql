-- The operations store, as PostgreSQL keeps it. Generated: python -m foreworn.storage.operations.sql.schema
-- SQLite has the same tables, with times as ISO 8601 text in UTC (2026-01-01T00:00:00.000000Z).
-- Columns that end in _us are spans in microseconds.

CREATE TABLE device_progress (
    device TEXT NOT NULL,
    watermark TIMESTAMP WITH TIME ZONE,
    last_received_at TIMESTAMP WITH TIME ZONE,
    last_seq BIGINT,
    state TEXT NOT NULL,
    firmware TEXT NOT NULL,
    wants_ack BOOLEAN NOT NULL,
    samples BIGINT NOT NULL,
    events BIGINT NOT NULL,
    logs BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    CONSTRAINT pk_device_progress PRIMARY KEY (device)
);

CREATE TABLE devices (
    id TEXT NOT NULL,
    CONSTRAINT pk_devices PRIMARY KEY (id)
);

CREATE TABLE dirty_generation (
    id INTEGER NOT NULL,
    generation BIGINT NOT NULL,
    CONSTRAINT pk_dirty_generation PRIMARY KEY (id),
    CONSTRAINT ck_dirty_generation_one_row CHECK (id = 1)
);

CREATE TABLE dirty_windows (
    device TEXT NOT NULL,
    start_at TIMESTAMP WITH TIME ZONE NOT NULL,
    end_at TIMESTAMP WITH TIME ZONE NOT NULL,
    generation BIGINT NOT NULL,
    CONSTRAINT pk_dirty_windows PRIMARY KEY (device, start_at, end_at)
);
CREATE INDEX ix_dirty_windows_generation ON dirty_windows (generation);

CREATE TABLE quarantine (
    id BIGSERIAL NOT NULL,
    fingerprint BYTEA NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    topic TEXT NOT NULL,
    payload BYTEA NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    device TEXT,
    signal TEXT,
    device_digest BYTEA,
    CONSTRAINT pk_quarantine PRIMARY KEY (id),
    CONSTRAINT uq_quarantine_fingerprint UNIQUE (fingerprint)
);
CREATE INDEX ix_quarantine_device_digest_received_at ON quarantine (device_digest, received_at);
CREATE INDEX ix_quarantine_received_at ON quarantine (received_at);

CREATE TABLE signals (
    model TEXT NOT NULL,
    name TEXT NOT NULL,
    unit TEXT NOT NULL,
    type TEXT NOT NULL,
    low DOUBLE PRECISION,
    high DOUBLE PRECISION,
    states JSON NOT NULL,
    cadence_us BIGINT NOT NULL,
    label TEXT NOT NULL,
    CONSTRAINT pk_signals PRIMARY KEY (model, name)
);

CREATE TABLE sites (
    id TEXT NOT NULL,
    CONSTRAINT pk_sites PRIMARY KEY (id)
);

CREATE TABLE verdicts (
    machine TEXT NOT NULL,
    component TEXT NOT NULL,
    time TIMESTAMP WITH TIME ZONE NOT NULL,
    horizon_us BIGINT NOT NULL,
    probability DOUBLE PRECISION NOT NULL,
    model_version TEXT NOT NULL,
    issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT NOT NULL,
    reasons JSON NOT NULL,
    CONSTRAINT pk_verdicts PRIMARY KEY (machine, component),
    CONSTRAINT ck_verdicts_probability CHECK (probability >= 0 AND probability <= 1)
);

CREATE TABLE machines (
    id TEXT NOT NULL,
    model TEXT NOT NULL,
    site TEXT NOT NULL,
    installed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_machines PRIMARY KEY (id),
    CONSTRAINT fk_machines_site FOREIGN KEY(site) REFERENCES sites (id)
);

CREATE TABLE attachments (
    device TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    machine TEXT NOT NULL,
    until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_attachments PRIMARY KEY (device, since),
    CONSTRAINT ck_attachments_ends_after_it_begins CHECK (until IS NULL OR until > since),
    CONSTRAINT fk_attachments_device FOREIGN KEY(device) REFERENCES devices (id),
    CONSTRAINT fk_attachments_machine FOREIGN KEY(machine) REFERENCES machines (id)
);

CREATE TABLE components (
    machine TEXT NOT NULL,
    id TEXT NOT NULL,
    CONSTRAINT pk_components PRIMARY KEY (machine, id),
    CONSTRAINT fk_components_machine FOREIGN KEY(machine) REFERENCES machines (id)
);

CREATE TABLE failures (
    time TIMESTAMP WITH TIME ZONE NOT NULL,
    machine TEXT NOT NULL,
    component TEXT NOT NULL,
    mode TEXT NOT NULL,
    CONSTRAINT pk_failures PRIMARY KEY (time, machine, component),
    CONSTRAINT fk_failures_machine FOREIGN KEY(machine) REFERENCES machines (id)
);

CREATE TABLE maintenance (
    time TIMESTAMP WITH TIME ZONE NOT NULL,
    machine TEXT NOT NULL,
    component TEXT NOT NULL,
    action TEXT NOT NULL,
    kind TEXT NOT NULL,
    CONSTRAINT pk_maintenance PRIMARY KEY (time, machine, component),
    CONSTRAINT ck_maintenance_kind CHECK (kind IN ('corrective', 'preventive')),
    CONSTRAINT fk_maintenance_machine FOREIGN KEY(machine) REFERENCES machines (id)
);

CREATE TABLE work_orders (
    id TEXT NOT NULL,
    machine TEXT NOT NULL,
    component TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    evidence JSON,
    follows TEXT,
    CONSTRAINT pk_work_orders PRIMARY KEY (id),
    CONSTRAINT ck_work_orders_kind CHECK (kind IN ('predictive', 'preventive', 'corrective')),
    CONSTRAINT ck_work_orders_state CHECK (state IN ('proposed', 'approved', 'declined', 'scheduled', 'in_progress', 'completed', 'closed', 'cancelled', 'superseded')),
    CONSTRAINT fk_work_orders_machine FOREIGN KEY(machine) REFERENCES machines (id),
    CONSTRAINT fk_work_orders_follows FOREIGN KEY(follows) REFERENCES work_orders (id)
);
CREATE UNIQUE INDEX uq_work_orders_open_predictive ON work_orders (machine, component) WHERE kind = 'predictive' AND state IN ('proposed', 'approved', 'scheduled', 'in_progress');

CREATE TABLE work_order_transitions (
    work_order TEXT NOT NULL,
    position INTEGER NOT NULL,
    time TIMESTAMP WITH TIME ZONE NOT NULL,
    actor TEXT NOT NULL,
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT pk_work_order_transitions PRIMARY KEY (work_order, position),
    CONSTRAINT fk_work_order_transitions_work_order FOREIGN KEY(work_order) REFERENCES work_orders (id)
);
