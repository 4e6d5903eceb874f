package config

import (
	"strings"
	"testing"
	"time"
)

func from(m map[string]string) Lookup {
	return func(name string) (string, bool) { v, ok := m[name]; return v, ok }
}

func TestDefaults(t *testing.T) {
	c, err := Load(from(nil), from(nil))
	if err != nil {
		t.Fatal(err)
	}
	if c.HTTPAddr != ":8080" || c.RTMPAddr != ":1935" || c.DatabaseURL != "sqlite:data/synctv.db" || c.DrainTimeout != 30*time.Second {
		t.Errorf("got %+v", c)
	}
}

func TestFlagBeatsEnvironmentBeatsDefault(t *testing.T) {
	env := map[string]string{"SYNCTV_HTTP_ADDR": "127.0.0.1:1", "SYNCTV_LOG_LEVEL": "debug", "SYNCTV_RTMP_ADDR": "off", "SYNCTV_LIBRARY": "A=/a, B=/b=c"}
	c, err := Load(from(map[string]string{"http-addr": "127.0.0.1:2"}), from(env))
	if err != nil {
		t.Fatal(err)
	}
	if c.HTTPAddr != "127.0.0.1:2" || c.LogLevel != "debug" || c.RTMPAddr != "" {
		t.Errorf("got %+v", c)
	}
	if len(c.Library) != 2 || c.Library[1] != (Folder{"B", "/b=c"}) {
		t.Errorf("library %+v", c.Library)
	}
}

func TestTrustedProxies(t *testing.T) {
	c, err := Load(from(map[string]string{"trusted-proxies": "10.1.2.3/8, 2001:db8::1"}), from(nil))
	if err != nil || len(c.Proxies) != 2 || c.Proxies[0].String() != "10.0.0.0/8" || c.Proxies[1].String() != "2001:db8::1/128" {
		t.Errorf("got %v, %v", c.Proxies, err)
	}
	for _, bad := range []string{"everybody", "10.0.0.0/33", "10.0.0.0/8,", "fe80::1%eth0/64"} {
		if _, err := Load(from(map[string]string{"trusted-proxies": bad}), from(nil)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestBasePath(t *testing.T) {
	for given, want := range map[string]string{"": "", "/": "", "/watch": "/watch", "/watch/": "/watch", "/media/watch-2": "/media/watch-2", "/apis": "/apis"} {
		c, err := Load(from(map[string]string{"http-base-path": given}), from(nil))
		if err != nil || c.BasePath != want {
			t.Errorf("%q is %q, %v", given, c.BasePath, err)
		}
	}
	for _, bad := range []string{"watch", "//watch", "/a//b", "/..", "/a/./b", "/w\"x", "/a b", "/%41", "https://x/watch", "/api", "/api/x"} {
		if _, err := Load(from(map[string]string{"http-base-path": bad}), from(nil)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestPlacesAndPorts(t *testing.T) {
	c, err := Load(from(map[string]string{"fetch-allow": "192.168.1.7, NAS.lan, .home, fd00::/8", "fetch-ports": "80, 8000-8100"}), from(nil))
	if err != nil || len(c.FetchAllow.Networks) != 2 || strings.Join(c.FetchAllow.Hosts, " ") != "nas.lan .home" {
		t.Errorf("got %v, %v", c.FetchAllow, err)
	}
	if len(c.FetchPorts) != 2 || c.FetchPorts[1] != (PortRange{8000, 8100}) || len(c.FetchDeny.Networks) != 0 {
		t.Errorf("got %v", c.FetchPorts)
	}
	for key, bad := range map[string]string{"fetch-allow": "http://nas", "fetch-deny": "10.0.0.0/33", "fetch-ports": "90-80"} {
		if _, err := Load(from(map[string]string{key: bad}), from(nil)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestMistakesNameKeyAndSource(t *testing.T) {
	env := map[string]string{
		"SYNCTV_LOG_FORMAT": "xml", "SYNCTV_DRAIN_TIMEOUT": "soon", "SYNCTV_COOKIE_SECURE": "perhaps",
		"SYNCTV_LIBRARY": "nopath", "SYNCTV_LOG_LEVEL": "loud", "SYNCTV_DATABASE_MAX_CONNS": "0", "SYNCTV_RTMP_ADDR": "1935",
	}
	_, err := Load(from(map[string]string{"http-addr": "localhost"}), from(env))
	if err == nil {
		t.Fatal("no error")
	}
	for name := range env {
		if !strings.Contains(err.Error(), "environment "+name) {
			t.Errorf("%s is not named in %v", name, err)
		}
	}
	if !strings.Contains(err.Error(), "flag --http-addr") {
		t.Errorf("the flag is not named in %v", err)
	}
}

func TestKeysAreDistinctAndExplained(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Keys() {
		if seen[k.Flag] || k.Help == "" || k.Secret && k.Default != "" {
			t.Errorf("key %+v", k.Flag)
		}
		seen[k.Flag] = true
	}
}
