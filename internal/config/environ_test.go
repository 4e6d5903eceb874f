package config

import (
	"slices"
	"strings"
	"testing"
)

func TestStraysAreNamedWithWhatWasMeant(t *testing.T) {
	got := Strays([]string{
		"PATH=/bin", "SYNCTV_HTTP_ADDR=:1", "SYNCTV_CONFIG=x", "SYNCTV_DATABASE_URL_FILE=/x",
		"SYNCTV_PORT=tcp://10.0.0.1:80", "SYNCTV_SERVICE_HOST=10.0.0.1", "SYNCTV_PORT_80_TCP_ADDR=10.0.0.1", "SYNCTV_RELAY_SERVICE_PORT_RTMP=1935", // Kubernetes'
		"SYNCTV_HTP_ADDR=:1", "SYNCTV_DATABASE_URL_FIEL=/x", "SYNCTV_WHATEVER_THIS_IS=1", "SYNCTV_http_addr=:1",
	})
	want := []string{
		"environment SYNCTV_DATABASE_URL_FIEL sets nothing; did you mean SYNCTV_DATABASE_URL_FILE?",
		"environment SYNCTV_HTP_ADDR sets nothing; did you mean SYNCTV_HTTP_ADDR?",
		"environment SYNCTV_WHATEVER_THIS_IS sets nothing",
		"environment SYNCTV_http_addr sets nothing; did you mean SYNCTV_HTTP_ADDR?",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

// TestWhatWouldFailLaterFailsNow: each of these was taken and failed at the first use.
func TestWhatWouldFailLaterFailsNow(t *testing.T) {
	key := "k1=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	for _, c := range []struct {
		given map[string]string
		want  string // empty: it is right
	}{
		{map[string]string{"database-url": "mysql://u:hunter2@h/db"}, "database-url (from flag --database-url): want sqlite:FILE"},
		{map[string]string{"database-url": "postgres:hunter2"}, "what follows postgres: is no address"},
		{map[string]string{"database-url": "postgres://u:hunter2%@h/db"}, "%25"},
		{map[string]string{"database-url": "sqlite:"}, "what follows sqlite: is no address"},
		{map[string]string{"database-url": "sqlite:/srv/a b%.db"}, ""},
		{map[string]string{"database-url": "postgresql://u@/db?host=/run/postgresql"}, ""},
		{map[string]string{"redis-url": "hunter2:6379", "database-url": "postgres://h/db"}, "redis-url (from flag --redis-url): want redis://"},
		{map[string]string{"redis-url": "redis://:hunter2@a:1?addr=b:2", "database-url": "postgres://h/db"}, ""},
		{map[string]string{"source-keys": "hunter2"}, "source-keys (from flag --source-keys): key 1 is not id=base64 of 32 bytes"},
		{map[string]string{"source-keys": key + "," + key}, "key 2"},
		{map[string]string{"source-keys": key}, ""},
		{map[string]string{"rtmps-addr": ":1936"}, "rtmps-addr: needs rtmps-cert and rtmps-key"},
		{map[string]string{"rtmps-addr": ":1936", "rtmps-cert": "c.pem"}, "rtmps-cert and rtmps-key: give both or none"},
		{map[string]string{"rtmps-addr": ":1936", "rtmps-cert": "c.pem", "rtmps-key": "k.pem"}, ""},
		{map[string]string{"cluster-url": "10.0.0.1:7900"}, "not like http://host:port"},
		{map[string]string{"rtmp-url": "live.example.org"}, "not like rtmp://host"},
		{map[string]string{"rtmp-url": "rtmps://live.example.org:1936", "cluster-url": "http://10.0.0.1:7900"}, ""},
	} {
		_, err := Load(from(c.given), from(nil))
		if c.want == "" && err != nil {
			t.Errorf("%v: %v", c.given, err)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%v: %v, want %q", c.given, err, c.want)
		}
	}
}
