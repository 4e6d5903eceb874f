package store

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
)

// archiveReader reads lines and checks the end.
type archiveReader struct {
	from *bufio.Scanner
	sum  hash.Hash
	head ArchiveHead
	rows int64
}

func openArchive(r io.Reader) (*archiveReader, error) {
	zip, err := gzip.NewReader(r)
	if err != nil {
		return nil, errors.Join(ErrArchive, err)
	}
	a := &archiveReader{from: bufio.NewScanner(zip), sum: sha256.New()}
	a.from.Buffer(make([]byte, 64<<10), maxArchiveLine)
	if !a.from.Scan() || json.Unmarshal(a.from.Bytes(), &a.head) != nil || a.head.Format == 0 {
		return nil, errors.Join(ErrArchive, a.from.Err())
	}
	if a.head.Format > archiveFormat {
		return nil, fmt.Errorf("%w: it was made by a newer program (%s)", ErrArchive, a.head.Version)
	}
	a.count()
	return a, nil
}

func (a *archiveReader) count() {
	_, _ = a.sum.Write(a.from.Bytes()) // never fails
	_, _ = a.sum.Write([]byte{'\n'})
}

// each calls table for each table and row for each row, until the end, which
// must fit what was read.
func (a *archiveReader) each(table func(archiveTable) error, row func([]json.RawMessage) error) error {
	for a.from.Scan() {
		line := a.from.Bytes()
		switch {
		case bytes.HasPrefix(line, []byte(`{"table":`)):
			var t archiveTable
			if err := json.Unmarshal(line, &t); err != nil || len(t.Columns) != len(t.Kinds) || strings.ContainsAny(strings.Join(t.Columns, ""), "\"\x00") {
				return errors.Join(ErrArchive, err)
			}
			if err := table(t); err != nil {
				return err
			}
		case bytes.HasPrefix(line, []byte(`[`)):
			var values []json.RawMessage
			if err := json.Unmarshal(line, &values); err != nil {
				return errors.Join(ErrArchive, err)
			}
			a.rows++
			if err := row(values); err != nil {
				return err
			}
		default:
			var end archiveEnd
			if err := json.Unmarshal(line, &end); err != nil || end.Rows != a.rows || end.SHA256 != hex.EncodeToString(a.sum.Sum(nil)) {
				return fmt.Errorf("%w: its checksum or its number of rows is not what its end says", ErrArchive)
			}
			return nil
		}
		a.count()
	}
	return fmt.Errorf("%w: it ends too early", errors.Join(ErrArchive, a.from.Err()))
}

// CheckArchive reads an archive to its end and compares its checksum.
func CheckArchive(r io.Reader) (head ArchiveHead, rows int64, err error) {
	a, err := openArchive(r)
	if err != nil {
		return ArchiveHead{}, 0, err
	}
	err = a.each(func(archiveTable) error { return nil }, func([]json.RawMessage) error { return nil })
	return a.head, a.rows, err
}

// Restore puts an archive into an empty database of either engine, in one
// transaction: whole or not at all. An archive of an older program is loaded into the
// schema of its time, then brought up to date.
func Restore(ctx context.Context, o Options, r io.Reader) (rows int64, err error) {
	a, err := openArchive(r)
	if err != nil {
		return 0, err
	}
	s, err := connect(ctx, o)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	provider, err := s.migrations()
	if err != nil {
		return 0, err
	}
	sources := provider.ListSources()
	if newest := sources[len(sources)-1].Version; a.head.Schema > newest {
		return 0, fmt.Errorf("the archive's schema is %d, this program knows %d: use version %s or newer", a.head.Schema, newest, a.head.Version)
	}
	if _, err := provider.UpTo(ctx, a.head.Schema); err != nil {
		return 0, fmt.Errorf("make the tables: %w", err)
	}
	if at, err := provider.GetDBVersion(ctx); err != nil || at != a.head.Schema {
		return 0, errors.Join(fmt.Errorf("the database has schema %d, the archive %d: give an empty database", at, a.head.Schema), err)
	}
	if err := s.tx(ctx, func(tx *sql.Tx) error { return s.load(ctx, tx, a) }); err != nil {
		return 0, err
	}
	_, err = provider.Up(ctx)
	return a.rows, err
}

