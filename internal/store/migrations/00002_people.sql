-- Sessions: access tokens beside devices, rotation, and where they were used.
-- A token made before rotation counts as old, and is replaced at its next use.

-- +goose Up
ALTER TABLE sessions ADD COLUMN kind TEXT NOT NULL DEFAULT 'device';
ALTER TABLE sessions ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN prev_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN prev_until_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN rotated_ms BIGINT NOT NULL DEFAULT 0;
CREATE INDEX sessions_prev ON sessions (prev_hash);
CREATE INDEX users_created ON users (created_ms DESC, id DESC);
CREATE INDEX users_status ON users (status, created_ms DESC, id DESC);

-- +goose Down
DROP INDEX users_status;
DROP INDEX users_created;
DROP INDEX sessions_prev;
ALTER TABLE sessions DROP COLUMN rotated_ms;
ALTER TABLE sessions DROP COLUMN prev_until_ms;
ALTER TABLE sessions DROP COLUMN prev_hash;
ALTER TABLE sessions DROP COLUMN address;
ALTER TABLE sessions DROP COLUMN name;
ALTER TABLE sessions DROP COLUMN kind;
