-- One text for SQLite and PostgreSQL (and what speaks its language). Ids are TEXT
-- and made by the program; times are Unix milliseconds, 0 for none; secrets are
-- there as SHA-256 alone.

-- +goose Up
CREATE TABLE organizations (
    id                  TEXT    NOT NULL PRIMARY KEY,
    name                TEXT    NOT NULL,
    plan                TEXT    NOT NULL CHECK (plan IN ('free', 'premium', 'business', 'enterprise')),
    advanced_security   BOOLEAN NOT NULL,
    refresh_dead_before BIGINT  NOT NULL,
    body_only           BOOLEAN NOT NULL,
    time_zone           TEXT    NOT NULL,
    country             TEXT    NOT NULL,
    language            TEXT    NOT NULL,
    created_at          BIGINT  NOT NULL
);

CREATE TABLE accounts (
    id                  TEXT   NOT NULL PRIMARY KEY,
    organization_id     TEXT   NOT NULL REFERENCES organizations (id),
    email               TEXT   NOT NULL,
    role                TEXT   NOT NULL CHECK (role IN ('owner', 'admin', 'manager', 'member')),
    status              TEXT   NOT NULL CHECK (status IN ('active', 'disabled', 'waiting_for_signup')),
    manager_id          TEXT   REFERENCES accounts (id),
    password_hash       TEXT   NOT NULL,
    password_changed_at BIGINT NOT NULL,
    name                TEXT   NOT NULL,
    last_name           TEXT   NOT NULL,
    phone               TEXT   NOT NULL,
    profile_image       TEXT   NOT NULL,
    language            TEXT   NOT NULL,
    time_zone           TEXT   NOT NULL,
    preferences         TEXT   NOT NULL, -- JSON
    member_detail_quota BIGINT NOT NULL,
    member_detail_role  TEXT   NOT NULL,
    created_at          BIGINT NOT NULL,
    last_seen_at        BIGINT NOT NULL
);
CREATE UNIQUE INDEX accounts_email ON accounts (email);
CREATE INDEX accounts_organization ON accounts (organization_id);
CREATE INDEX accounts_manager ON accounts (manager_id) WHERE manager_id IS NOT NULL;

-- An ended session stays until it would have died of age: its address is one that
-- the account is known to sign in from.
CREATE TABLE sessions (
    id               TEXT   NOT NULL PRIMARY KEY,
    hash             BYTEA  NOT NULL,
    organization_id  TEXT   NOT NULL,
    account_id       TEXT   NOT NULL REFERENCES accounts (id),
    created_at       BIGINT NOT NULL,
    last_seen_at     BIGINT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    ended_at         BIGINT NOT NULL,
    address          TEXT   NOT NULL,
    user_agent       TEXT   NOT NULL
);
CREATE UNIQUE INDEX sessions_hash ON sessions (hash);
CREATE INDEX sessions_account ON sessions (account_id);
CREATE INDEX sessions_created ON sessions (created_at);

CREATE TABLE links (
    hash       BYTEA  NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL,
    account_id TEXT   NOT NULL REFERENCES accounts (id),
    email      TEXT   NOT NULL,
    sealed     BYTEA,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL
);
CREATE INDEX links_account ON links (account_id);
CREATE INDEX links_expires ON links (expires_at);

-- A deleted client stays, without secrets and redirect URIs, until the last of its
-- grants is purged: until then their refresh tokens can say why they are refused.
CREATE TABLE clients (
    id              TEXT    NOT NULL PRIMARY KEY,
    organization_id TEXT    NOT NULL REFERENCES organizations (id),
    name            TEXT    NOT NULL,
    registered_by   TEXT    NOT NULL,
    public          BOOLEAN NOT NULL,
    pkce_required   BOOLEAN NOT NULL,
    client_header   BOOLEAN NOT NULL,
    created_at      BIGINT  NOT NULL,
    last_used_at    BIGINT  NOT NULL,
    query_uses      BIGINT  NOT NULL,
    deleted_at      BIGINT  NOT NULL
);
CREATE INDEX clients_organization ON clients (organization_id);

