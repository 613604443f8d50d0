-- +goose Up
CREATE TABLE hooks (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL,
    account_id      TEXT   NOT NULL REFERENCES accounts (id),
    event           TEXT   NOT NULL CHECK (event IN ('fax_sent', 'fax_received')),
    target          TEXT   NOT NULL,
    numbers         TEXT   NOT NULL, -- E.164, separated by spaces; empty: all
    secret          BYTEA  NOT NULL, -- under the master key
    created_at      BIGINT NOT NULL,
    failing_since   BIGINT NOT NULL,
    tried_at        BIGINT NOT NULL,
    disabled_at     BIGINT NOT NULL,
    disabled_reason TEXT   NOT NULL
);
CREATE INDEX hooks_account ON hooks (account_id);
CREATE INDEX hooks_organization ON hooks (organization_id);

CREATE TABLE hook_deliveries (
    id            TEXT   NOT NULL PRIMARY KEY,
    hook_id       TEXT   NOT NULL REFERENCES hooks (id) ON DELETE CASCADE,
    fax_id        TEXT   NOT NULL,
    host          TEXT   NOT NULL, -- of the hook's target
    body          TEXT   NOT NULL,
    state         TEXT   NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts      BIGINT NOT NULL,
    tries         BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    began_at      BIGINT NOT NULL,
    next_at       BIGINT NOT NULL,
    claimed_by    TEXT   NOT NULL, -- a node; empty: nobody
    claimed_until BIGINT NOT NULL
);
-- A hook hears of a fax once.
CREATE UNIQUE INDEX hook_deliveries_fax ON hook_deliveries (fax_id, hook_id);
CREATE INDEX hook_deliveries_hook ON hook_deliveries (hook_id, created_at);
CREATE INDEX hook_deliveries_next ON hook_deliveries (next_at) WHERE state = 'pending';
CREATE INDEX hook_deliveries_began ON hook_deliveries (began_at);

CREATE TABLE hook_attempts (
    delivery_id TEXT   NOT NULL REFERENCES hook_deliveries (id) ON DELETE CASCADE,
    number      BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    status      BIGINT NOT NULL, -- of HTTP; 0: no answer
    body        TEXT   NOT NULL, -- the beginning of the answer's
    failure     TEXT   NOT NULL, -- why there was no answer; empty: there was one
    error       TEXT   NOT NULL,
    PRIMARY KEY (delivery_id, number)
);
