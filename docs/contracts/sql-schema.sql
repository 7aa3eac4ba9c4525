-- The operations store, as PostgreSQL keeps it. Generated: python -m foreworn.storage.operations.sql.schema
-- SQLite has the same tables, with times as ISO 8601 text in UTC (2026-01-01T00:00:00.000000Z).
-- Columns that end in _us are spans in microseconds.

CREATE TABLE answers (
    user_name TEXT NOT NULL,
    key TEXT NOT NULL,
    request BYTEA NOT NULL,
    claimed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    status INTEGER,
    headers JSON,
    body TEXT,
    CONSTRAINT pk_answers PRIMARY KEY (user_name, key),
    CONSTRAINT ck_answers_whole CHECK ((status IS NULL) = (body IS NULL))
);
CREATE INDEX ix_answers_claimed_at ON answers (claimed_at);

CREATE TABLE audit (
    number BIGSERIAL NOT NULL,
    time TIMESTAMP WITH TIME ZONE NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail JSON NOT NULL,
    CONSTRAINT pk_audit PRIMARY KEY (number)
);
CREATE INDEX ix_audit_subject ON audit (subject, number);

CREATE TABLE costs (
    machine_model TEXT NOT NULL,
    component TEXT NOT NULL,
    preventive DOUBLE PRECISION NOT NULL,
    failure DOUBLE PRECISION NOT NULL,
    inspection DOUBLE PRECISION NOT NULL,
    downtime_per_hour DOUBLE PRECISION NOT NULL,
    planned_downtime_us BIGINT NOT NULL,
    unplanned_downtime_us BIGINT NOT NULL,
    labour_us BIGINT NOT NULL,
    assumed BOOLEAN NOT NULL,
    CONSTRAINT pk_costs PRIMARY KEY (machine_model, component),
    CONSTRAINT ck_costs_money CHECK (preventive >= 0 AND failure >= 0 AND inspection >= 0 AND downtime_per_hour >= 0)
);

CREATE TABLE counters (
    name TEXT NOT NULL,
    value BIGINT NOT NULL,
    CONSTRAINT pk_counters PRIMARY KEY (name)
);

CREATE TABLE currency (
    id INTEGER NOT NULL,
    code TEXT NOT NULL,
    CONSTRAINT pk_currency PRIMARY KEY (id),
    CONSTRAINT ck_currency_one_row CHECK (id = 1)
);

CREATE TABLE customers (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT pk_customers PRIMARY KEY (id)
);

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
    state_since TIMESTAMP WITH TIME ZONE,
    gaps BIGINT DEFAULT '0' NOT NULL,
    missing BIGINT DEFAULT '0' NOT NULL,
    duplicates BIGINT DEFAULT '0' NOT NULL,
    late BIGINT DEFAULT '0' NOT NULL,
    out_of_order BIGINT DEFAULT '0' NOT NULL,
    memory BYTEA,
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

CREATE TABLE jobs (
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    due TIMESTAMP WITH TIME ZONE NOT NULL,
    payload JSON NOT NULL,
    attempts BIGINT NOT NULL,
    worker TEXT,
    leased_until TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    why TEXT,
    CONSTRAINT pk_jobs PRIMARY KEY (key),
    CONSTRAINT ck_jobs_state CHECK (state IN ('waiting', 'done', 'failed')),
    CONSTRAINT ck_jobs_lease CHECK ((worker IS NULL) = (leased_until IS NULL))
);
CREATE INDEX ix_jobs_state ON jobs (state, due);

CREATE TABLE labels (
    machine TEXT NOT NULL,
    component TEXT NOT NULL,
    time TIMESTAMP WITH TIME ZONE NOT NULL,
    horizon_us BIGINT NOT NULL,
    model_version TEXT NOT NULL,
    probability DOUBLE PRECISION NOT NULL,
    alarm BOOLEAN NOT NULL,
    issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
    outcome TEXT NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_labels PRIMARY KEY (machine, component, time, horizon_us, model_version),
    CONSTRAINT ck_labels_probability CHECK (probability >= 0 AND probability <= 1),
    CONSTRAINT ck_labels_outcome CHECK (outcome IN ('failed', 'found', 'found_other', 'found_nothing', 'survived', 'censored', 'pending'))
);
CREATE INDEX ix_labels_model_version ON labels (model_version, time);
CREATE INDEX ix_labels_outcome ON labels (outcome);

