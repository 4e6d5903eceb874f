package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"synctv/internal/config"
	"synctv/internal/store"
)

// backupCommand writes everything into one file, while the server runs.
func backupCommand(env config.Lookup) *cobra.Command {
	cmd := &cobra.Command{
		Use: "backup FILE", Short: "Write everything in the store to one file, while the server runs", Args: exactly(1),
		Long: "Writes accounts, rooms, talk and all else in the store as it is at one moment to one\n" +
			"archive, which restores into SQLite and PostgreSQL alike. It holds password hashes:\n" +
			"keep it as safe as the database. Media files in library folders are not in it.",
		Example: "  synctv backup /backups/synctv-$(date +%F).gz",
	}
	outputFlag(cmd)
	flags := storeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withStore(cmd.Context(), flags, env, func(db *store.Store) error { return writeBackup(cmd, db, args[0]) })
	}
	return cmd
}

// writeBackup writes beside the file and renames: a file of that name is whole.
func writeBackup(cmd *cobra.Command, db *store.Store, path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".synctv-backup-*") // readable by its owner only
	if err != nil {
		return err
	}
	rows, err := db.Backup(cmd.Context(), f, version, time.Now())
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("backup: %w", err), os.Remove(f.Name()))
	}
	v := struct {
		Rows int64  `json:"rows"`
		File string `json:"file"`
	}{rows, path}
	return say(cmd, v, "%d rows written to %s", rows, path)
}

// restoreCommand puts an archive into an empty database.
func restoreCommand(env config.Lookup) *cobra.Command {
	cmd := &cobra.Command{
		Use: "restore FILE", Short: "Put a backup into an empty database of either kind", Args: exactly(1),
		Long: "Reads an archive that backup wrote into the configured database, which must be empty:\n" +
			"whole or not at all. So a SQLite file moves to PostgreSQL, and back. Stop servers that\n" +
			"use the database first.",
		Example: "  synctv restore synctv.gz --database-url postgres://synctv@db/synctv\n  synctv restore --check synctv.gz",
	}
	check := cmd.Flags().Bool("check", false, "only read the archive and compare its checksum")
	outputFlag(cmd)
	flags := storeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f, err := os.Open(args[0])
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // only read
		if *check {
			return checkArchive(cmd, f)
		}
		o, err := storeOptions(flags, env)
		if err != nil {
			return err
		}
		rows, err := store.Restore(cmd.Context(), o, f)
		if err != nil {
			return fmt.Errorf("restore: %w", err)
		}
		return say(cmd, map[string]int64{"rows": rows}, "%d rows restored", rows)
	}
	return cmd
}

// checkArchive says what an archive is, if it is whole.
func checkArchive(cmd *cobra.Command, f *os.File) error {
	head, rows, err := store.CheckArchive(f)
	if err != nil {
		return err
	}
	v := struct {
		Rows    int64     `json:"rows"`
		Created time.Time `json:"created"`
		Version string    `json:"version"`
		Schema  int64     `json:"schema"`
	}{rows, time.UnixMilli(head.CreatedMS).UTC(), head.Version, head.Schema}
	return say(cmd, v, "whole: %d rows of %s, written by version %s with schema %d", rows, v.Created.Format(time.RFC3339), v.Version, v.Schema)
}

// migrateCommand looks at the schema and brings it up to date.
func migrateCommand(env config.Lookup) *cobra.Command {
	cmd := &cobra.Command{Use: "migrate", Short: "Look at the database's schema, or bring it up to date (serve does that by itself)"}
	outputFlag(cmd)
	status := &cobra.Command{Use: "status", Short: "List the steps of the schema", Args: exactly(0), Example: "  synctv migrate status"}
	flags := storeFlags(status)
	status.RunE = func(cmd *cobra.Command, _ []string) error {
		o, err := storeOptions(flags, env)
		if err != nil {
			return err
		}
		list, err := store.Migrations(cmd.Context(), o)
		if err != nil {
			return err
		}
		rows := [][]string{}
		for _, m := range list {
			at := "not yet"
			if m.Applied {
				at = time.UnixMilli(m.AtMS).Format(time.RFC3339)
			}
			rows = append(rows, []string{strconv.FormatInt(m.Version, 10), m.File, at})
		}
		return show(cmd, list, []string{"STEP", "FILE", "APPLIED"}, rows)
	}
	up := &cobra.Command{Use: "up", Short: "Apply what is missing; several may try at once", Args: exactly(0), Example: "  synctv migrate up"}
	upFlags := storeFlags(up)
	up.RunE = func(cmd *cobra.Command, _ []string) error {
		return withStore(cmd.Context(), upFlags, env, func(*store.Store) error {
			return say(cmd, map[string]bool{"up_to_date": true}, "the schema is up to date")
		})
	}
	cmd.AddCommand(status, up)
	return cmd
}
