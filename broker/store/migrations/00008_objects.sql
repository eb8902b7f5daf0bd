-- What administrators set up for reps to work with. Only what SQLite and
-- PostgreSQL both understand. Names are of one kind each; version counts changes.

-- +goose Up
CREATE TABLE teams (
    id      TEXT   NOT NULL PRIMARY KEY,
    name    TEXT   NOT NULL UNIQUE,
    note    TEXT   NOT NULL,
    version BIGINT NOT NULL
);
CREATE TABLE team_members (
    team    TEXT NOT NULL REFERENCES teams (id),
    account TEXT NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (team, account)
);
CREATE INDEX team_members_account ON team_members (account);

CREATE TABLE queues (
    id      TEXT   NOT NULL PRIMARY KEY,
    name    TEXT   NOT NULL UNIQUE,
    note    TEXT   NOT NULL,
    version BIGINT NOT NULL,
    team    TEXT   NOT NULL REFERENCES teams (id)
);
CREATE INDEX queues_team ON queues (team);

CREATE TABLE issues (
    id           TEXT   NOT NULL PRIMARY KEY,
    name         TEXT   NOT NULL UNIQUE,
    note         TEXT   NOT NULL,
    version      BIGINT NOT NULL,
    queue        TEXT   NOT NULL REFERENCES queues (id),
    request_help BIGINT NOT NULL
);
CREATE INDEX issues_queue ON issues (queue);

CREATE TABLE jump_groups (
    id      TEXT   NOT NULL PRIMARY KEY,
    name    TEXT   NOT NULL UNIQUE,
    note    TEXT   NOT NULL,
    version BIGINT NOT NULL
);
CREATE TABLE jump_group_members (
    jump_group TEXT   NOT NULL REFERENCES jump_groups (id),
    account    TEXT   NOT NULL REFERENCES accounts (id),
    pin        BIGINT NOT NULL,
    PRIMARY KEY (jump_group, account)
);
CREATE INDEX jump_group_members_account ON jump_group_members (account);

-- Capabilities are names with spaces between.
CREATE TABLE session_policies (
    id           TEXT   NOT NULL PRIMARY KEY,
    name         TEXT   NOT NULL UNIQUE,
    note         TEXT   NOT NULL,
    version      BIGINT NOT NULL,
    capabilities TEXT   NOT NULL
);

CREATE TABLE button_profiles (
    id        TEXT   NOT NULL PRIMARY KEY,
    name      TEXT   NOT NULL UNIQUE,
    note      TEXT   NOT NULL,
    version   BIGINT NOT NULL,
    title     TEXT   NOT NULL,
    queue     TEXT   REFERENCES queues (id),
    all_users BIGINT NOT NULL,
    max_days  BIGINT NOT NULL
);
CREATE INDEX button_profiles_queue ON button_profiles (queue);

-- +goose Down
DROP TABLE button_profiles;
DROP TABLE session_policies;
DROP TABLE jump_group_members;
DROP TABLE jump_groups;
DROP TABLE issues;
DROP TABLE queues;
DROP TABLE team_members;
DROP TABLE teams;