CREATE TABLE outbox (
    number BIGSERIAL NOT NULL,
    key TEXT NOT NULL,
    topic TEXT NOT NULL,
    payload JSON NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    delivered_at TIMESTAMP WITH TIME ZONE,
    again_at TIMESTAMP WITH TIME ZONE,
    attempts BIGINT NOT NULL,
    why TEXT,
    CONSTRAINT pk_outbox PRIMARY KEY (number),
    CONSTRAINT uq_outbox_key UNIQUE (key)
);
CREATE INDEX ix_outbox_delivered_at ON outbox (delivered_at, created_at);

CREATE TABLE parts (
    id TEXT NOT NULL,
    description TEXT NOT NULL,
    price DOUBLE PRECISION NOT NULL,
    lead_time_us BIGINT NOT NULL,
    lead_time_sd_us BIGINT NOT NULL,
    unit TEXT NOT NULL,
    supplier TEXT NOT NULL,
    pack_size BIGINT NOT NULL,
    holding_rate DOUBLE PRECISION NOT NULL,
    service_level DOUBLE PRECISION NOT NULL,
    order_cost DOUBLE PRECISION NOT NULL,
    stockout_cost DOUBLE PRECISION,
    CONSTRAINT pk_parts PRIMARY KEY (id),
    CONSTRAINT ck_parts_lead_time CHECK (lead_time_us > 0 AND lead_time_sd_us >= 0),
    CONSTRAINT ck_parts_money CHECK (price >= 0 AND order_cost >= 0 AND stockout_cost >= 0),
    CONSTRAINT ck_parts_pack_size CHECK (pack_size >= 1)
);

CREATE TABLE progress_journal (
    id BIGSERIAL NOT NULL,
    turn BYTEA NOT NULL,
    CONSTRAINT pk_progress_journal PRIMARY KEY (id)
);

CREATE TABLE quarantine (
    id BIGSERIAL NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    reason TEXT NOT NULL,
    device TEXT,
    signal TEXT,
    topic TEXT NOT NULL,
    detail TEXT NOT NULL,
    size BIGINT NOT NULL,
    device_digest BYTEA,
    fingerprint BYTEA NOT NULL,
    payload BYTEA NOT NULL,
    CONSTRAINT pk_quarantine PRIMARY KEY (id),
    CONSTRAINT uq_quarantine_received_at_fingerprint UNIQUE (received_at, fingerprint)
);
CREATE INDEX ix_quarantine_device_digest_received_at ON quarantine (device_digest, received_at);
CREATE INDEX ix_quarantine_reason_received_at ON quarantine (reason, received_at);

CREATE TABLE quarantine_counts (
    reason TEXT NOT NULL,
    kept BIGINT NOT NULL,
    size BIGINT NOT NULL,
    dropped BIGINT NOT NULL,
    CONSTRAINT pk_quarantine_counts PRIMARY KEY (reason)
);

CREATE TABLE remaining_lives (
    machine TEXT NOT NULL,
    component TEXT NOT NULL,
    time TIMESTAMP WITH TIME ZONE NOT NULL,
    p10 DOUBLE PRECISION NOT NULL,
    p50 DOUBLE PRECISION NOT NULL,
    p90 DOUBLE PRECISION NOT NULL,
    expected DOUBLE PRECISION NOT NULL,
    cap DOUBLE PRECISION NOT NULL,
    unit TEXT NOT NULL,
    model_version TEXT NOT NULL,
    issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
    reasons JSON NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT pk_remaining_lives PRIMARY KEY (machine, component),
    CONSTRAINT ck_remaining_lives_quantiles CHECK (0 <= p10 AND p10 <= p50 AND p50 <= p90)
);

CREATE TABLE signal_quality (
    device TEXT NOT NULL,
    signal TEXT NOT NULL,
    day DATE NOT NULL,
    time TIMESTAMP WITH TIME ZONE NOT NULL,
    completeness DOUBLE PRECISION,
    timeliness DOUBLE PRECISION,
    validity DOUBLE PRECISION,
    uniqueness DOUBLE PRECISION,
    score DOUBLE PRECISION,
    CONSTRAINT pk_signal_quality PRIMARY KEY (device, signal, day)
);
CREATE INDEX ix_signal_quality_day ON signal_quality (day);

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
    sent_unit TEXT DEFAULT '' NOT NULL,
    most_per_second DOUBLE PRECISION,
    CONSTRAINT pk_signals PRIMARY KEY (model, name)
);

