-- Rooms as people run them: who is kept out and why, when a room was last used,
-- and the record of who did what.

-- +goose Up
ALTER TABLE rooms ADD COLUMN active_ms BIGINT NOT NULL DEFAULT 0;
UPDATE rooms SET active_ms = created_ms;
CREATE INDEX rooms_idle ON rooms (status, active_ms);

ALTER TABLE members ADD COLUMN muted_until_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN ban_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE members ADD COLUMN ban_by_name TEXT NOT NULL DEFAULT '';
ALTER TABLE members ADD COLUMN ban_ms BIGINT NOT NULL DEFAULT 0;
-- Whatever races: a room has one creator.
CREATE UNIQUE INDEX members_one_creator ON members (room_id) WHERE role = 'creator';
CREATE INDEX members_status ON members (room_id, status);

-- Who was sent out and may come back later.
CREATE TABLE kicks (
  room_id   TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  person_id TEXT NOT NULL,
  until_ms  BIGINT NOT NULL,
  PRIMARY KEY (room_id, person_id)
);

-- No foreign keys: the record outlives rooms and people. room_id is empty for
-- acts on the platform.
CREATE TABLE audit (
  id          TEXT PRIMARY KEY,
  at_ms       BIGINT NOT NULL,
  room_id     TEXT NOT NULL,
  action      TEXT NOT NULL,
  actor_id    TEXT NOT NULL,
  actor_name  TEXT NOT NULL,
  target_id   TEXT NOT NULL,
  target_name TEXT NOT NULL,
  reason      TEXT NOT NULL,
  detail      TEXT NOT NULL,
  request_id  TEXT NOT NULL
);
CREATE INDEX audit_room ON audit (room_id, at_ms DESC, id DESC);
CREATE INDEX audit_time ON audit (at_ms DESC, id DESC);

-- +goose Down
DROP TABLE audit;
DROP TABLE kicks;
DROP INDEX members_status;
DROP INDEX members_one_creator;
ALTER TABLE members DROP COLUMN ban_ms;
ALTER TABLE members DROP COLUMN ban_by_name;
ALTER TABLE members DROP COLUMN ban_reason;
ALTER TABLE members DROP COLUMN muted_until_ms;
DROP INDEX rooms_idle;
ALTER TABLE rooms DROP COLUMN active_ms;
