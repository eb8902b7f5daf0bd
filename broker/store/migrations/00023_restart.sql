-- How long a session waits for a machine that restarts.

-- +goose Up
ALTER TABLE sessions ADD COLUMN away BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE sessions DROP COLUMN away;
