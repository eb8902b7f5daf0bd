-- Sessions that a customer asked for have no rep until one approves them, so that
-- the table is made anew, and with it chat, which refers to it. Requests are kept
-- with their session.

-- +goose Up
CREATE TABLE sessions_new (
    id          TEXT   NOT NULL PRIMARY KEY,
    device      TEXT   NOT NULL REFERENCES devices (id),
    device_name TEXT   NOT NULL,
    user_name   TEXT   NOT NULL,
    rep         TEXT   REFERENCES accounts (id),
    rep_name    TEXT   NOT NULL,
    path        TEXT   NOT NULL,
    request     TEXT   NOT NULL,
    permissions TEXT   NOT NULL,
    duration    BIGINT NOT NULL,
    recorded    BIGINT NOT NULL,
    phase       TEXT   NOT NULL,
    started_at  BIGINT NOT NULL,
    lapses_at   BIGINT NOT NULL,
    answer_by   BIGINT NOT NULL,
    consent_at  BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    ends_by     BIGINT NOT NULL,
    spared      BIGINT NOT NULL,
    lost_at     BIGINT NOT NULL,
    ended_at    BIGINT NOT NULL,
    ended_by    BIGINT NOT NULL,
    ended_name  TEXT   NOT NULL,
    code        BIGINT NOT NULL,
    detail      TEXT   NOT NULL
);
INSERT INTO sessions_new
SELECT id, device, device_name, user_name, rep, rep_name, path, '', permissions, duration, 0, phase, started_at, 0, answer_by,
    consent_at, 0, expires_at, 0, 0, lost_at, ended_at, ended_by, '', code, detail
FROM sessions;

CREATE TABLE chat_new (
    session       TEXT   NOT NULL REFERENCES sessions_new (id),
    seq           BIGINT NOT NULL,
    at            BIGINT NOT NULL,
    from_name     TEXT   NOT NULL,
    from_customer BIGINT NOT NULL,
    body          TEXT   NOT NULL,
    PRIMARY KEY (session, seq)
);
INSERT INTO chat_new SELECT session, seq, at, from_name, from_customer, body FROM chat;
DROP TABLE chat;
DROP TABLE sessions;
ALTER TABLE sessions_new RENAME TO sessions;
ALTER TABLE chat_new RENAME TO chat;

-- One session at a time per device, and one request that nobody has decided.
CREATE UNIQUE INDEX sessions_open ON sessions (device) WHERE ended_at = 0 AND phase <> 'requested';
CREATE UNIQUE INDEX sessions_asked ON sessions (device) WHERE phase = 'requested';

-- What came before had no life of its own.
DROP TABLE requests;
CREATE TABLE requests (
    id         TEXT   NOT NULL PRIMARY KEY,
    session    TEXT   NOT NULL UNIQUE REFERENCES sessions (id),
    device     TEXT   NOT NULL REFERENCES devices (id),
    device_name TEXT  NOT NULL,
    user_name  TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    email      TEXT   NOT NULL,
    phone      TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    state      TEXT   NOT NULL,
    decided_by TEXT   NOT NULL,
    decision   TEXT   NOT NULL,
    decided_at BIGINT NOT NULL,
    told       TEXT   NOT NULL
);
CREATE INDEX requests_state ON requests (state, at);
CREATE INDEX requests_device ON requests (device, at);

-- The endpoints' own accounts of sessions: the last link of each chain.
CREATE TABLE summaries (
    device TEXT   NOT NULL PRIMARY KEY REFERENCES devices (id),
    seq    BIGINT NOT NULL,
    hash   TEXT   NOT NULL
);

-- +goose Down
DROP TABLE summaries;
DROP TABLE requests;
CREATE TABLE requests (
    id     TEXT   NOT NULL PRIMARY KEY,
    device TEXT   NOT NULL REFERENCES devices (id),
    name   TEXT   NOT NULL,
    email  TEXT   NOT NULL,
    phone  TEXT   NOT NULL,
    reason TEXT   NOT NULL,
    at     BIGINT NOT NULL
);
DROP INDEX sessions_asked;
