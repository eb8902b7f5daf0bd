-- What a Jump Client needs to start without a person's yes: a serialised JumpLock in
-- base64, or nothing.

-- +goose Up
ALTER TABLE jump_clients ADD COLUMN jump_lock TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE jump_clients DROP COLUMN jump_lock;
