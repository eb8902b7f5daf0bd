-- A chat of the portal page has a device from the beginning, of kind ad_hoc: it has
-- no key until its client was run, and none any more after the session.

-- +goose Up
ALTER TABLE sessions ADD COLUMN chat BIGINT NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE enrollment_tokens ADD COLUMN device TEXT NOT NULL DEFAULT '';

CREATE TABLE visits (
    session TEXT NOT NULL PRIMARY KEY REFERENCES sessions (id),
    token   TEXT NOT NULL UNIQUE,
    name    TEXT NOT NULL
);

CREATE TABLE session_keys (
    id         TEXT   NOT NULL PRIMARY KEY,
    code       TEXT   NOT NULL UNIQUE,
    rep        TEXT   NOT NULL REFERENCES accounts (id),
    note       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL,
    session    TEXT   NOT NULL
);
CREATE INDEX session_keys_rep ON session_keys (rep, expires_at);

CREATE TABLE portal (
    id       BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    open     BIGINT NOT NULL,
    title    TEXT   NOT NULL,
    greeting TEXT   NOT NULL,
    accent   TEXT   NOT NULL,
    issues   TEXT   NOT NULL,
    queues   TEXT   NOT NULL,
    logo     TEXT   NOT NULL
);

-- +goose Down
DROP TABLE portal;
DROP TABLE session_keys;
DROP TABLE visits;
ALTER TABLE enrollment_tokens DROP COLUMN device;
ALTER TABLE devices DROP COLUMN kind;
ALTER TABLE sessions DROP COLUMN chat;