CREATE TABLE sites (
    id TEXT NOT NULL,
    CONSTRAINT pk_sites PRIMARY KEY (id)
);

CREATE TABLE technicians (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    weekly_time_us BIGINT NOT NULL,
    skills JSON NOT NULL,
    active BOOLEAN NOT NULL,
    CONSTRAINT pk_technicians PRIMARY KEY (id),
    CONSTRAINT ck_technicians_weekly_time CHECK (weekly_time_us >= 0)
);

CREATE TABLE users (
    name TEXT NOT NULL,
    password_hash TEXT,
    active BOOLEAN NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (name)
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
    curve JSON DEFAULT '[]' NOT NULL,
    CONSTRAINT pk_verdicts PRIMARY KEY (machine, component),
    CONSTRAINT ck_verdicts_probability CHECK (probability >= 0 AND probability <= 1)
);

CREATE TABLE areas (
    site TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT pk_areas PRIMARY KEY (site, id),
    CONSTRAINT fk_areas_site FOREIGN KEY(site) REFERENCES sites (id)
);

CREATE TABLE keys (
    digest BYTEA NOT NULL,
    user_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_keys PRIMARY KEY (digest),
    CONSTRAINT ck_keys_kind CHECK (kind IN ('token', 'session', 'link')),
    CONSTRAINT fk_keys_user_name FOREIGN KEY(user_name) REFERENCES users (name)
);
CREATE INDEX ix_keys_user_name ON keys (user_name, kind);

CREATE TABLE machines (
    id TEXT NOT NULL,
    model TEXT NOT NULL,
    site TEXT NOT NULL,
    installed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    retired_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_machines PRIMARY KEY (id),
    CONSTRAINT fk_machines_site FOREIGN KEY(site) REFERENCES sites (id)
);

CREATE TABLE part_uses (
    machine_model TEXT NOT NULL,
    component TEXT NOT NULL,
    part TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    CONSTRAINT pk_part_uses PRIMARY KEY (machine_model, component, part),
    CONSTRAINT ck_part_uses_quantity CHECK (quantity >= 1),
    CONSTRAINT fk_part_uses_part FOREIGN KEY(part) REFERENCES parts (id)
);
CREATE INDEX ix_part_uses_part ON part_uses (part);

CREATE TABLE purchase_orders (
    id TEXT NOT NULL,
    number BIGINT NOT NULL,
    part TEXT NOT NULL,
    place TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expected_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ordered_at TIMESTAMP WITH TIME ZONE,
    received_at TIMESTAMP WITH TIME ZONE,
    reason TEXT NOT NULL,
    evidence JSON NOT NULL,
    CONSTRAINT pk_purchase_orders PRIMARY KEY (id),
    CONSTRAINT ck_purchase_orders_quantity CHECK (quantity >= 1),
    CONSTRAINT ck_purchase_orders_state CHECK (state IN ('proposed', 'approved', 'ordered', 'received', 'cancelled', 'declined')),
    CONSTRAINT fk_purchase_orders_part FOREIGN KEY(part) REFERENCES parts (id)
);
CREATE INDEX ix_purchase_orders_number ON purchase_orders (number, id);
CREATE INDEX ix_purchase_orders_part ON purchase_orders (part, state);
CREATE INDEX ix_purchase_orders_state ON purchase_orders (state, number);
CREATE UNIQUE INDEX uq_purchase_orders_proposed ON purchase_orders (part, place) WHERE state = 'proposed';

CREATE TABLE stock_levels (
    part TEXT NOT NULL,
    place TEXT NOT NULL,
    on_hand BIGINT NOT NULL,
    CONSTRAINT pk_stock_levels PRIMARY KEY (part, place),
    CONSTRAINT ck_stock_levels_on_hand CHECK (on_hand >= 0),
    CONSTRAINT fk_stock_levels_part FOREIGN KEY(part) REFERENCES parts (id)
);

