-- Several reps on one session, and how a rep can be reached. Only what SQLite and
-- PostgreSQL both understand. Not every rep has an account: those of participants
-- and invitations refer to none. Declined and taken are ids with spaces between.

-- +goose Up
ALTER TABLE accounts ADD COLUMN away BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN extended BIGINT NOT NULL DEFAULT 0;

ALTER TABLE sessions ADD COLUMN control TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN owner_joined_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN taken TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN queue TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN first_queue TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN last_queue TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN owner_lost_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN owner_seen TEXT NOT NULL DEFAULT '';
UPDATE sessions SET control = COALESCE(rep, ''), owner_joined_at = consent_at WHERE ended_at = 0 AND consent_at > 0;

CREATE TABLE participants (
    session   TEXT   NOT NULL REFERENCES sessions (id),
    rep       TEXT   NOT NULL,
    name      TEXT   NOT NULL,
    external  BIGINT NOT NULL,
    joined_at BIGINT NOT NULL,
    place     BIGINT NOT NULL,
    PRIMARY KEY (session, rep)
);

CREATE TABLE invitations (
    id        TEXT   NOT NULL PRIMARY KEY,
    session   TEXT   NOT NULL REFERENCES sessions (id),
    rep       TEXT   NOT NULL,
    team      TEXT   NOT NULL,
    to_name   TEXT   NOT NULL,
    issue     TEXT   NOT NULL,
    external  BIGINT NOT NULL,
    transfer  BIGINT NOT NULL,
    from_rep  TEXT   NOT NULL,
    from_name TEXT   NOT NULL,
    sent_at   BIGINT NOT NULL,
    declined  TEXT   NOT NULL,
    place     BIGINT NOT NULL
);
CREATE INDEX invitations_session ON invitations (session);
CREATE INDEX invitations_team ON invitations (team);

ALTER TABLE queues ADD COLUMN fallback BIGINT NOT NULL DEFAULT 0;

ALTER TABLE chat ADD COLUMN reps_only BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE chat DROP COLUMN reps_only;
ALTER TABLE queues DROP COLUMN fallback;
DROP TABLE invitations;
DROP TABLE participants;
ALTER TABLE sessions DROP COLUMN owner_seen;
ALTER TABLE sessions DROP COLUMN owner_lost_at;
ALTER TABLE sessions DROP COLUMN last_queue;
ALTER TABLE sessions DROP COLUMN first_queue;
ALTER TABLE sessions DROP COLUMN queue;
ALTER TABLE sessions DROP COLUMN taken;
ALTER TABLE sessions DROP COLUMN owner_joined_at;
ALTER TABLE sessions DROP COLUMN control;
ALTER TABLE accounts DROP COLUMN extended;
ALTER TABLE accounts DROP COLUMN away;
