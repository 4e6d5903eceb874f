-- +goose Up
-- The number of the last holder of each lock who stored something. Numbers
-- follow the clock (microseconds), so old rows are found by them.
CREATE TABLE lock_fences (
  key   TEXT PRIMARY KEY,
  fence BIGINT NOT NULL
);
CREATE INDEX lock_fences_fence ON lock_fences (fence);

-- +goose Down
DROP TABLE lock_fences;
