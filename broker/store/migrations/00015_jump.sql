-- Devices that were pinned. Only what SQLite and PostgreSQL both understand. Either
-- owner or jump_group says who may start one; hours are lines.

-- +goose Up
CREATE TABLE jump_policies (
    id            TEXT   NOT NULL PRIMARY KEY,
    name          TEXT   NOT NULL UNIQUE,
    note          TEXT   NOT NULL,
    version       BIGINT NOT NULL,
    hours         TEXT   NOT NULL,
    second_factor BIGINT NOT NULL,
    ask           BIGINT NOT NULL,
    joins         BIGINT NOT NULL
);

CREATE TABLE jump_clients (
    id          TEXT   NOT NULL PRIMARY KEY,
    device      TEXT   NOT NULL UNIQUE REFERENCES devices (id),
    name        TEXT   NOT NULL,
    owner       TEXT   REFERENCES accounts (id),
    jump_group  TEXT   REFERENCES jump_groups (id),
    jump_policy TEXT   REFERENCES jump_policies (id),
    tag         TEXT   NOT NULL,
    comments    TEXT   NOT NULL,
    mode        BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    created_by  TEXT   NOT NULL,
    CHECK ((owner IS NULL) <> (jump_group IS NULL))
);
CREATE INDEX jump_clients_owner ON jump_clients (owner);
CREATE INDEX jump_clients_group ON jump_clients (jump_group);
CREATE INDEX jump_clients_policy ON jump_clients (jump_policy);

-- What devices were not told yet, or have not confirmed.
CREATE TABLE jump_unpins (
    client TEXT NOT NULL PRIMARY KEY,
    device TEXT NOT NULL REFERENCES devices (id)
);
CREATE INDEX jump_unpins_device ON jump_unpins (device);

-- The plan of a token refers to nothing: it is checked when a device comes with it.
ALTER TABLE enrollment_tokens ADD COLUMN jump_group TEXT NOT NULL DEFAULT '';
ALTER TABLE enrollment_tokens ADD COLUMN jump_policy TEXT NOT NULL DEFAULT '';
ALTER TABLE enrollment_tokens ADD COLUMN jump_tag TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE enrollment_tokens DROP COLUMN jump_tag;
ALTER TABLE enrollment_tokens DROP COLUMN jump_policy;
ALTER TABLE enrollment_tokens DROP COLUMN jump_group;
DROP TABLE jump_unpins;
DROP TABLE jump_clients;
DROP TABLE jump_policies;
