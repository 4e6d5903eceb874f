-- Places that people linked to their account. sealed is their name and password
-- there, closed with the key whose id it begins with.

-- +goose Up
CREATE TABLE sources (
  id         TEXT PRIMARY KEY,
  user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  kind       TEXT NOT NULL,
  name       TEXT NOT NULL,
  url        TEXT NOT NULL,
  key_id     TEXT NOT NULL,
  sealed     TEXT NOT NULL,
  created_ms BIGINT NOT NULL
);
CREATE INDEX sources_user ON sources (user_id, created_ms);

-- +goose Down
DROP TABLE sources;