// load fills the tables in the archive's order, whatever points where: foreign
// keys are looked at once, at the end.
func (s *Store) load(ctx context.Context, tx *sql.Tx, a *archiveReader) error {
	var n int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM users`).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return errors.New("the database is not empty: restore wants an empty one")
	}
	found, err := tx.QueryContext(ctx, s.dialect.tables())
	known, err := all(found, err, func(row scanner) (name string, err error) { return name, row.Scan(&name) })
	if err != nil {
		return err
	}
	after, err := s.dialect.holdForeignKeys(ctx, tx)
	if err != nil {
		return fmt.Errorf("hold foreign keys: %w", err)
	}
	batch := &insertBatch{tx: tx}
	defer func() { _ = batch.close() }() // on an error; the transaction goes anyway
	err = a.each(func(t archiveTable) error {
		if !slices.Contains(known, t.Table) {
			return fmt.Errorf("%w: there is no table %q", ErrArchive, t.Table)
		}
		if err := batch.end(ctx); err != nil {
			return err
		}
		batch.table = t
		return nil
	}, func(row []json.RawMessage) error { return batch.add(ctx, row) })
	if err != nil {
		return err
	}
	if err := batch.end(ctx); err != nil {
		return err
	}
	for _, q := range after {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("look at foreign keys: %w", err)
		}
	}
	return nil
}

// maxBinds of one statement: SQLite's driver looks for each value among all, so
// that more cost more (20,000 messages on a busy machine: 62 s with 8,000, 8 s with 900).
const maxBinds = 900

// insertBatch collects rows of one table into statements of many rows; the
// statement of a full batch is prepared once.
type insertBatch struct {
	tx     *sql.Tx
	table  archiveTable
	values []any
	full   *sql.Stmt // nil until the first full batch
}

func (b *insertBatch) add(ctx context.Context, row []json.RawMessage) error {
	if len(row) != len(b.table.Columns) {
		return fmt.Errorf("%w: a row of %q has %d columns", ErrArchive, b.table.Table, len(row))
	}
	for i, raw := range row {
		v, err := restoreValue(raw, b.table.Kinds[i])
		if err != nil {
			return errors.Join(ErrArchive, err)
		}
		b.values = append(b.values, v)
	}
	if len(b.values)+len(row) <= maxBinds {
		return nil
	}
	if b.full == nil {
		var err error
		if b.full, err = b.tx.PrepareContext(ctx, b.insert()); err != nil {
			return fmt.Errorf("fill %s: %w", b.table.Table, err)
		}
	}
	if _, err := b.full.ExecContext(ctx, b.values...); err != nil {
		return fmt.Errorf("fill %s: %w", b.table.Table, err)
	}
	b.values = b.values[:0]
	return nil
}

// insert is the statement for the rows at hand.
func (b *insertBatch) insert() string {
	columns := len(b.table.Columns)
	q := strings.Builder{}
	fmt.Fprintf(&q, `INSERT INTO "%s" ("%s") VALUES `, b.table.Table, strings.Join(b.table.Columns, `","`))
	for i := range b.values {
		switch {
		case i%columns > 0:
			q.WriteByte(',')
		case i > 0:
			q.WriteString("),(")
		default:
			q.WriteByte('(')
		}
		fmt.Fprintf(&q, "$%d", i+1)
	}
	q.WriteByte(')')
	return q.String()
}

// end stores what is left of a table.
func (b *insertBatch) end(ctx context.Context) error {
	if len(b.values) > 0 {
		if _, err := b.tx.ExecContext(ctx, b.insert(), b.values...); err != nil {
			return fmt.Errorf("fill %s: %w", b.table.Table, err)
		}
		b.values = b.values[:0]
	}
	return b.close()
}

func (b *insertBatch) close() error {
	if b.full == nil {
		return nil
	}
	full := b.full
	b.full = nil
	return full.Close()
}
