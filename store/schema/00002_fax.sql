-- The fax server: numbers, uploads, documents, the outbox, the record of each fax.

-- +goose Up

-- After so many days a fax is purged; 0: never.
ALTER TABLE organizations ADD COLUMN retention_days BIGINT NOT NULL DEFAULT 0;

CREATE TABLE fax_numbers (
    id              TEXT    NOT NULL PRIMARY KEY,
    organization_id TEXT    NOT NULL REFERENCES organizations (id),
    number          TEXT    NOT NULL,
    owner_id        TEXT    NOT NULL REFERENCES accounts (id),
    test            BOOLEAN NOT NULL, -- of the test line
    acquired_at     BIGINT  NOT NULL
);
CREATE UNIQUE INDEX fax_numbers_number ON fax_numbers (number);
CREATE UNIQUE INDEX fax_numbers_test ON fax_numbers (organization_id) WHERE test;
CREATE INDEX fax_numbers_organization ON fax_numbers (organization_id);

-- Who may send from a number, and gets what arrives.
CREATE TABLE fax_number_accounts (
    number_id   TEXT   NOT NULL REFERENCES fax_numbers (id),
    account_id  TEXT   NOT NULL REFERENCES accounts (id),
    assigned_at BIGINT NOT NULL,
    PRIMARY KEY (number_id, account_id)
);
CREATE INDEX fax_number_accounts_account ON fax_number_accounts (account_id);

-- The bytes of a document stand in the blob store. A blob that is here is deleted at
-- its time, unless a row adopted it before, or a document_sources row still needs it.
-- Each is here from before its first byte is written.
CREATE TABLE fax_dead_blobs (
    blob   TEXT   NOT NULL PRIMARY KEY,
    due_at BIGINT NOT NULL
);
CREATE INDEX fax_dead_blobs_due ON fax_dead_blobs (due_at);

CREATE TABLE fax_uploads (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL,
    account_id      TEXT   NOT NULL REFERENCES accounts (id),
    path            TEXT   NOT NULL,
    name            TEXT   NOT NULL,
    type            TEXT   NOT NULL,
    size            BIGINT NOT NULL,
    blob            TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL
);
CREATE INDEX fax_uploads_expires ON fax_uploads (expires_at);

-- A set of pages, shared by all jobs and faxes that send or received it; deleted with
-- the last of them.
CREATE TABLE fax_documents (
    id            TEXT    NOT NULL PRIMARY KEY,
    state         TEXT    NOT NULL CHECK (state IN ('waiting', 'ready', 'failed')),
    blob          TEXT    NOT NULL, -- the fax TIFF; empty: none yet
    pages         BIGINT  NOT NULL,
    size          BIGINT  NOT NULL,
    refusal       TEXT    NOT NULL, -- JSON: why it has no pages; empty: it has, or nobody knows
    files         TEXT    NOT NULL, -- JSON
    cover_page    TEXT    NOT NULL, -- JSON; empty: none
    headed        BOOLEAN NOT NULL,
    header        TEXT    NOT NULL,
    header_at     BIGINT  NOT NULL,
    language      TEXT    NOT NULL,
    time_zone     TEXT    NOT NULL,
    enhance       BOOLEAN NOT NULL,
    resolution    TEXT    NOT NULL,
    paper         TEXT    NOT NULL,
    created_at    BIGINT  NOT NULL,
    tries         BIGINT  NOT NULL, -- conversions that began
    converting_at BIGINT  NOT NULL,
    ready_at      BIGINT  NOT NULL,
    claimed_by    TEXT    NOT NULL, -- a node; empty: nobody
    claimed_until BIGINT  NOT NULL
);
CREATE INDEX fax_documents_waiting ON fax_documents (created_at, id) WHERE state = 'waiting';
CREATE INDEX fax_documents_claimed ON fax_documents (claimed_by) WHERE claimed_by <> '';

-- What a document is to be made of, until it is.
CREATE TABLE fax_document_sources (
    document_id TEXT   NOT NULL REFERENCES fax_documents (id),
    position    BIGINT NOT NULL,
    blob        TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    PRIMARY KEY (document_id, position)
);
CREATE INDEX fax_document_sources_blob ON fax_document_sources (blob);

-- The queues: the jobs of one sending number, or of an organization without one.
CREATE TABLE fax_lanes (
    name TEXT NOT NULL PRIMARY KEY
);

