package guard_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"synctv/internal/guard"
	"synctv/internal/guard/guardtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func policy(w *guardtest.World) guard.Policy {
	return guard.Policy{DNS: w.DNS, Allow: guard.Places{
		Hosts: []string{guardtest.AllowedHost}, Networks: []netip.Prefix{netip.MustParsePrefix(guardtest.AllowedAddress + "/32")},
	}}
}

func newClient(t *testing.T, p guard.Policy) *guard.Client {
	c := guard.NewClient(p)
	t.Cleanup(c.Close)
	return c
}

// entryPoints are the ways into the client itself. Those of the whole server
// are in cmd/synctv.
func entryPoints(c *guard.Client) map[string]func(ctx context.Context, address string) error {
	read := func(res *http.Response, err error) error {
		if err == nil {
			_, err = io.ReadAll(res.Body)
			_ = res.Body.Close()
		}
		return err
	}
	return map[string]func(ctx context.Context, address string) error{
		"Do": func(ctx context.Context, address string) error {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
			if err != nil {
				return guard.ErrRefused.Because(err)
			}
			return read(c.Do(req))
		},
		"HTTP": func(ctx context.Context, address string) error {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader("hook"))
			if err != nil {
				return guard.ErrRefused.Because(err)
			}
			return read(c.HTTP().Do(req))
		},
		"Fetch": func(ctx context.Context, address string) error {
			_, err := c.Fetch(ctx, address, nil, 1000)
			return err
		},
	}
}

func TestForbiddenPlacesAreRefused(t *testing.T) {
	w := guardtest.Start(t)
	c := newClient(t, policy(w))
	for entry, fetch := range entryPoints(c) {
		targets := w.Targets("/film.mp4") // anew: the name that changes its answer begins again
		if len(targets) < 120 {
			t.Fatalf("only %d targets", len(targets))
		}
		for _, target := range targets {
			if err := fetch(t.Context(), target.URL); !errors.Is(err, guard.ErrRefused) && !unresolved(target, err) {
				t.Errorf("%s, %s: %s: %v", entry, target.Name, target.URL, err)
			}
		}
		t.Logf("%s: %d targets", entry, len(targets))
	}
	if n := w.Caught(); n > 0 {
		t.Fatalf("%d connections went through", n)
	}
}

// unresolved is what leads nowhere at all because no resolver knows it.
func unresolved(target guardtest.Target, err error) bool {
	_, ok := errors.AsType[*net.DNSError](err)
	return ok && strings.HasPrefix(target.Name, "notation")
}

func TestDialChecksToo(t *testing.T) {
	w := guardtest.Start(t)
	c := newClient(t, policy(w))
	for _, target := range w.Targets("") {
		u, err := url.Parse(target.URL)
		if err != nil || u.Port() == "" || u.Hostname() == guardtest.AllowedHost || u.Hostname() == "rebind.test" || u.Hostname() == "0" {
			continue
		}
		if conn, err := c.DialContext(t.Context(), "tcp", u.Host); err == nil {
			_ = conn.Close()
			t.Errorf("%s: connected", target.Name)
		}
	}
	if _, err := c.DialContext(t.Context(), "udp", "1.1.1.1:53"); !errors.Is(err, guard.ErrRefused) {
		t.Errorf("udp: %v", err)
	}
	if n := w.Caught(); n > 0 {
		t.Fatalf("%d connections went through", n)
	}
}

func TestAllowedPlacesPass(t *testing.T) {
	w := guardtest.Start(t)
	w.Files.HandleFunc("/x", func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "hello") })
	c := newClient(t, policy(w))
	byAddress := strings.Replace(w.Origin, guardtest.AllowedHost, guardtest.AllowedAddress, 1)
	for _, address := range []string{w.Origin + "/x", byAddress + "/x", w.RedirectTo(302, "/y", byAddress+"/x"), strings.Replace(w.Origin, "allowed.test", "ALLOWED.test.", 1) + "/x"} {
		d, err := c.Fetch(t.Context(), address, nil, 100)
		if err != nil || string(d.Body) != "hello" {
			t.Errorf("%s: %v", address, err)
		}
	}
	p := policy(w)
	p.Deny.Hosts = []string{".test"}
	if _, err := newClient(t, p).Fetch(t.Context(), w.Origin+"/x", nil, 100); !errors.Is(err, guard.ErrRefused) {
		t.Errorf("denied by name: %v", err)
	}
	p = policy(w)
	p.Deny.Networks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	if _, err := newClient(t, p).Fetch(t.Context(), w.Origin+"/x", nil, 100); !errors.Is(err, guard.ErrRefused) {
		t.Errorf("denied by address: %v", err)
	}
}

func TestNothingOfTheViewerOrTheAddressLeaks(t *testing.T) {
	w := guardtest.Start(t)
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:"+w.Trap)
	var seen http.Header
	w.Files.HandleFunc("/x", func(rw http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		rw.Header().Set("Set-Cookie", "a=b")
	})
	c := newClient(t, policy(w))
	for range 2 {
		if _, err := c.Fetch(t.Context(), w.RedirectTo(302, "/y", w.Origin+"/x")+"&token=secret", nil, 100); err != nil {
			t.Fatal(err)
		}
	}
	if seen.Get("Cookie") != "" || seen.Get("Referer") != "" || w.Caught() > 0 {
		t.Errorf("header %v, proxy used %d times", seen, w.Caught())
	}
	_, err := c.Fetch(t.Context(), "http://127.0.0.1/film?token=secret", nil, 100)
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("error repeats the address: %v", err)
	}
	_, err = c.Fetch(t.Context(), "http://127.0.0.1:99999999/film?token=secret\x7f", nil, 100)
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("error repeats the address: %v", err)
	}
}

func TestLimitsOfAnAnswer(t *testing.T) {
	w := guardtest.Start(t)
	w.Files.HandleFunc("/header", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("X-Long", strings.Repeat("x", 70<<10))
	})
	w.Files.HandleFunc("/body", func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(rw, strings.Repeat("x", 101))
	})
	w.Files.HandleFunc("/missing", http.NotFound)
	w.Files.HandleFunc("/loop", func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/loop", http.StatusFound) })
	c := newClient(t, policy(w))
	for path, want := range map[string]error{"/header": guard.ErrFailed, "/body": guard.ErrTooLarge, "/missing": guard.ErrStatus, "/loop": guard.ErrFailed} {
		if _, err := c.Fetch(t.Context(), w.Origin+path, nil, 100); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
}
