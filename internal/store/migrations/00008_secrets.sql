-- What an installation makes up once and all replicas share: keys of links.

-- +goose Up
CREATE TABLE secrets (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- +goose Down
DROP TABLE secrets;
