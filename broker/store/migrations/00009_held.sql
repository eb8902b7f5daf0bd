-- Since when a session is held; 0: it is not.

-- +goose Up
ALTER TABLE sessions ADD COLUMN held_at BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE sessions DROP COLUMN held_at;
