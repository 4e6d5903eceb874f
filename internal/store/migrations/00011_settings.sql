-- What admins set while the server runs, over the configuration.

-- +goose Up
CREATE TABLE settings (
  key        TEXT PRIMARY KEY,
  value      TEXT NOT NULL,
  changed_ms BIGINT NOT NULL
);

-- +goose Down
DROP TABLE settings;
