//go:build unix

package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"synctv/internal/store/storetest"
)

// scans says of each statement that may read a table from end to end, why.
// Everything else the store asks must find its rows by an index.
func scans() map[string]string {
	return map[string]string{
		"SELECT key, value FROM settings":                "a row for each setting an admin changed: less than ten",
		`SELECT id, sealed FROM sources WHERE key_id <>`: "the command line closes all secrets with a new key",
		`SELECT s.id, s.user_id, s.kind, s.name, s.url, s.created_ms, u.name, s.key_id FROM sources s JOIN users u ON u.id = s.user_id ORDER BY`: "the command line lists all linked sources",
		`SELECT count(*) FROM users`: "asked once, at the start",
		`SELECT id, name, description, creator_id, password_hash, visibility, status, settings, version, created_ms FROM rooms ORDER BY`: "the command line lists all rooms",
		`SELECT u.id, u.name, u.password_hash, u.role, u.status, u.color, u.version, u.created_ms FROM users u WHERE u.name_key LIKE`:    "an admin looks for a part of a name",
	}
}

// TestEveryStatementUsesAnIndex reads the SQL out of the store's own source, so
// that no statement can be forgotten, and asks both engines how they would run
// each, with thousands of analysed rows in every table.
func TestEveryStatementUsesAnIndex(t *testing.T) {
	statements := sqlTexts(t)
	if len(statements) < 40 {
		t.Fatalf("found only %d statements in the source", len(statements))
	}
	t.Logf("%d statements, %d of them may scan", len(statements), len(scans()))
	t.Run("sqlite", func(t *testing.T) {
		url := storetest.SQLiteURL(t)
		storetest.Open(t, url)
		db := open(t, "sqlite", "file:"+strings.TrimPrefix(url, "sqlite:"))
		fillSQLite(t, db)
		for _, q := range statements {
			judge(t, q, planSQLite(t, db, q))
		}
	})
	t.Run("postgres", func(t *testing.T) {
		url := storetest.StartPostgres(t).NewDatabase(t)
		storetest.Open(t, url)
		db := open(t, "pgx", url)
		fillPostgres(t, db)
		for _, q := range statements {
			judge(t, q, planPostgres(t, db, q))
		}
	})
}

// judge wants no scan in a plan, unless one is allowed.
func judge(t *testing.T, query, scan string) {
	t.Helper()
	for begin, why := range scans() {
		if strings.HasPrefix(query, begin) && why != "" {
			return
		}
	}
	if scan != "" {
		t.Errorf("%s\n   in %s", scan, query)
	}
}

// open is a database of our own, with one connection so that its settings stay.
func open(t *testing.T, driver, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, url)
	must(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func execute(t *testing.T, db *sql.DB, query string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatalf("%v in %s", err, query)
	}
}

// How many rows every table gets: enough that reading all of them is never the
// cheapest way. PostgreSQL's planner sees a cost in them, SQLite's a rule.
const (
	rowsSQLite   = 5_000
	rowsPostgres = 20_000
)

