-- Settings scopes, and what the organisation says of a device.

-- +goose Up
ALTER TABLE devices ADD COLUMN device_group TEXT NOT NULL DEFAULT '';
-- One tag a line.
ALTER TABLE devices ADD COLUMN tags TEXT NOT NULL DEFAULT '';
-- What was enrolled so far may be supported.
ALTER TABLE devices ADD COLUMN entitled BIGINT NOT NULL DEFAULT 1;
ALTER TABLE devices ADD COLUMN pending BIGINT NOT NULL DEFAULT 0;

-- Matchers and settings are JSON: they are read as a whole, never queried.
CREATE TABLE scopes (
    id       TEXT   NOT NULL PRIMARY KEY,
    place    BIGINT NOT NULL,
    name     TEXT   NOT NULL UNIQUE,
    devices  TEXT   NOT NULL,
    users    TEXT   NOT NULL,
    settings TEXT   NOT NULL
);

-- The one row counts the changes of the list.
CREATE TABLE scope_list (
    id      BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL
);
INSERT INTO scope_list (id, version) VALUES (1, 1);
INSERT INTO scopes (id, place, name, devices, users, settings)
VALUES ('all-devices', 1, 'All devices', '{}', '{}', '{"remote_support":"true"}');

-- What a device was told last and what it says it obeys.
CREATE TABLE device_policies (
    device         TEXT   NOT NULL PRIMARY KEY REFERENCES devices (id),
    version        BIGINT NOT NULL,
    content        TEXT   NOT NULL,
    issued_at      BIGINT NOT NULL,
    reported       BIGINT NOT NULL,
    effective_hash TEXT   NOT NULL,
    refused        TEXT   NOT NULL,
    reported_at    BIGINT NOT NULL
);

-- +goose Down
DROP TABLE device_policies;
DROP TABLE scope_list;
DROP TABLE scopes;
ALTER TABLE devices DROP COLUMN pending;
ALTER TABLE devices DROP COLUMN entitled;
ALTER TABLE devices DROP COLUMN tags;
ALTER TABLE devices DROP COLUMN device_group;
