-- What became of the version that a device tried last. Ended is by the device's clock.

-- +goose Up
CREATE TABLE device_updates (
    device      TEXT   NOT NULL PRIMARY KEY REFERENCES devices (id),
    version     TEXT   NOT NULL,
    result      BIGINT NOT NULL,
    detail      TEXT   NOT NULL,
    ended_at    BIGINT NOT NULL,
    reported_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE device_updates;
