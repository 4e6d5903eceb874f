// Package source is places that people link to their account and play from: a
// WebDAV server now, other vendors later. A vendor is a Backend: describe, list,
// resolve. This package knows accounts and who may use them; what a vendor's
// answers look like, how secrets are stored and how bytes come to players is
// others' business.
package source

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"synctv/internal/ident"
	"synctv/internal/problem"
	"synctv/internal/room"
	"synctv/internal/screen"
	"synctv/internal/text"
	"synctv/internal/vault"
)

// Account is a place that somebody linked, without its secret.
type Account struct {
	ID        string `json:"id"`
	UserID    string `json:"-"`
	Kind      string `json:"kind" enum:"webdav"`
	Name      string `json:"name"`
	URL       string `json:"url"`
	CreatedMS int64  `json:"created_ms"`
}

// Credentials are what a vendor wants to be shown. They are stored sealed and
// never leave this server but to that vendor.
type Credentials struct {
	User     string `json:"user"`
	Password string `json:"password"`
}

// File is one line of a listing: a file or a folder.
type File struct {
	Name      string  `json:"name"`
	Path      string  `json:"path" doc:"from the account's own top, without a slash at either end"`
	Folder    bool    `json:"folder"`
	SizeBytes int64   `json:"size_bytes" doc:"0 when unknown"`
	DurationS float64 `json:"duration_s" doc:"0 when unknown"`
}

// Mode is one way to play something.
type Mode struct {
	Kind          screen.MediaKind
	URL           string
	Authorization string    // that its server wants; browsers cannot send it, this server can
	Until         time.Time // when the address runs out; zero: it does not
}

// Backend is one kind of place. Calls block on I/O; they fetch by guard's
// client only. Errors are problems: ErrNotFound, ErrCredentials, guard's. Paths
// have no dots in them and no slash at either end.
type Backend interface {
	// Describe says what is at a path; the empty one tries the account.
	Describe(ctx context.Context, a Account, c Credentials, path string) (File, error)
	// List gives what can be played, and folders.
	List(ctx context.Context, a Account, c Credentials, path string) ([]File, error)
	// Resolve gives the ways to play a file, the best first.
	Resolve(ctx context.Context, a Account, c Credentials, path string) ([]Mode, error)
}

// Accounts stores accounts with their sealed secrets.
type Accounts interface {
	// AddSource answers ErrTooMany when the person has most already.
	AddSource(ctx context.Context, a Account, sealed string, most int) error
	SourcesOf(ctx context.Context, userID string) ([]Account, error)
	// Source answers ErrUnlinked when there is none.
	Source(ctx context.Context, id string) (a Account, sealed string, err error)
	RemoveSource(ctx context.Context, userID, id string) error
	// SealedOtherwise lists at most limit accounts whose secret another key closed.
	SealedOtherwise(ctx context.Context, keyID string, limit int) (map[string]string, error)
	// SwapSealed replaces a secret if it is still from.
	SwapSealed(ctx context.Context, id, from, to string) error
}

// The refusals.
var (
	ErrNotFound    = problem.New(problem.NotFound, "source_not_found", "There is no such file or folder in this source.")
	ErrCredentials = problem.New(problem.Invalid, "source_credentials", "The source does not take this name and password.")
	ErrUnlinked    = problem.New(problem.NotFound, "source_unlinked", "This source is not linked any more.")
	ErrTooMany     = problem.New(problem.Conflict, "source_limit", "You have linked as many sources as you may.")
	ErrOff         = problem.New(problem.Unavailable, "sources_off", "This server has no key to keep passwords of sources with.")
	ErrKind        = problem.New(problem.Invalid, "source_unsupported", "This file cannot be played.")
)

// Limits of what people link.
const (
	maxAccounts = 20
	maxName     = 80
	maxURL      = 2048
	maxPath     = 4096
	keptModes   = time.Minute // how long a resolution without an end is used again
	maxModes    = 4096
)

// KeyRing gives the keys as they are now; they may be replaced while it runs.
type KeyRing func() (*vault.Keys, error)

// Service is the use cases. Safe for use from many goroutines.
type Service struct {
	Accounts Accounts
	Backends map[string]Backend // by kind
	Keys     KeyRing
	Now      func() time.Time

	mu    sync.Mutex
	modes map[string]kept // by account and path; guarded by mu
}

type kept struct {
	mode  Mode
	until time.Time
}

// Link tries an account and keeps it.
func (s *Service) Link(ctx context.Context, userID, kind, name, address string, c Credentials) (Account, error) {
	backend := s.Backends[kind]
	if backend == nil {
		return Account{}, problem.InvalidField("body.kind", "unknown", "There is no such kind of source.")
	}
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || len(address) > maxURL || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return Account{}, problem.InvalidField("body.url", "malformed", "The address must be http or https, without a name or password in it.")
	}
	u.RawQuery, u.Fragment = "", ""
	if text.Line(name) == "" {
		name = u.Hostname()
	}
	if name, err = text.Check("body.name", name, 1, maxName); err != nil {
		return Account{}, err
	}
	a := Account{ID: ident.New(), UserID: userID, Kind: kind, Name: name, URL: strings.TrimSuffix(u.String(), "/"), CreatedMS: s.Now().UnixMilli()}
	keys, err := s.Keys()
	if err != nil {
		return Account{}, ErrOff.Because(err)
	}
	top, err := backend.Describe(ctx, a, c, "")
	if err != nil {
		return Account{}, err
	}
	if !top.Folder {
		return Account{}, ErrNotFound
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return Account{}, err
	}
	return a, s.Accounts.AddSource(ctx, a, keys.Seal(raw, []byte(a.ID)), maxAccounts)
}

