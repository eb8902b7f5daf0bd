-- +goose Up
-- What is in a recording is known from its files alone, which are encrypted; here
-- is whose it is and how long it is kept. A recording that is deleted leaves its
-- row, for whoever asks where it went.
CREATE TABLE recordings (
    id          TEXT   NOT NULL PRIMARY KEY,
    session     TEXT   NOT NULL REFERENCES sessions (id),
    device      TEXT   NOT NULL REFERENCES devices (id),
    device_name TEXT   NOT NULL,
    rep_name    TEXT   NOT NULL,
    required    BIGINT NOT NULL,
    kept        BIGINT NOT NULL,
    started_at  BIGINT NOT NULL,
    ended_at    BIGINT NOT NULL,
    duration    BIGINT NOT NULL,
    bytes       BIGINT NOT NULL,
    segments    BIGINT NOT NULL,
    audited     BIGINT NOT NULL,
    gaps        BIGINT NOT NULL,
    complete    BIGINT NOT NULL,
    deleted_at  BIGINT NOT NULL
);
CREATE INDEX recordings_session ON recordings (session);
CREATE INDEX recordings_ended ON recordings (deleted_at, ended_at);

-- Who can read what is recorded from now on.
CREATE TABLE recipients (
    id         TEXT   NOT NULL PRIMARY KEY,
    age_key    TEXT   NOT NULL UNIQUE,
    name       TEXT   NOT NULL,
    own        BIGINT NOT NULL,
    added_at   BIGINT NOT NULL,
    retired_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE recipients;
DROP TABLE recordings;