-- The outbox. A job that is claimed has sending_at, and is due again when the lease
-- of the node ends.
CREATE TABLE fax_jobs (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL,
    account_id      TEXT   NOT NULL REFERENCES accounts (id),
    document_id     TEXT   NOT NULL REFERENCES fax_documents (id),
    lane            TEXT   NOT NULL,
    from_number     TEXT   NOT NULL,
    to_number       TEXT   NOT NULL,
    comment         TEXT   NOT NULL,
    tags            TEXT   NOT NULL, -- JSON
    retry_count     BIGINT NOT NULL,
    retry_delay     BIGINT NOT NULL, -- milliseconds
    submitted_at    BIGINT NOT NULL,
    scheduled_at    BIGINT NOT NULL,
    submitted_by    TEXT   NOT NULL,
    address         TEXT   NOT NULL,
    attempts        TEXT   NOT NULL, -- JSON
    due_at          BIGINT NOT NULL, -- 0: the document has no pages yet
    sending_at      BIGINT NOT NULL,
    trained_at      BIGINT NOT NULL, -- pages may have arrived since
    claimed_by      TEXT   NOT NULL
);
CREATE INDEX fax_jobs_account ON fax_jobs (account_id, submitted_at, id);
CREATE INDEX fax_jobs_document ON fax_jobs (document_id);
CREATE INDEX fax_jobs_due ON fax_jobs (lane, due_at, id) WHERE due_at > 0;
CREATE INDEX fax_jobs_sending ON fax_jobs (lane) WHERE sending_at > 0;
CREATE INDEX fax_jobs_sending_account ON fax_jobs (account_id) WHERE sending_at > 0;
CREATE INDEX fax_jobs_claimed ON fax_jobs (claimed_by) WHERE claimed_by <> '';

-- The record of each fax that is over. There are many: an account's lists are read
-- from the newest on, from the first index those without spam, from the second one
-- folder.
CREATE TABLE faxes (
    id              TEXT    NOT NULL PRIMARY KEY,
    organization_id TEXT    NOT NULL,
    account_id      TEXT    NOT NULL REFERENCES accounts (id),
    direction       TEXT    NOT NULL CHECK (direction IN ('incoming', 'outgoing')),
    folder          TEXT    NOT NULL CHECK (folder IN ('inbox', 'sent', 'spam')),
    status          TEXT    NOT NULL,
    from_number     TEXT    NOT NULL,
    to_number       TEXT    NOT NULL,
    pages           BIGINT  NOT NULL,
    document_id     TEXT    NOT NULL REFERENCES fax_documents (id),
    comment         TEXT    NOT NULL,
    tags            TEXT    NOT NULL, -- JSON
    is_read         BOOLEAN NOT NULL,
    retry_count     BIGINT  NOT NULL,
    retry_delay     BIGINT  NOT NULL, -- milliseconds
    submitted_at    BIGINT  NOT NULL,
    scheduled_at    BIGINT  NOT NULL,
    started_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL,
    duration        BIGINT  NOT NULL, -- milliseconds
    attempts        TEXT    NOT NULL, -- JSON
    return_at       BIGINT  NOT NULL  -- the test number sends it back, and a node does it until then; 0: not, or done
);
CREATE INDEX faxes_account ON faxes (account_id, started_at, id) WHERE folder <> 'spam';
CREATE INDEX faxes_folder ON faxes (account_id, folder, started_at, id);
CREATE INDEX faxes_unread ON faxes (account_id) WHERE folder = 'inbox' AND is_read = FALSE;
CREATE INDEX faxes_document ON faxes (document_id);
CREATE INDEX faxes_age ON faxes (organization_id, started_at);
CREATE INDEX faxes_returns ON faxes (return_at, id) WHERE return_at > 0;

-- The pages that an account has sent in a month.
CREATE TABLE fax_usage (
    account_id TEXT   NOT NULL REFERENCES accounts (id),
    month      BIGINT NOT NULL, -- its beginning
    pages      BIGINT NOT NULL,
    PRIMARY KEY (account_id, month)
);
CREATE INDEX fax_usage_month ON fax_usage (month);

-- What the program that repeats a call is answered.
CREATE TABLE fax_requests (
    account_id TEXT   NOT NULL REFERENCES accounts (id),
    call       TEXT   NOT NULL,
    key        TEXT   NOT NULL,
    body       BYTEA  NOT NULL, -- SHA-256
    answer     TEXT   NOT NULL, -- JSON
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, call, key)
);
CREATE INDEX fax_requests_created ON fax_requests (created_at);

-- What happened and is not handed on yet.
CREATE TABLE fax_events (
    id         TEXT   NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL,
    fax_id     TEXT   NOT NULL,
    attempt_id TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    due_at     BIGINT NOT NULL  -- while a node hands it on: when it has had the time for it
);
CREATE INDEX fax_events_due ON fax_events (due_at);
