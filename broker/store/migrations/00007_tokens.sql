-- What devices get from the token that they enroll with.

-- +goose Up
ALTER TABLE enrollment_tokens ADD COLUMN device_group TEXT NOT NULL DEFAULT '';
-- One tag a line.
ALTER TABLE enrollment_tokens ADD COLUMN tags TEXT NOT NULL DEFAULT '';
ALTER TABLE enrollment_tokens ADD COLUMN entitles BIGINT NOT NULL DEFAULT 1;
ALTER TABLE enrollment_tokens ADD COLUMN pending BIGINT NOT NULL DEFAULT 0;
ALTER TABLE enrollment_tokens ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE enrollment_tokens ADD COLUMN created_name TEXT NOT NULL DEFAULT '';
ALTER TABLE enrollment_tokens ADD COLUMN revoked_at BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE enrollment_tokens DROP COLUMN revoked_at;
ALTER TABLE enrollment_tokens DROP COLUMN created_name;
ALTER TABLE enrollment_tokens DROP COLUMN note;
ALTER TABLE enrollment_tokens DROP COLUMN pending;
ALTER TABLE enrollment_tokens DROP COLUMN entitles;
ALTER TABLE enrollment_tokens DROP COLUMN tags;
ALTER TABLE enrollment_tokens DROP COLUMN device_group;
