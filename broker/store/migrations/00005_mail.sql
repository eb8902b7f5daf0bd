-- The password is not here: it is a file of its own among the keys.

-- +goose Up
CREATE TABLE mail (
    id        BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    enabled   BIGINT NOT NULL,
    host      TEXT   NOT NULL,
    port      BIGINT NOT NULL,
    security  TEXT   NOT NULL,
    user_name TEXT   NOT NULL,
    sender    TEXT   NOT NULL,
    notify    TEXT   NOT NULL
);

-- +goose Down
DROP TABLE mail;
