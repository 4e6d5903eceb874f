-- Subtitles that people added to items; those beside or inside a film are not
-- stored. body is UTF-8: WebVTT, or ASS as it came.

-- +goose Up
CREATE TABLE subtitles (
  id            TEXT PRIMARY KEY,
  room_id       TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  item_id       TEXT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
  label         TEXT NOT NULL,
  language      TEXT NOT NULL,
  format        TEXT NOT NULL,
  origin        TEXT NOT NULL,
  bytes         BIGINT NOT NULL,
  body          TEXT NOT NULL,
  added_by      TEXT NOT NULL,
  added_by_name TEXT NOT NULL,
  created_ms    BIGINT NOT NULL
);
CREATE INDEX subtitles_item ON subtitles (item_id, created_ms);
-- The quota of a room is read from the index alone.
CREATE INDEX subtitles_room ON subtitles (room_id, bytes);

-- +goose Down
DROP TABLE subtitles;