func fillSQLite(t *testing.T, db *sql.DB) {
	t.Helper()
	execute(t, db, `PRAGMA foreign_keys = OFF`)
	for _, table := range column(t, db, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%'`) {
		names := column(t, db, `SELECT name FROM pragma_table_info('`+table+`')`)
		types := column(t, db, `SELECT type FROM pragma_table_info('`+table+`')`)
		execute(t, db, fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 100001 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO %s (%s) SELECT %s FROM n`,
			100000+rowsSQLite, table, strings.Join(names, ", "), strings.Join(values(names, types), ", ")))
	}
	execute(t, db, `ANALYZE`)
}

func fillPostgres(t *testing.T, db *sql.DB) {
	t.Helper()
	execute(t, db, `SET session_replication_role = replica`) // foreign keys are not looked at
	of := func(table, what string) []string {
		return column(t, db, `SELECT `+what+` FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '`+table+`' ORDER BY ordinal_position`)
	}
	for _, table := range column(t, db, `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'goose%'`) {
		names, types := of(table, "column_name"), of(table, "data_type")
		execute(t, db, fmt.Sprintf(`INSERT INTO %s (%s) SELECT %s FROM generate_series(100001, %d) AS n(i)`,
			table, strings.Join(names, ", "), strings.Join(values(names, types), ", "), 100000+rowsPostgres))
	}
	execute(t, db, `ANALYZE`)
	// The plan for any value, not for the one that is asked for now.
	execute(t, db, `SET plan_cache_mode = force_generic_plan`)
}

// values gives each column something that differs in every row and, for ids,
// is the same in every table, so that joins find something.
func values(names, types []string) []string {
	var all []string
	for i, name := range names {
		switch {
		case strings.EqualFold(types[i], "TEXT"):
			prefix := "x"
			if name == "id" || strings.HasSuffix(name, "_id") {
				prefix = "id"
			}
			all = append(all, `'`+prefix+`' || n.i`)
		default:
			all = append(all, "n.i")
		}
	}
	return all
}

func column(t *testing.T, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%v in %s", err, query)
	}
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var s string
		must(t, rows.Scan(&s))
		all = append(all, s)
	}
	must(t, rows.Err())
	return all
}

// planSQLite gives the step that reads a whole table, if there is one. Going
// along an index is fine where a LIMIT ends it.
func planSQLite(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	args := make([]any, parameters(query))
	for i := range args {
		args[i] = "1"
	}
	rows, err := db.QueryContext(context.Background(), `EXPLAIN QUERY PLAN `+query, args...)
	if err != nil {
		t.Fatalf("%v in %s", err, query)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, parent, unused int
		var step string
		must(t, rows.Scan(&id, &parent, &unused, &step))
		limited := strings.Contains(step, "INDEX") && strings.Contains(query, "LIMIT")
		if strings.HasPrefix(step, "SCAN") && step != "SCAN CONSTANT ROW" && !limited {
			return step
		}
	}
	must(t, rows.Err())
	return ""
}

func planPostgres(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	// A LIMIT without a value counts as a tenth of the table; ours are pages.
	query = regexp.MustCompile(`LIMIT \$\d+`).ReplaceAllString(query, "LIMIT 50")
	n := parameters(query)
	call := ""
	if n > 0 {
		call = "(" + strings.TrimSuffix(strings.Repeat("NULL, ", n), ", ") + ")"
	}
	execute(t, db, `PREPARE asked AS `+query)
	defer execute(t, db, `DEALLOCATE asked`)
	for _, step := range column(t, db, `EXPLAIN EXECUTE asked`+call) {
		if strings.Contains(step, "Seq Scan") {
			return strings.TrimSpace(step)
		}
	}
	return ""
}

// parameters counts the $n of a statement.
func parameters(query string) int {
	most := 0
	for _, m := range regexp.MustCompile(`\$(\d+)`).FindAllStringSubmatch(query, -1) {
		n, _ := strconv.Atoi(m[1])
		most = max(most, n)
	}
	return most
}

// sqlTexts reads every SQL statement out of the source: literals, and constants
// and literals put together with +. What depends on a variable is left out and
// named in the log.
func sqlTexts(t *testing.T) []string {
	t.Helper()
	set := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	must(t, err)
	constants := map[string]ast.Expr{}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, name, nil, 0)
		must(t, err)
		files = append(files, f)
		ast.Inspect(f, func(n ast.Node) bool {
			if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == len(v.Names) {
				for i, name := range v.Names {
					constants[name.Name] = v.Values[i]
				}
			}
			return true
		})
	}
	found := map[string]bool{}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			text, whole := fold(e, constants)
			if !statement(text) {
				return true
			}
			if whole {
				found[strings.TrimSpace(text)] = true
			} else {
				t.Logf("not looked at, depends on a variable: %s", set.Position(n.Pos()))
			}
			return false // its parts are no statements
		})
	}
	// A statement that others begin with was a constant to be gone on with.
	var all []string
	for q := range found {
		if !slices.ContainsFunc(slices.Collect(keys(found)), func(longer string) bool { return longer != q && strings.HasPrefix(longer, q) }) {
			all = append(all, q)
		}
	}
	slices.Sort(all)
	return all
}

func keys(m map[string]bool) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

var statementStart = regexp.MustCompile(`^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\s`)

// catalogue is what an engine keeps about itself; the other one has none of it.
var catalogue = regexp.MustCompile(`FROM (pg_constraint|pg_tables|pg_settings|sqlite_master)\b`)

func statement(text string) bool {
	return statementStart.MatchString(text) && !catalogue.MatchString(text)
}

// fold puts a text together; whole is false when a part is not known here.
func fold(e ast.Expr, constants map[string]ast.Expr) (text string, whole bool) {
	switch v := e.(type) {
	case *ast.BasicLit:
		if v.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(v.Value)
		return s, err == nil && !strings.Contains(s, `"%s"`) // names filled in by Fprintf
	case *ast.Ident:
		if c, ok := constants[v.Name]; ok {
			return fold(c, map[string]ast.Expr{})
		}
	case *ast.ParenExpr:
		return fold(v.X, constants)
	case *ast.BinaryExpr:
		if v.Op == token.ADD {
			left, ok1 := fold(v.X, constants)
			right, ok2 := fold(v.Y, constants)
			return left + right, ok1 && ok2
		}
	}
	return "", false
}
