-- Trunks to the telephone network, and what is known of the ways to numbers.

-- +goose Up

CREATE TABLE fax_trunks (
    id              TEXT    NOT NULL PRIMARY KEY,
    organization_id TEXT    NOT NULL REFERENCES organizations (id),
    name            TEXT    NOT NULL,
    host            TEXT    NOT NULL,
    transport       TEXT    NOT NULL CHECK (transport IN ('udp', 'tcp', 'tls')),
    username        TEXT    NOT NULL, -- empty: nothing is registered
    password        BYTEA   NOT NULL, -- sealed
    t38             TEXT    NOT NULL CHECK (t38 IN ('auto', 'we', 'never')),
    allow           TEXT    NOT NULL, -- networks, with spaces between
    priority        BIGINT  NOT NULL,
    max_calls       BIGINT  NOT NULL,
    digits          BOOLEAN NOT NULL, -- numbers are dialled without their plus sign
    prefix          TEXT    NOT NULL,
    created_at      BIGINT  NOT NULL,
    held_by         TEXT    NOT NULL, -- the node that registers it; empty: none
    held_until      BIGINT  NOT NULL
);
CREATE UNIQUE INDEX fax_trunks_name ON fax_trunks (organization_id, name);

-- Which numbers a trunk carries.
CREATE TABLE fax_trunk_numbers (
    trunk_id  TEXT NOT NULL REFERENCES fax_trunks (id),
    number_id TEXT NOT NULL REFERENCES fax_numbers (id),
    PRIMARY KEY (trunk_id, number_id)
);
CREATE INDEX fax_trunk_numbers_number ON fax_trunk_numbers (number_id);

-- What failed on the way to a number, and is left out for a while.
CREATE TABLE fax_habits (
    number            TEXT   NOT NULL PRIMARY KEY,
    without_t38_until BIGINT NOT NULL,
    without_ecm_until BIGINT NOT NULL,
    max_rate          BIGINT NOT NULL,
    max_rate_until    BIGINT NOT NULL,
    until             BIGINT NOT NULL -- the latest of them
);
CREATE INDEX fax_habits_until ON fax_habits (until);
