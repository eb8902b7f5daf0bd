-- Who wrote a message, and how far it came: 0 sent, 1 at the endpoint, 2 shown there.
-- Not every rep has an account. What was written before names nobody.

-- +goose Up
ALTER TABLE chat ADD COLUMN rep TEXT NOT NULL DEFAULT '';
ALTER TABLE chat ADD COLUMN arrival BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE chat DROP COLUMN arrival;
ALTER TABLE chat DROP COLUMN rep;
