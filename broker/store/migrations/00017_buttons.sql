-- Support Buttons: what their profiles look like, the buttons of devices, and which of
-- them a device was told of. Only what SQLite and PostgreSQL both understand. Icons
-- are base64; a plan goes with an enrollment token and makes a button for the device
-- that enrolls with it.

-- +goose Up
ALTER TABLE button_profiles ADD COLUMN icon TEXT NOT NULL DEFAULT '';
ALTER TABLE button_profiles ADD COLUMN colour TEXT NOT NULL DEFAULT '';
ALTER TABLE button_profiles ADD COLUMN greeting TEXT NOT NULL DEFAULT '';
ALTER TABLE button_profiles ADD COLUMN form BIGINT NOT NULL DEFAULT 0;

CREATE TABLE buttons (
    id          TEXT   NOT NULL PRIMARY KEY,
    device      TEXT   NOT NULL REFERENCES devices (id),
    profile     TEXT   NOT NULL REFERENCES button_profiles (id),
    queue       TEXT   NOT NULL REFERENCES queues (id),
    description TEXT   NOT NULL,
    user_name   TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    created_by  TEXT   NOT NULL,
    by_name     TEXT   NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX buttons_device ON buttons (device);
CREATE INDEX buttons_profile ON buttons (profile);
CREATE INDEX buttons_queue ON buttons (queue);

CREATE TABLE button_sets (
    device   TEXT   NOT NULL PRIMARY KEY REFERENCES devices (id),
    version  BIGINT NOT NULL,
    hash     TEXT   NOT NULL,
    reported BIGINT NOT NULL,
    laid_out BIGINT NOT NULL,
    problem  TEXT   NOT NULL
);

CREATE TABLE button_plans (
    token       TEXT   NOT NULL PRIMARY KEY REFERENCES enrollment_tokens (id),
    profile     TEXT   NOT NULL,
    queue       TEXT   NOT NULL,
    description TEXT   NOT NULL,
    lasts       BIGINT NOT NULL
);

ALTER TABLE requests ADD COLUMN button TEXT NOT NULL DEFAULT '';
ALTER TABLE requests ADD COLUMN button_title TEXT NOT NULL DEFAULT '';
ALTER TABLE requests ADD COLUMN button_note TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE requests DROP COLUMN button_note;
ALTER TABLE requests DROP COLUMN button_title;
ALTER TABLE requests DROP COLUMN button;
DROP TABLE button_plans;
DROP TABLE button_sets;
DROP TABLE buttons;
ALTER TABLE button_profiles DROP COLUMN form;
ALTER TABLE button_profiles DROP COLUMN greeting;
ALTER TABLE button_profiles DROP COLUMN colour;
ALTER TABLE button_profiles DROP COLUMN icon;
