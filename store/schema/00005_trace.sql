-- What was recorded of calls: the flight recorder.

-- +goose Up

-- The ladder of one attempt, and where its packets are. A fax has the id that it had as
-- a job; the faxes that one call brought have a row each, and share the packets.
CREATE TABLE fax_traces (
    fax_id          TEXT   NOT NULL,
    attempt_id      TEXT   NOT NULL,
    organization_id TEXT   NOT NULL,
    at              BIGINT NOT NULL,
    events          TEXT   NOT NULL, -- JSON
    missing         BIGINT NOT NULL,
    blob            TEXT   NOT NULL, -- the capture; empty: none
    size            BIGINT NOT NULL,
    PRIMARY KEY (fax_id, attempt_id)
);
CREATE INDEX fax_traces_at ON fax_traces (at);
CREATE INDEX fax_traces_blob ON fax_traces (blob) WHERE blob <> '';
