package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"synctv/internal/config"
	"synctv/internal/guard"
	"synctv/internal/media/source"
	"synctv/internal/media/webdav"
	"synctv/internal/store"
	"synctv/internal/vault"
)

// keyFile is where one process alone keeps the keys of linked sources; several
// replicas are given the same ones by source-keys.
const keyFile = "source.keys"

// keyRing reads the keys as they are configured, or from the file, which is made
// at the first use and read again when it has changed.
func keyRing(cfg config.Config) source.KeyRing {
	if cfg.SourceKeys != "" {
		keys, err := vault.Parse(string(cfg.SourceKeys))
		return func() (*vault.Keys, error) { return keys, err }
	}
	if cfg.RedisURL != "" {
		return func() (*vault.Keys, error) {
			return nil, errors.New("several replicas need the same source-keys, and none are set")
		}
	}
	f := &keysFile{path: filepath.Join(cfg.DataDir, keyFile)}
	return f.keys
}

type keysFile struct {
	path string

	mu   sync.Mutex
	text string      // guarded by mu
	now  *vault.Keys // guarded by mu; of text
}

func (f *keysFile) keys() (*vault.Keys, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	raw, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		raw = []byte(vault.NewKey() + "\n")
		err = f.write(raw)
	}
	if err != nil {
		return nil, fmt.Errorf("keys of linked sources: %w", err)
	}
	if f.now == nil || f.text != string(raw) {
		keys, err := vault.Parse(string(raw))
		if err != nil {
			return nil, fmt.Errorf("%s in the data folder: %w", keyFile, err)
		}
		f.text, f.now = string(raw), keys
	}
	return f.now, nil
}

// write replaces the file whole, so that a crash leaves the old one or the new.
func (f *keysFile) write(raw []byte) error {
	half, err := os.CreateTemp(filepath.Dir(f.path), keyFile+".*")
	if err != nil {
		return err
	}
	_, err = half.Write(raw)
	err = errors.Join(err, half.Sync(), half.Close())
	if err == nil {
		err = os.Rename(half.Name(), f.path)
	}
	if err != nil {
		_ = os.Remove(half.Name()) // nothing of it is wanted
	}
	return err
}

// sourcesOf is the use cases of linked sources on their ports.
func sourcesOf(cfg config.Config, db *store.Store, client *guard.Client, now func() time.Time) *source.Service {
	return &source.Service{
		Accounts: db, Keys: keyRing(cfg), Now: now,
		Backends: map[string]source.Backend{"webdav": &webdav.Backend{Client: client}},
	}
}
