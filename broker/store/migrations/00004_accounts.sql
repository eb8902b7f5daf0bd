-- Only what SQLite and PostgreSQL both understand. Times are Unix milliseconds,
-- 0 is never; keys and hashes are lower-case hex.

-- +goose Up
ALTER TABLE accounts ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
-- Who the identity provider says it is; both are empty where nobody is asked.
ALTER TABLE accounts ADD COLUMN issuer TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN subject TEXT NOT NULL DEFAULT '';
-- The newest step of a time-based code that was used: none is used twice.
ALTER TABLE accounts ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX accounts_subject ON accounts (issuer, subject) WHERE subject <> '';

-- Roles that were made here; the built-in ones are in package policy.
CREATE TABLE roles (
    id          TEXT   NOT NULL PRIMARY KEY,
    name        TEXT   NOT NULL UNIQUE,
    permissions TEXT   NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE TABLE account_roles (
    account TEXT NOT NULL REFERENCES accounts (id),
    role    TEXT NOT NULL,
    PRIMARY KEY (account, role)
);
CREATE INDEX account_roles_role ON account_roles (role);
INSERT INTO account_roles (account, role)
    SELECT id, CASE WHEN admin = 1 THEN 'administrator' ELSE 'representative' END FROM accounts;
ALTER TABLE accounts DROP COLUMN admin;

ALTER TABLE setup ADD COLUMN mfa_mandatory BIGINT NOT NULL DEFAULT 0;

-- Sign-ins have an id that stays, and a token that is changed: for a moment the
-- one before is taken as well.
DROP TABLE web_sessions;
CREATE TABLE web_sessions (
    id         TEXT   NOT NULL PRIMARY KEY,
    token      TEXT   NOT NULL UNIQUE,
    old_token  TEXT   NOT NULL,
    old_until  BIGINT NOT NULL,
    rotate     BIGINT NOT NULL,
    account    TEXT   NOT NULL REFERENCES accounts (id),
    origin     TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    proved_at  BIGINT NOT NULL
);
CREATE INDEX web_sessions_account ON web_sessions (account);
CREATE INDEX web_sessions_old ON web_sessions (old_token);

CREATE TABLE factors (
    id         TEXT   NOT NULL PRIMARY KEY,
    account    TEXT   NOT NULL REFERENCES accounts (id),
    kind       TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    secret     TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL
);
CREATE INDEX factors_account ON factors (account);

CREATE TABLE recovery_codes (
    account TEXT   NOT NULL REFERENCES accounts (id),
    hash    TEXT   NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (account, hash)
);

-- What was asked of a browser and has to come back once.
CREATE TABLE challenges (
    id         TEXT   NOT NULL PRIMARY KEY,
    owner      TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    content    TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX challenges_owner ON challenges (owner);

CREATE TABLE api_keys (
    id          TEXT   NOT NULL PRIMARY KEY,
    account     TEXT   NOT NULL REFERENCES accounts (id),
    name        TEXT   NOT NULL,
    hash        TEXT   NOT NULL UNIQUE,
    permissions TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    used_at     BIGINT NOT NULL,
    revoked_at  BIGINT NOT NULL
);
CREATE INDEX api_keys_account ON api_keys (account);

-- +goose Down
DROP TABLE api_keys;
DROP TABLE challenges;
DROP TABLE recovery_codes;
DROP TABLE factors;
DROP TABLE web_sessions;
CREATE TABLE web_sessions (
    token      TEXT   NOT NULL PRIMARY KEY,
    account    TEXT   NOT NULL REFERENCES accounts (id),
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);
CREATE INDEX web_sessions_account ON web_sessions (account);
ALTER TABLE setup DROP COLUMN mfa_mandatory;
ALTER TABLE accounts ADD COLUMN admin BIGINT NOT NULL DEFAULT 0;
UPDATE accounts SET admin = 1 WHERE id IN (SELECT account FROM account_roles WHERE role = 'administrator');
DROP TABLE account_roles;
DROP TABLE roles;
DROP INDEX accounts_subject;
ALTER TABLE accounts DROP COLUMN totp_step;
ALTER TABLE accounts DROP COLUMN subject;
ALTER TABLE accounts DROP COLUMN issuer;
ALTER TABLE accounts DROP COLUMN seen_at;
ALTER TABLE accounts DROP COLUMN email;
