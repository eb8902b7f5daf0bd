-- External reps: who is invited into one session without an account. Only what
-- SQLite and PostgreSQL both understand. A row is there until its session is over,
-- so that a link can say why it leads nowhere; with ended_at nobody is behind it any
-- more. token and sign_in are hashes; capabilities are names with spaces between,
-- as the session policy had them when the invitation was made.

-- +goose Up
CREATE TABLE guests (
    id           TEXT   NOT NULL PRIMARY KEY,
    session      TEXT   NOT NULL REFERENCES sessions (id),
    invitation   TEXT   NOT NULL,
    token        TEXT   NOT NULL UNIQUE,
    sign_in      TEXT   UNIQUE,
    name         TEXT   NOT NULL,
    description  TEXT   NOT NULL,
    comments     TEXT   NOT NULL,
    email        TEXT   NOT NULL,
    policy       TEXT   REFERENCES session_policies (id),
    policy_name  TEXT   NOT NULL,
    capabilities TEXT   NOT NULL,
    expires_at   BIGINT NOT NULL,
    redeemed_at  BIGINT NOT NULL,
    ended_at     BIGINT NOT NULL
);
CREATE INDEX guests_session ON guests (session);
CREATE INDEX guests_policy ON guests (policy);

ALTER TABLE invitations ADD COLUMN until BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE invitations DROP COLUMN until;
DROP TABLE guests;
