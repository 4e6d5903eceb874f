package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "synctv.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFileIsBelowEnvironmentAndFlags(t *testing.T) {
	path := write(t, `
http-addr: 127.0.0.1:1
rtmp-addr: off
room-quota: 3
drain-timeout: 5s
trusted-proxies: [10.0.0.0/8, 192.168.0.1]
library:
  Films: /srv/films
  Shows: /srv/shows
`)
	c, err := Load(from(map[string]string{"config": path, "room-quota": "5"}), from(map[string]string{"SYNCTV_HTTP_ADDR": "127.0.0.1:2"}))
	if err != nil {
		t.Fatal(err)
	}
	if c.HTTPAddr != "127.0.0.1:2" || c.RoomQuota != 5 || c.DrainTimeout != 5*time.Second || c.RTMPAddr != "" {
		t.Errorf("got %+v", c)
	}
	if len(c.Proxies) != 2 || len(c.Library) != 2 || c.Library[1] != (Folder{"Shows", "/srv/shows"}) {
		t.Errorf("lists %v %v", c.Proxies, c.Library)
	}
	if c, err = Load(from(nil), from(map[string]string{"SYNCTV_CONFIG": path})); err != nil || c.RoomQuota != 3 {
		t.Errorf("named by the environment: %d, %v", c.RoomQuota, err)
	}
}

func TestMistakesInTheFileNameItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"http-adr: x":                         `synctv.yaml:1: there is no key "http-adr"; did you mean "http-addr"?`,
		"\nlog_level: info":                   `synctv.yaml:2: there is no key "log_level"; did you mean "log-level"?`,
		"wholly-unknown-thing: 1":             `there is no key "wholly-unknown-thing"`,
		"signup: perhaps":                     `signup (from file `,
		"room-quota: 1\nroom-quota: 2":        `set twice`,
		"library: {a: {b: c}}":                "plain list",
		"- a list":                            "want lines like",
		"a: [":                                "yaml",
		"root-password-file: /does/not/exist": "root-password-file (from file ",
	} {
		_, err := Load(from(map[string]string{"config": write(t, text)}), from(nil))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := Load(from(map[string]string{"config": "/does/not/exist"}), from(nil)); err == nil {
		t.Error("a missing file was taken")
	}
}

func TestSecretsComeFromFiles(t *testing.T) {
	secret := write(t, "postgres://u:hunter2@h/db\n")
	c, err := Load(from(nil), from(map[string]string{"SYNCTV_DATABASE_URL_FILE": secret}))
	if err != nil || string(c.DatabaseURL) != "postgres://u:hunter2@h/db" {
		t.Errorf("from the environment: %v", err)
	}
	c, err = Load(from(map[string]string{"config": write(t, "database-url-file: "+secret)}), from(nil))
	if err != nil || !strings.Contains(string(c.DatabaseURL), "hunter2") {
		t.Errorf("from the file: %v", err)
	}
}

func TestTheExampleIsTheDefaults(t *testing.T) {
	lines := exampleLines()
	if len(lines) != len(Keys()) {
		t.Errorf("%d lines for %d keys", len(lines), len(Keys()))
	}
	if _, err := Load(from(map[string]string{"config": write(t, strings.Join(lines, "\n"))}), from(nil)); err != nil {
		t.Error(err)
	}
}

// exampleLines are the keys of the example, no longer commented out.
func exampleLines() (lines []string) {
	plain := strings.ReplaceAll(Example(), "\n#", "\n")
	for line := range strings.SplitSeq(plain, "\n") {
		if name, _, ok := strings.Cut(line, ":"); ok && known(name) {
			lines = append(lines, line)
		}
	}
	return lines
}

// BenchmarkLoad reads every key in a file, two again in the environment and one
// among the flags, and checks them all.
func BenchmarkLoad(b *testing.B) {
	flags := from(map[string]string{"config": write(b, strings.Join(exampleLines(), "\n")), "http-addr": "127.0.0.1:2"})
	env := from(map[string]string{"SYNCTV_LOG_LEVEL": "debug", "SYNCTV_RTMP_ADDR": "off"})
	b.ReportAllocs()
	for b.Loop() {
		if c, err := Load(flags, env); err != nil || c.LogLevel != "debug" || c.HTTPAddr != "127.0.0.1:2" {
			b.Fatal(c.LogLevel, err)
		}
	}
}
