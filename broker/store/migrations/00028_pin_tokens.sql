-- Which Jump Client the device of an enrollment token is made for, out of a session; empty:
-- none, it is an administrator's.

-- +goose Up
ALTER TABLE enrollment_tokens ADD COLUMN jump_client TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE enrollment_tokens DROP COLUMN jump_client;