CREATE TABLE client_secrets (
    id         TEXT   NOT NULL PRIMARY KEY,
    client_id  TEXT   NOT NULL REFERENCES clients (id),
    hash       BYTEA  NOT NULL,
    hint       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX client_secrets_client ON client_secrets (client_id);

CREATE TABLE redirect_uris (
    client_id TEXT   NOT NULL REFERENCES clients (id),
    position  BIGINT NOT NULL,
    uri       TEXT   NOT NULL,
    PRIMARY KEY (client_id, position)
);

CREATE TABLE consents (
    account_id TEXT   NOT NULL REFERENCES accounts (id),
    client_id  TEXT   NOT NULL REFERENCES clients (id),
    scopes     TEXT   NOT NULL,
    given_at   BIGINT NOT NULL,
    PRIMARY KEY (account_id, client_id)
);
CREATE INDEX consents_client ON consents (client_id);

CREATE TABLE tickets (
    hash       BYTEA  NOT NULL PRIMARY KEY,
    session_id TEXT   NOT NULL,
    query      TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX tickets_expires ON tickets (expires_at);

CREATE TABLE grants (
    id              TEXT   NOT NULL PRIMARY KEY,
    organization_id TEXT   NOT NULL,
    account_id      TEXT   NOT NULL REFERENCES accounts (id),
    client_id       TEXT   NOT NULL REFERENCES clients (id),
    scope           TEXT   NOT NULL,
    scopes          TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    last_used_at    BIGINT NOT NULL,
    revoked_at      BIGINT NOT NULL,
    revoked_reason  TEXT   NOT NULL
);
CREATE INDEX grants_account ON grants (account_id, client_id);
CREATE INDEX grants_client ON grants (client_id);
CREATE INDEX grants_revoked ON grants (revoked_at) WHERE revoked_at > 0;

CREATE TABLE authorization_codes (
    hash         BYTEA  NOT NULL PRIMARY KEY,
    grant_id     TEXT   NOT NULL REFERENCES grants (id),
    redirect_uri TEXT   NOT NULL,
    challenge    TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    redeemed_at  BIGINT NOT NULL,
    token_id     TEXT   NOT NULL -- the access token that it bought; empty: none yet
);
CREATE INDEX authorization_codes_grant ON authorization_codes (grant_id);
CREATE INDEX authorization_codes_expires ON authorization_codes (expires_at);

CREATE TABLE refresh_tokens (
    hash           BYTEA  NOT NULL PRIMARY KEY,
    grant_id       TEXT   NOT NULL REFERENCES grants (id),
    hint           TEXT   NOT NULL,
    issued_at      BIGINT NOT NULL,
    rotated_at     BIGINT NOT NULL,
    successor      BYTEA, -- sealed under this token's own text; forgotten after the grace
    successor_hash BYTEA  -- NULL: the head of its family
);
CREATE INDEX refresh_tokens_grant ON refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_rotated ON refresh_tokens (rotated_at) WHERE rotated_at > 0;
CREATE INDEX refresh_tokens_sealed ON refresh_tokens (rotated_at) WHERE successor IS NOT NULL;

CREATE TABLE personal_access_tokens (
    hash            BYTEA   NOT NULL PRIMARY KEY,
    id              TEXT    NOT NULL,
    hint            TEXT    NOT NULL,
    organization_id TEXT    NOT NULL,
    account_id      TEXT    NOT NULL REFERENCES accounts (id),
    name            TEXT    NOT NULL,
    name_held       BOOLEAN NOT NULL, -- no other token of the account may have the name
    scopes          TEXT    NOT NULL,
    created_at      BIGINT  NOT NULL,
    expires_at      BIGINT  NOT NULL,
    last_used_at    BIGINT  NOT NULL,
    last_used_from  TEXT    NOT NULL,
    revoked_at      BIGINT  NOT NULL,
    revoked_by      TEXT    NOT NULL,
    cnf             TEXT    NOT NULL, -- RFC 9449
    resource        TEXT    NOT NULL  -- RFC 8707
);
CREATE UNIQUE INDEX personal_access_tokens_id ON personal_access_tokens (id);
CREATE UNIQUE INDEX personal_access_tokens_name ON personal_access_tokens (account_id, name) WHERE name_held;
CREATE INDEX personal_access_tokens_account ON personal_access_tokens (account_id);
CREATE INDEX personal_access_tokens_expires ON personal_access_tokens (expires_at);
CREATE INDEX personal_access_tokens_revoked ON personal_access_tokens (revoked_at) WHERE revoked_at > 0;

-- The access tokens of clients, which live for an hour. The row that is written most: it
-- has what its grant does not have, and one index more than it is found by. There is no
-- foreign key, since each insert reads the grant, and no index on grant_id, since a token
-- under an ended grant is revoked by that grant's row.
CREATE TABLE access_tokens (
    hash       BYTEA  NOT NULL PRIMARY KEY,
    id         TEXT   NOT NULL,
    grant_id   TEXT   NOT NULL,
    scopes     TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL,
    revoked_by TEXT   NOT NULL,
    cnf        TEXT   NOT NULL, -- RFC 9449
    resource   TEXT   NOT NULL  -- RFC 8707
);
CREATE INDEX access_tokens_expires ON access_tokens (expires_at);

CREATE TABLE audits (
    id               TEXT   NOT NULL PRIMARY KEY,
    organization_id  TEXT   NOT NULL REFERENCES organizations (id),
    at               BIGINT NOT NULL,
    actor_account_id TEXT   NOT NULL,
    actor_name       TEXT   NOT NULL,
    actor_address    TEXT   NOT NULL,
    actor_token_id   TEXT   NOT NULL,
    actor_client_id  TEXT   NOT NULL,
    action           TEXT   NOT NULL,
    object_id        TEXT   NOT NULL,
    detail           TEXT   NOT NULL
);
CREATE INDEX audits_organization ON audits (organization_id, at);
CREATE INDEX audits_at ON audits (at);

-- The head of each numbered list. Whoever adds to a list holds its row until the
-- commit, so that numbers become visible in their order.
CREATE TABLE feed (
    name TEXT   NOT NULL PRIMARY KEY,
    seq  BIGINT NOT NULL
);
INSERT INTO feed (name, seq) VALUES ('changes', 0), ('failures', 0);

CREATE TABLE changes (
    seq     BIGINT NOT NULL PRIMARY KEY,
    kind    TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    at      BIGINT NOT NULL
);

-- Counts of failed attempts, by a hash of what failed: no address is in the clear.
CREATE TABLE failures (
    key          BYTEA  NOT NULL,
    window_start BIGINT NOT NULL,
    count        BIGINT NOT NULL,
    seq          BIGINT NOT NULL,
    PRIMARY KEY (key, window_start)
);
CREATE INDEX failures_seq ON failures (seq);

CREATE TABLE mails (
    id            TEXT   NOT NULL PRIMARY KEY,
    recipient     TEXT   NOT NULL,
    kind          TEXT   NOT NULL,
    sealed        BYTEA  NOT NULL, -- subject and text, under the master key
    attempts      BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    next_at       BIGINT NOT NULL,
    last_reply    TEXT   NOT NULL,
    claimed_by    TEXT   NOT NULL, -- a node; empty: nobody
    claimed_until BIGINT NOT NULL
);
CREATE INDEX mails_next ON mails (next_at);
