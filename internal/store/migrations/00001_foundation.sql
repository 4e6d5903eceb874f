-- One text for SQLite and PostgreSQL. Times are BIGINT milliseconds since the
-- Unix epoch, JSON is TEXT, names carry a folded key that is searched instead.

-- +goose Up
CREATE TABLE users (
  id            TEXT PRIMARY KEY,
  name          TEXT NOT NULL,
  name_key      TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  role          TEXT NOT NULL,
  status        TEXT NOT NULL,
  color         TEXT NOT NULL,
  version       BIGINT NOT NULL,
  created_ms    BIGINT NOT NULL
);

CREATE TABLE sessions (
  id         TEXT PRIMARY KEY,
  user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash TEXT NOT NULL UNIQUE,
  agent      TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  seen_ms    BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_ms);

CREATE TABLE rooms (
  id            TEXT PRIMARY KEY,
  name          TEXT NOT NULL,
  name_key      TEXT NOT NULL,
  description   TEXT NOT NULL,
  creator_id    TEXT NOT NULL REFERENCES users (id),
  password_hash TEXT NOT NULL,
  visibility    TEXT NOT NULL,
  status        TEXT NOT NULL,
  settings      TEXT NOT NULL,
  version       BIGINT NOT NULL,
  created_ms    BIGINT NOT NULL
);
CREATE INDEX rooms_listed ON rooms (visibility, status, created_ms DESC, id DESC);
CREATE INDEX rooms_creator ON rooms (creator_id);

-- Counters of a room. Its row is also what serialises changes of the room's
-- lists: whoever counts up holds it until the transaction ends.
CREATE TABLE room_heads (
  room_id          TEXT PRIMARY KEY REFERENCES rooms (id) ON DELETE CASCADE,
  playlist_version BIGINT NOT NULL,
  members_version  BIGINT NOT NULL,
  chat_seq         BIGINT NOT NULL
);

-- user_id is empty for guests, who exist in their room only.
CREATE TABLE members (
  room_id   TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  person_id TEXT NOT NULL,
  user_id   TEXT REFERENCES users (id) ON DELETE CASCADE,
  name      TEXT NOT NULL,
  color     TEXT NOT NULL,
  role      TEXT NOT NULL,
  status    TEXT NOT NULL,
  added     BIGINT NOT NULL,
  removed   BIGINT NOT NULL,
  version   BIGINT NOT NULL,
  joined_ms BIGINT NOT NULL,
  PRIMARY KEY (room_id, person_id)
);
CREATE INDEX members_person ON members (person_id, room_id);
CREATE INDEX members_user ON members (user_id);

CREATE TABLE guest_tokens (
  token_hash TEXT PRIMARY KEY,
  room_id    TEXT NOT NULL,
  person_id  TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  FOREIGN KEY (room_id, person_id) REFERENCES members (room_id, person_id) ON DELETE CASCADE
);
CREATE INDEX guest_tokens_person ON guest_tokens (room_id, person_id);

-- The one folder without a parent is the room's root.
CREATE TABLE folders (
  id        TEXT PRIMARY KEY,
  room_id   TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  parent_id TEXT REFERENCES folders (id) ON DELETE CASCADE,
  name      TEXT NOT NULL
);
CREATE UNIQUE INDEX folders_root ON folders (room_id) WHERE parent_id IS NULL;
CREATE INDEX folders_room ON folders (room_id);
CREATE INDEX folders_parent ON folders (parent_id);

CREATE TABLE items (
  id            TEXT PRIMARY KEY,
  room_id       TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  folder_id     TEXT NOT NULL REFERENCES folders (id) ON DELETE CASCADE,
  title         TEXT NOT NULL,
  source        TEXT NOT NULL,
  stream        TEXT UNIQUE,
  live          BIGINT NOT NULL,
  duration_s    DOUBLE PRECISION NOT NULL,
  position      BIGINT NOT NULL,
  added_by      TEXT NOT NULL,
  added_by_name TEXT NOT NULL,
  created_ms    BIGINT NOT NULL,
  UNIQUE (folder_id, position)
);
CREATE INDEX items_room ON items (room_id, position);

CREATE TABLE playbacks (
  room_id    TEXT PRIMARY KEY REFERENCES rooms (id) ON DELETE CASCADE,
  item_id    TEXT NOT NULL,
  status     TEXT NOT NULL,
  position_s DOUBLE PRECISION NOT NULL,
  rate       DOUBLE PRECISION NOT NULL,
  at_ms      BIGINT NOT NULL,
  epoch      BIGINT NOT NULL,
  version    BIGINT NOT NULL,
  by_id      TEXT NOT NULL,
  by_name    TEXT NOT NULL
);

CREATE TABLE messages (
  room_id      TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  seq          BIGINT NOT NULL,
  id           TEXT NOT NULL UNIQUE,
  kind         TEXT NOT NULL,
  author_id    TEXT NOT NULL,
  author_name  TEXT NOT NULL,
  author_color TEXT NOT NULL,
  body         TEXT NOT NULL,
  item_id      TEXT NOT NULL,
  position_s   DOUBLE PRECISION NOT NULL,
  created_ms   BIGINT NOT NULL,
  PRIMARY KEY (room_id, seq)
);

CREATE TABLE live_keys (
  id              TEXT PRIMARY KEY,
  room_id         TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  item_id         TEXT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
  stream          TEXT NOT NULL,
  key_hash        TEXT NOT NULL UNIQUE,
  hint            TEXT NOT NULL,
  created_by      TEXT NOT NULL,
  created_by_name TEXT NOT NULL,
  created_ms      BIGINT NOT NULL
);
CREATE INDEX live_keys_room ON live_keys (room_id, created_ms);
CREATE INDEX live_keys_item ON live_keys (item_id);

-- +goose Down
DROP TABLE live_keys;
DROP TABLE messages;
DROP TABLE playbacks;
DROP TABLE items;
DROP TABLE folders;
DROP TABLE guest_tokens;
DROP TABLE members;
DROP TABLE room_heads;
DROP TABLE rooms;
DROP TABLE sessions;
DROP TABLE users;