CREATE TABLE stock_movements (
    id TEXT NOT NULL,
    time TIMESTAMP WITH TIME ZONE NOT NULL,
    part TEXT NOT NULL,
    place TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    kind TEXT NOT NULL,
    reference TEXT NOT NULL,
    actor TEXT NOT NULL,
    CONSTRAINT pk_stock_movements PRIMARY KEY (id),
    CONSTRAINT ck_stock_movements_kind CHECK (kind IN ('receipt', 'issue', 'adjustment', 'count')),
    CONSTRAINT fk_stock_movements_part FOREIGN KEY(part) REFERENCES parts (id)
);
CREATE INDEX ix_stock_movements_part ON stock_movements (part, time);
CREATE INDEX ix_stock_movements_time ON stock_movements (time);

CREATE TABLE user_roles (
    user_name TEXT NOT NULL,
    role TEXT NOT NULL,
    CONSTRAINT pk_user_roles PRIMARY KEY (user_name, role),
    CONSTRAINT ck_user_roles_role CHECK (role IN ('viewer', 'technician', 'planner', 'inventory', 'engineer', 'admin', 'device')),
    CONSTRAINT fk_user_roles_user_name FOREIGN KEY(user_name) REFERENCES users (name)
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

CREATE TABLE cases (
    id TEXT NOT NULL,
    machine TEXT NOT NULL,
    detector TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    closed_because TEXT NOT NULL,
    note TEXT NOT NULL,
    first_time TIMESTAMP WITH TIME ZONE NOT NULL,
    first_score DOUBLE PRECISION NOT NULL,
    first_threshold DOUBLE PRECISION NOT NULL,
    first_p_value DOUBLE PRECISION NOT NULL,
    peak_time TIMESTAMP WITH TIME ZONE NOT NULL,
    peak_score DOUBLE PRECISION NOT NULL,
    peak_threshold DOUBLE PRECISION NOT NULL,
    peak_p_value DOUBLE PRECISION NOT NULL,
    latest_time TIMESTAMP WITH TIME ZONE NOT NULL,
    latest_score DOUBLE PRECISION NOT NULL,
    latest_threshold DOUBLE PRECISION NOT NULL,
    latest_p_value DOUBLE PRECISION NOT NULL,
    contributions JSON NOT NULL,
    CONSTRAINT pk_cases PRIMARY KEY (id),
    CONSTRAINT ck_cases_state CHECK (state IN ('open', 'closed')),
    CONSTRAINT ck_cases_closed CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CONSTRAINT fk_cases_machine FOREIGN KEY(machine) REFERENCES machines (id)
);
CREATE INDEX ix_cases_machine ON cases (machine, opened_at);
CREATE INDEX ix_cases_opened_at ON cases (opened_at);
CREATE UNIQUE INDEX uq_cases_open ON cases (machine) WHERE state = 'open';

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

CREATE TABLE maintenance_plans (
    id TEXT NOT NULL,
    machine TEXT NOT NULL,
    component TEXT NOT NULL,
    task TEXT NOT NULL,
    every_us BIGINT NOT NULL,
    last_done TIMESTAMP WITH TIME ZONE NOT NULL,
    labour_us BIGINT NOT NULL,
    CONSTRAINT pk_maintenance_plans PRIMARY KEY (id),
    CONSTRAINT ck_maintenance_plans_every CHECK (every_us > 0),
    CONSTRAINT fk_maintenance_plans_machine FOREIGN KEY(machine) REFERENCES machines (id)
);
CREATE INDEX ix_maintenance_plans_machine ON maintenance_plans (machine);

CREATE TABLE purchase_order_transitions (
    purchase_order TEXT NOT NULL,
    position INTEGER NOT NULL,
    time TIMESTAMP WITH TIME ZONE NOT NULL,
    actor TEXT NOT NULL,
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT pk_purchase_order_transitions PRIMARY KEY (purchase_order, position),
    CONSTRAINT fk_purchase_order_transitions_purchase_order FOREIGN KEY(purchase_order) REFERENCES purchase_orders (id)
);

CREATE TABLE standings (
    machine TEXT NOT NULL,
    site TEXT,
    area TEXT,
    customer TEXT,
    CONSTRAINT pk_standings PRIMARY KEY (machine),
    CONSTRAINT fk_standings_area FOREIGN KEY(site, area) REFERENCES areas (site, id),
    CONSTRAINT ck_standings_area_of_a_site CHECK ((site IS NULL) = (area IS NULL)),
    CONSTRAINT fk_standings_machine FOREIGN KEY(machine) REFERENCES machines (id),
    CONSTRAINT fk_standings_customer FOREIGN KEY(customer) REFERENCES customers (id)
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
    number BIGINT DEFAULT 0 NOT NULL,
    version BIGINT DEFAULT 1 NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE,
    task TEXT DEFAULT '' NOT NULL,
    labour_us BIGINT DEFAULT 0 NOT NULL,
    due TIMESTAMP WITH TIME ZONE,
    technician TEXT,
    booked_from TIMESTAMP WITH TIME ZONE,
    booked_until TIMESTAMP WITH TIME ZONE CONSTRAINT ck_work_orders_booking CHECK ((technician IS NULL) = (booked_until IS NULL) AND (booked_from IS NULL) = (booked_until IS NULL) AND (booked_until IS NULL OR booked_until > booked_from)),
    findings JSON,
    finding TEXT CONSTRAINT ck_work_orders_finding CHECK (finding IN ('as_predicted', 'other', 'nothing', 'not_inspected')),
    action TEXT CONSTRAINT ck_work_orders_action CHECK (action IN ('replaced', 'repaired', 'adjusted', 'none')),
    labour_spent_us BIGINT,
    outcome TEXT CONSTRAINT ck_work_orders_outcome CHECK (outcome IN ('failed', 'found', 'found_other', 'found_nothing', 'survived', 'censored', 'pending')),
    probability DOUBLE PRECISION CONSTRAINT ck_work_orders_probability CHECK (probability >= 0 AND probability <= 1),
    horizon_us BIGINT,
    data_time TIMESTAMP WITH TIME ZONE,
    act_at TIMESTAMP WITH TIME ZONE,
    model_version TEXT,
    expected_saving DOUBLE PRECISION,
    currency TEXT,
    completed_at TIMESTAMP WITH TIME ZONE,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_work_orders PRIMARY KEY (id),
    CONSTRAINT ck_work_orders_kind CHECK (kind IN ('predictive', 'preventive', 'corrective')),
    CONSTRAINT ck_work_orders_state CHECK (state IN ('proposed', 'approved', 'declined', 'scheduled', 'in_progress', 'completed', 'closed', 'cancelled', 'superseded')),
    CONSTRAINT fk_work_orders_machine FOREIGN KEY(machine) REFERENCES machines (id),
    CONSTRAINT fk_work_orders_follows FOREIGN KEY(follows) REFERENCES work_orders (id),
    CONSTRAINT fk_work_orders_technician FOREIGN KEY(technician) REFERENCES technicians (id)
);
CREATE INDEX ix_work_orders_changed_at ON work_orders (changed_at);
CREATE INDEX ix_work_orders_machine ON work_orders (machine, number, id);
CREATE INDEX ix_work_orders_number ON work_orders (number, id);
CREATE INDEX ix_work_orders_state ON work_orders (state, number, id);
CREATE INDEX ix_work_orders_technician ON work_orders (technician, number, id);
CREATE INDEX ix_work_orders_unlabelled ON work_orders (number, id) WHERE kind = 'predictive' AND outcome IS NULL;
CREATE UNIQUE INDEX uq_work_orders_open_predictive ON work_orders (machine, component) WHERE kind = 'predictive' AND state IN ('proposed', 'approved', 'scheduled', 'in_progress');

CREATE TABLE reservations (
    work_order TEXT NOT NULL,
    part TEXT NOT NULL,
    place TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    due TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL,
    CONSTRAINT pk_reservations PRIMARY KEY (work_order, part, place),
    CONSTRAINT ck_reservations_quantity CHECK (quantity >= 1),
    CONSTRAINT ck_reservations_state CHECK (state IN ('open', 'issued', 'released')),
    CONSTRAINT fk_reservations_work_order FOREIGN KEY(work_order) REFERENCES work_orders (id),
    CONSTRAINT fk_reservations_part FOREIGN KEY(part) REFERENCES parts (id)
);
CREATE INDEX ix_reservations_part ON reservations (part, place, state);

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
