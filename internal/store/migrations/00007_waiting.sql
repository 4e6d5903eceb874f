-- Until when a film stands because people are not ready (0 = it does not), and
-- who they are, as JSON; both change only together with the rest of the record.

-- +goose Up
ALTER TABLE playbacks ADD COLUMN wait_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE playbacks ADD COLUMN waits TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE playbacks DROP COLUMN waits;
ALTER TABLE playbacks DROP COLUMN wait_ms;
