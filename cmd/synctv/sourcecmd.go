package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"synctv/internal/config"
	"synctv/internal/store"
	"synctv/internal/vault"
)

// sourceCommand looks after what people linked.
func sourceCommand(env config.Lookup) *cobra.Command {
	cmd := &cobra.Command{Use: "source", Short: "Look after sources that people linked"}
	outputFlag(cmd)
	cmd.AddCommand(sourceList(env), sourceShow(env), sourceRotate(env))
	return cmd
}

// sourceLine is a linked source as commands print it.
type sourceLine struct {
	ID      string    `json:"id"`
	Owner   string    `json:"owner"`
	Kind    string    `json:"kind"`
	Name    string    `json:"name"`
	URL     string    `json:"url"`
	Key     string    `json:"key"` // the id of the key that closed its password
	Created time.Time `json:"created"`
}

func showSources(cmd *cobra.Command, list ...store.LinkedSource) error {
	lines, rows := []sourceLine{}, [][]string{}
	for _, s := range list {
		v := sourceLine{s.ID, s.Owner, s.Kind, s.Name, s.URL, s.KeyID, time.UnixMilli(s.CreatedMS).UTC()}
		lines = append(lines, v)
		rows = append(rows, []string{v.Owner, v.Kind, v.Name, v.URL, v.Key, v.Created.Format(time.RFC3339), v.ID})
	}
	return show(cmd, lines, []string{"OWNER", "KIND", "NAME", "URL", "KEY", "CREATED", "ID"}, rows)
}

func sourceList(env config.Lookup) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List all linked sources, newest first, with the key that closed each password", Example: "  synctv source list -o json", Args: exactly(0)}
	limit := cmd.Flags().Int("limit", 1000, "most sources to list")
	flags := storeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return withStore(cmd.Context(), flags, env, func(db *store.Store) error {
			list, err := db.LinkedSources(cmd.Context(), *limit)
			if err != nil {
				return err
			}
			return showSources(cmd, list...)
		})
	}
	return cmd
}

func sourceShow(env config.Lookup) *cobra.Command {
	cmd := &cobra.Command{Use: "show ID", Short: "Show one linked source", Example: "  synctv source show 3pQv9sLkX2aB", Args: exactly(1)}
	flags := storeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withStore(cmd.Context(), flags, env, func(db *store.Store) error {
			s, err := db.LinkedSource(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return showSources(cmd, s)
		})
	}
	return cmd
}

// sourceRotate closes all passwords anew.
func sourceRotate(env config.Lookup) *cobra.Command {
	cmd := &cobra.Command{
		Use: "rotate-keys", Short: "Close the passwords of all linked sources with a new key", Args: exactly(0),
		Long: "Close the passwords of all linked sources with a new key.\n\n" +
			"With source-keys set: put the new key first there, restart, run this, then take the old keys out.\n" +
			"Else the file source.keys in the data folder gets a new key and loses the old ones.",
		Example: "  synctv source rotate-keys",
	}
	flags := configFlags(cmd, "data-dir", "database-url", "redis-url", "source-keys")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load(flags, env)
		if err != nil {
			return usageError{fmt.Errorf("configuration:\n%w", err)}
		}
		return withStore(cmd.Context(), flags, env, func(db *store.Store) error {
			n, err := rotateKeys(cmd, cfg, db)
			if err != nil {
				return err
			}
			return say(cmd, map[string]int{"closed_anew": n}, "%d passwords closed anew.", n)
		})
	}
	return cmd
}

// rotateKeys keeps the old keys until nothing needs them.
func rotateKeys(cmd *cobra.Command, cfg config.Config, db *store.Store) (int, error) {
	s := sourcesOf(cfg, db, nil, time.Now)
	if cfg.SourceKeys != "" || cfg.RedisURL != "" {
		return s.Rotate(cmd.Context())
	}
	f := &keysFile{path: filepath.Join(cfg.DataDir, keyFile)}
	if _, err := f.keys(); err != nil {
		return 0, err
	}
	fresh := vault.NewKey() + "\n"
	if err := f.write([]byte(fresh + f.text)); err != nil {
		return 0, err
	}
	n, err := s.Rotate(cmd.Context())
	if err != nil {
		return n, err
	}
	return n, f.write([]byte(fresh))
}
