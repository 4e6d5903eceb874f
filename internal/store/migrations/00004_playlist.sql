-- Folders, undo and autoplay. What is deleted stays for a while with the batch
-- it was deleted in, so that the act can be undone (deleted_ms 0 = it is there).

-- +goose Up
ALTER TABLE folders ADD COLUMN added_by TEXT NOT NULL DEFAULT '';
ALTER TABLE folders ADD COLUMN added_by_name TEXT NOT NULL DEFAULT '';
ALTER TABLE folders ADD COLUMN deleted_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE folders ADD COLUMN deleted_by TEXT NOT NULL DEFAULT '';
ALTER TABLE folders ADD COLUMN batch TEXT NOT NULL DEFAULT '';
CREATE INDEX folders_deleted ON folders (deleted_ms) WHERE deleted_ms > 0;

ALTER TABLE items ADD COLUMN broken TEXT NOT NULL DEFAULT '';
ALTER TABLE items ADD COLUMN played BIGINT NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN deleted_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN deleted_by TEXT NOT NULL DEFAULT '';
ALTER TABLE items ADD COLUMN batch TEXT NOT NULL DEFAULT '';
CREATE INDEX items_deleted ON items (deleted_ms) WHERE deleted_ms > 0;

-- due_ms is when autoplay has to look at a room again: the end of the film or
-- of the countdown, 0 = not at all.
ALTER TABLE playbacks ADD COLUMN duration_s DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE playbacks ADD COLUMN next_item_id TEXT NOT NULL DEFAULT '';
ALTER TABLE playbacks ADD COLUMN next_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE playbacks ADD COLUMN round BIGINT NOT NULL DEFAULT 0;
ALTER TABLE playbacks ADD COLUMN due_ms BIGINT NOT NULL DEFAULT 0;
CREATE INDEX playbacks_due ON playbacks (due_ms) WHERE due_ms > 0;

-- What each person last said about the item that plays: how long it is, that
-- it has ended, that it cannot be played.
CREATE TABLE playback_reports (
  room_id    TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  person_id  TEXT NOT NULL,
  epoch      BIGINT NOT NULL,
  duration_s DOUBLE PRECISION NOT NULL,
  ended      BIGINT NOT NULL,
  failed     TEXT NOT NULL,
  PRIMARY KEY (room_id, person_id)
);

-- +goose Down
DROP TABLE playback_reports;
DROP INDEX playbacks_due;
ALTER TABLE playbacks DROP COLUMN due_ms;
ALTER TABLE playbacks DROP COLUMN round;
ALTER TABLE playbacks DROP COLUMN next_ms;
ALTER TABLE playbacks DROP COLUMN next_item_id;
ALTER TABLE playbacks DROP COLUMN duration_s;
DROP INDEX items_deleted;
ALTER TABLE items DROP COLUMN batch;
ALTER TABLE items DROP COLUMN deleted_by;
ALTER TABLE items DROP COLUMN deleted_ms;
ALTER TABLE items DROP COLUMN played;
ALTER TABLE items DROP COLUMN broken;
DROP INDEX folders_deleted;
ALTER TABLE folders DROP COLUMN batch;
ALTER TABLE folders DROP COLUMN deleted_by;
ALTER TABLE folders DROP COLUMN deleted_ms;
ALTER TABLE folders DROP COLUMN added_by_name;
ALTER TABLE folders DROP COLUMN added_by;
