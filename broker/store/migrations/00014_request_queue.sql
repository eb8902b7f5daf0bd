-- Whom a customer's request waits for: a team in its queue, or one rep; neither:
-- everybody who may decide. Only what SQLite and PostgreSQL both understand. Names
-- are those of the moment in which it came.

-- +goose Up
ALTER TABLE requests ADD COLUMN queue TEXT NOT NULL DEFAULT '';
ALTER TABLE requests ADD COLUMN queue_name TEXT NOT NULL DEFAULT '';
ALTER TABLE requests ADD COLUMN for_rep TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE requests DROP COLUMN for_rep;
ALTER TABLE requests DROP COLUMN queue_name;
ALTER TABLE requests DROP COLUMN queue;
