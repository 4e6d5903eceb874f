//go:build unix

package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"synctv/internal/ident"
	"synctv/internal/media/source"
	"synctv/internal/store"
	"synctv/internal/store/storetest"
	"synctv/internal/vault"
)

// shelf is a backend with one folder and one film; it knows one password.
type shelf struct{}

func (shelf) Describe(_ context.Context, _ source.Account, c source.Credentials, path string) (source.File, error) {
	if c.Password != "right" {
		return source.File{}, source.ErrCredentials
	}
	return source.File{Name: "a.mp4", Path: path, Folder: path == ""}, nil
}

func (shelf) List(context.Context, source.Account, source.Credentials, string) ([]source.File, error) {
	return []source.File{{Name: "a.mp4", Path: "a.mp4"}}, nil
}

func (shelf) Resolve(_ context.Context, a source.Account, c source.Credentials, path string) ([]source.Mode, error) {
	return []source.Mode{{URL: a.URL + "/" + path, Authorization: c.User + ":" + c.Password}}, nil
}

// Accounts are one person's, their secrets are closed, and all of them are
// closed anew with another key; without the old one nothing opens.
func TestSources(t *testing.T) { storetest.Each(t, testSources) }

func testSources(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ada, bob := addUser(t, s, "ada"), addUser(t, s, "bob")
	keys := vault.NewKey()
	old, now := keys, time.UnixMilli(1)
	svc := &source.Service{
		Accounts: s, Backends: map[string]source.Backend{"webdav": shelf{}}, Now: func() time.Time { now = now.Add(time.Second); return now },
		Keys: func() (*vault.Keys, error) { return vault.Parse(keys) },
	}
	right := source.Credentials{User: "u", Password: "right"}
	for name, address := range map[string]string{"no scheme": "nas.lan", "a password": "http://u:p@nas.lan", "ftp": "ftp://nas.lan"} {
		if _, err := svc.Link(ctx, ada.ID, "webdav", "x", address, right); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := svc.Link(ctx, ada.ID, "webdav", "x", "http://nas.lan", source.Credentials{}); !errors.Is(err, source.ErrCredentials) {
		t.Errorf("a wrong password: %v", err)
	}
	var ids []string
	for n := range 20 {
		a, err := svc.Link(ctx, ada.ID, "webdav", fmt.Sprint("nas ", n), "http://nas.lan/dav/?x#y", right)
		must(t, err)
		ids = append(ids, a.ID)
	}
	if _, err := svc.Link(ctx, ada.ID, "webdav", "", "http://nas.lan", right); !errors.Is(err, source.ErrTooMany) {
		t.Errorf("one too many: %v", err)
	}
	list, err := svc.Own(ctx, ada.ID)
	must(t, err)
	if len(list) != 20 || list[0].Name != "nas 0" || list[0].URL != "http://nas.lan/dav" {
		t.Errorf("%+v", list)
	}
	if _, err := svc.Browse(ctx, bob.ID, ids[0], ""); !errors.Is(err, source.ErrUnlinked) {
		t.Errorf("somebody else's: %v", err)
	}
	for _, path := range []string{"..", "a/../b", "/a", "a/", "a//b", "./a", `a\b`, "a\x00", strings.Repeat("a", 5000)} {
		if _, err := svc.Browse(ctx, ada.ID, ids[0], path); !errors.Is(err, source.ErrNotFound) {
			t.Errorf("%.20q: %v", path, err)
		}
	}
	_, sealed, err := s.Source(ctx, ids[0])
	must(t, err)
	if strings.Contains(sealed, "right") {
		t.Error("the password is stored as it is")
	}
	keys = vault.NewKey() + "," + old
	if n, err := svc.Rotate(ctx); n != 20 || err != nil {
		t.Errorf("%d closed anew: %v", n, err)
	}
	if n, err := svc.Rotate(ctx); n != 0 || err != nil {
		t.Errorf("again %d: %v", n, err)
	}
	keys, _, _ = strings.Cut(keys, ",")
	if got, err := svc.Browse(ctx, ada.ID, ids[19], ""); err != nil || len(got) != 1 {
		t.Errorf("with the new key alone: %v %v", got, err)
	}
	keys = old
	if _, err := svc.Browse(ctx, ada.ID, ids[19], ""); !errors.Is(err, source.ErrOff) {
		t.Errorf("with the old key alone: %v", err)
	}
	must(t, svc.Unlink(ctx, ada.ID, ids[0]))
	if err := errors.Join(svc.Unlink(ctx, ada.ID, ids[0]), svc.Unlink(ctx, bob.ID, ids[1]), svc.Unlink(ctx, ada.ID, ident.New())); !errors.Is(err, source.ErrUnlinked) {
		t.Errorf("%v", err)
	}
}
