package store

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"time"
)

// An archive is a gzip file of JSON lines: a head, per table one line that names
// it and its columns and one line per row, and an end with the number of rows
// and the SHA-256 of all bytes before it. It knows no engine: numbers are
// numbers, bytes are base64.

// archiveFormat changes when older programs could not read an archive.
const archiveFormat = 1

// maxArchiveLine bounds one row: a chat message is at most 2 KB, settings less.
const maxArchiveLine = 4 << 20

// ArchiveHead is the first line of an archive.
type ArchiveHead struct {
	Format    int    `json:"synctv_archive"`
	Schema    int64  `json:"schema"` // number of the newest migration
	CreatedMS int64  `json:"created_ms"`
	Version   string `json:"version"` // of the program that made it
}

type archiveTable struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
	Kinds   []string `json:"kinds"` // int, float, text or bytes
}

type archiveEnd struct {
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

// ErrArchive says that a file is no whole archive of ours.
var ErrArchive = errors.New("this is not a whole archive of SyncTV")

// Backup writes everything to w as it is at one moment, while the server runs.
// It gives the number of rows.
func (s *Store) Backup(ctx context.Context, w io.Writer, version string, now time.Time) (int64, error) {
	provider, err := s.migrations()
	if err != nil {
		return 0, err
	}
	schema, err := provider.GetDBVersion(ctx)
	if err != nil {
		return 0, err
	}
	conn, err := s.read.db.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(ctx, s.dialect.beginSnapshot()); err != nil {
		return 0, fmt.Errorf("begin: %w", err)
	}
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") }() // it only read
	zip := gzip.NewWriter(w)
	a := &archiveWriter{to: bufio.NewWriterSize(zip, 64<<10), sum: sha256.New()}
	a.line(ArchiveHead{Format: archiveFormat, Schema: schema, CreatedMS: now.UnixMilli(), Version: version})
	tables, err := s.tables(ctx, conn)
	if err != nil {
		return 0, err
	}
	for _, t := range tables {
		if err := a.table(ctx, conn, t); err != nil {
			return 0, fmt.Errorf("read %s: %w", t, err)
		}
	}
	a.line(archiveEnd{Rows: a.rows, SHA256: hex.EncodeToString(a.sum.Sum(nil))})
	return a.rows, errors.Join(a.err, a.to.Flush(), zip.Close())
}

// tables lists what holds data, not how far migrations went.
func (s *Store) tables(ctx context.Context, conn *sql.Conn) ([]string, error) {
	rows, err := conn.QueryContext(ctx, s.dialect.tables())
	return all(rows, err, func(row scanner) (name string, err error) { return name, row.Scan(&name) })
}

type archiveWriter struct {
	to   *bufio.Writer
	sum  hash.Hash
	rows int64
	err  error // the first
}

func (a *archiveWriter) line(v any) {
	raw, err := json.Marshal(v)
	if a.err == nil {
		a.err = err
	}
	raw = append(raw, '\n')
	_, _ = a.sum.Write(raw) // never fails
	if _, err := a.to.Write(raw); a.err == nil {
		a.err = err
	}
}

func (a *archiveWriter) table(ctx context.Context, conn *sql.Conn, name string) error {
	rows, err := conn.QueryContext(ctx, `SELECT * FROM "`+name+`"`) //nolint:gosec // a name the database gave
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	t := archiveTable{Table: name}
	for _, c := range types {
		t.Columns, t.Kinds = append(t.Columns, c.Name()), append(t.Kinds, kindOf(c.DatabaseTypeName()))
	}
	a.line(t)
	values := make([]any, len(types))
	targets := make([]any, len(types))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		for i, v := range values {
			if b, ok := v.([]byte); ok && t.Kinds[i] != "bytes" {
				values[i] = string(b)
			}
		}
		a.line(values)
		a.rows++
	}
	return errors.Join(rows.Err(), a.err)
}

// kindOf is a column's kind by the name its engine has for its type.
func kindOf(engine string) string {
	switch engine {
	case "BIGINT", "INTEGER", "INT8", "INT4":
		return "int"
	case "DOUBLE PRECISION", "FLOAT8", "REAL":
		return "float"
	case "BLOB", "BYTEA":
		return "bytes"
	}
	return "text"
}

// restoreValue reads one value of a row.
func restoreValue(raw json.RawMessage, kind string) (any, error) {
	if string(raw) == "null" {
		return nil, nil //nolint:nilnil // NULL is a value
	}
	if kind == "int" {
		return strconv.ParseInt(string(raw), 10, 64)
	}
	if kind == "float" {
		return strconv.ParseFloat(string(raw), 64)
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil || kind == "text" {
		return text, err
	}
	return base64.StdEncoding.DecodeString(text)
}
