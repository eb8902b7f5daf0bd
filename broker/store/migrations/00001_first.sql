-- Only what SQLite and PostgreSQL both understand. Times are Unix milliseconds,
-- 0 is never; keys and hashes are lower-case hex.

-- +goose Up
CREATE TABLE accounts (
    id           TEXT   NOT NULL PRIMARY KEY,
    name         TEXT   NOT NULL UNIQUE,
    display_name TEXT   NOT NULL,
    password     TEXT   NOT NULL,
    admin        BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    disabled_at  BIGINT NOT NULL
);

-- The one row is written together with the first admin: there cannot be a second
-- setup, whatever runs at the same time.
CREATE TABLE setup (
    id           BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    account      TEXT   NOT NULL REFERENCES accounts (id),
    organisation TEXT   NOT NULL,
    at           BIGINT NOT NULL
);

CREATE TABLE web_sessions (
    token      TEXT   NOT NULL PRIMARY KEY,
    account    TEXT   NOT NULL REFERENCES accounts (id),
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);
CREATE INDEX web_sessions_account ON web_sessions (account);

CREATE TABLE enrollment_tokens (
    id         TEXT   NOT NULL PRIMARY KEY,
    token      TEXT   NOT NULL UNIQUE,
    uses       BIGINT NOT NULL,
    used       BIGINT NOT NULL CHECK (used <= uses),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    created_by TEXT   NOT NULL
);

CREATE TABLE devices (
    id            TEXT   NOT NULL PRIMARY KEY,
    pin           TEXT   NOT NULL UNIQUE,
    public_key    TEXT   NOT NULL,
    token         TEXT   NOT NULL REFERENCES enrollment_tokens (id),
    hostname      TEXT   NOT NULL,
    os            TEXT   NOT NULL,
    os_version    TEXT   NOT NULL,
    arch          TEXT   NOT NULL,
    agent_version TEXT   NOT NULL,
    user_name     TEXT   NOT NULL,
    enrolled_at   BIGINT NOT NULL,
    last_seen     BIGINT NOT NULL,
    revoked_at    BIGINT NOT NULL
);
CREATE INDEX devices_revoked ON devices (revoked_at);

CREATE TABLE sessions (
    id          TEXT   NOT NULL PRIMARY KEY,
    device      TEXT   NOT NULL REFERENCES devices (id),
    device_name TEXT   NOT NULL,
    user_name   TEXT   NOT NULL,
    rep         TEXT   NOT NULL REFERENCES accounts (id),
    rep_name    TEXT   NOT NULL,
    path        TEXT   NOT NULL,
    permissions TEXT   NOT NULL,
    duration    BIGINT NOT NULL,
    phase       TEXT   NOT NULL,
    started_at  BIGINT NOT NULL,
    answer_by   BIGINT NOT NULL,
    consent_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    lost_at     BIGINT NOT NULL,
    ended_at    BIGINT NOT NULL,
    ended_by    BIGINT NOT NULL,
    code        BIGINT NOT NULL,
    detail      TEXT   NOT NULL
);
-- One session at a time per device.
CREATE UNIQUE INDEX sessions_open ON sessions (device) WHERE ended_at = 0;

CREATE TABLE chat (
    session       TEXT   NOT NULL REFERENCES sessions (id),
    seq           BIGINT NOT NULL,
    at            BIGINT NOT NULL,
    from_name     TEXT   NOT NULL,
    from_customer BIGINT NOT NULL,
    body          TEXT   NOT NULL,
    PRIMARY KEY (session, seq)
);

CREATE TABLE requests (
    id     TEXT   NOT NULL PRIMARY KEY,
    device TEXT   NOT NULL REFERENCES devices (id),
    name   TEXT   NOT NULL,
    email  TEXT   NOT NULL,
    phone  TEXT   NOT NULL,
    reason TEXT   NOT NULL,
    at     BIGINT NOT NULL
);

CREATE TABLE audit (
    seq         BIGINT NOT NULL PRIMARY KEY,
    at          BIGINT NOT NULL,
    actor       TEXT   NOT NULL,
    actor_name  TEXT   NOT NULL,
    action      TEXT   NOT NULL,
    object      TEXT   NOT NULL,
    object_name TEXT   NOT NULL,
    result      TEXT   NOT NULL,
    detail      TEXT   NOT NULL,
    session     TEXT   NOT NULL,
    evidence    TEXT   NOT NULL,
    prev        TEXT   NOT NULL,
    hash        TEXT   NOT NULL
);
CREATE INDEX audit_session ON audit (session, seq);

-- +goose Down
DROP TABLE audit;
DROP TABLE requests;
DROP TABLE chat;
DROP TABLE sessions;
DROP TABLE devices;
DROP TABLE enrollment_tokens;
DROP TABLE web_sessions;
DROP TABLE setup;
DROP TABLE accounts;
