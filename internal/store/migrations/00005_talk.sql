-- Talk: answers, mentions, reactions, changes and system lines of messages;
-- comments over films. Lists inside one message are JSON, changed under the
-- message's row lock; empty text means none.

-- +goose Up
ALTER TABLE messages ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE messages ADD COLUMN code TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN params TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN reply_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN mentions TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN reactions TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN edited_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN deleted_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN deleted_by TEXT NOT NULL DEFAULT '';
CREATE INDEX messages_author ON messages (room_id, author_id, seq);
CREATE INDEX messages_age ON messages (created_ms);

CREATE TABLE danmaku (
  id           TEXT PRIMARY KEY,
  room_id      TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  item_id      TEXT NOT NULL,
  position_s   DOUBLE PRECISION NOT NULL,
  body         TEXT NOT NULL,
  mode         TEXT NOT NULL,
  color        TEXT NOT NULL,
  size         TEXT NOT NULL,
  author_id    TEXT NOT NULL,
  author_name  TEXT NOT NULL,
  author_color TEXT NOT NULL,
  created_ms   BIGINT NOT NULL
);
CREATE INDEX danmaku_film ON danmaku (room_id, item_id, position_s, id);
CREATE INDEX danmaku_age ON danmaku (created_ms);

-- +goose Down
DROP TABLE danmaku;
DROP INDEX messages_age;
DROP INDEX messages_author;