// Own lists what a person has linked, oldest first.
func (s *Service) Own(ctx context.Context, userID string) ([]Account, error) {
	return s.Accounts.SourcesOf(ctx, userID)
}

// Unlink forgets an account. What was added from it does not play any more.
func (s *Service) Unlink(ctx context.Context, userID, id string) error {
	s.mu.Lock()
	s.modes = nil
	s.mu.Unlock()
	return s.Accounts.RemoveSource(ctx, userID, id)
}

// Browse lists a folder of one's own account.
func (s *Service) Browse(ctx context.Context, userID, id, path string) ([]File, error) {
	a, backend, c, err := s.own(ctx, userID, id, path)
	if err != nil {
		return nil, err
	}
	return backend.List(ctx, a, c, path)
}

// Describe is for adding a file of one's own account to a room.
func (s *Service) Describe(ctx context.Context, userID, id, path string) (room.Description, error) {
	a, backend, c, err := s.own(ctx, userID, id, path)
	if err != nil {
		return room.Description{}, err
	}
	e, err := backend.Describe(ctx, a, c, path)
	if err != nil {
		return room.Description{}, err
	}
	if e.Folder {
		return room.Description{}, ErrKind
	}
	title := e.Name
	if i := strings.LastIndexByte(title, '.'); i > 0 {
		title = title[:i]
	}
	return room.Description{Source: screen.Source{Type: screen.SourceLinked, Account: id, Path: path}, Title: title, DurationS: e.DurationS}, nil
}

// Resolve is how an item plays, for everybody in its room: by the account of
// whoever added it.
func (s *Service) Resolve(ctx context.Context, it screen.Item) (Mode, error) {
	key := it.Source.Account + "/" + it.Source.Path
	now := s.Now()
	s.mu.Lock()
	have, ok := s.modes[key]
	s.mu.Unlock()
	if ok && now.Before(have.until) {
		return have.mode, nil
	}
	a, backend, c, err := s.open(ctx, it.Source.Account, it.Source.Path)
	if err != nil {
		return Mode{}, err
	}
	modes, err := backend.Resolve(ctx, a, c, it.Source.Path)
	if err != nil {
		return Mode{}, err
	}
	if len(modes) == 0 {
		return Mode{}, ErrKind
	}
	until := now.Add(keptModes)
	if end := modes[0].Until; !end.IsZero() && end.Before(until) {
		until = end
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.modes == nil || len(s.modes) >= maxModes {
		s.modes = map[string]kept{}
	}
	s.modes[key] = kept{modes[0], until}
	return modes[0], nil
}

// own opens an account for the person who linked it; to others it is not there.
func (s *Service) own(ctx context.Context, userID, id, path string) (Account, Backend, Credentials, error) {
	a, backend, c, err := s.open(ctx, id, path)
	if err == nil && a.UserID != userID {
		err = ErrUnlinked
	}
	return a, backend, c, err
}

func (s *Service) open(ctx context.Context, id, path string) (a Account, backend Backend, c Credentials, err error) {
	if !validPath(path) {
		return a, nil, c, ErrNotFound
	}
	a, sealed, err := s.Accounts.Source(ctx, id)
	if err != nil {
		return a, nil, c, err
	}
	if backend = s.Backends[a.Kind]; backend == nil {
		return a, nil, c, ErrUnlinked
	}
	keys, err := s.Keys()
	if err != nil {
		return a, nil, c, ErrOff.Because(err)
	}
	raw, err := keys.Open(sealed, []byte(a.ID))
	if err != nil {
		return a, nil, c, ErrOff.Because(err)
	}
	return a, backend, c, json.Unmarshal(raw, &c)
}

// validPath has no parts that lead elsewhere.
func validPath(path string) bool {
	if path == "" {
		return true
	}
	if len(path) > maxPath || strings.ContainsAny(path, "\\\x00") {
		return false
	}
	for part := range strings.SplitSeq(path, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return true
}

// rotateBatch bounds one read of a rotation.
const rotateBatch = 100

// Rotate closes every secret that another key closed with the current one, and
// says how many. It may be called again after it was interrupted.
func (s *Service) Rotate(ctx context.Context) (n int, err error) {
	keys, err := s.Keys()
	if err != nil {
		return 0, err
	}
	for {
		old, err := s.Accounts.SealedOtherwise(ctx, keys.Current(), rotateBatch)
		if err != nil || len(old) == 0 {
			return n, err
		}
		for id, sealed := range old {
			raw, err := keys.Open(sealed, []byte(id))
			if err != nil {
				return n, fmt.Errorf("the secret of source %s, closed with key %s: %w", id, vault.KeyOf(sealed), err)
			}
			if err := s.Accounts.SwapSealed(ctx, id, sealed, keys.Seal(raw, []byte(id))); err != nil {
				return n, err
			}
			n++
		}
	}
}
