package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"synctv/internal/config"
	"synctv/internal/ident"
	"synctv/internal/setting"
	"synctv/internal/store"
)

// settingCommand changes what admins can change while the server runs.
func settingCommand(env config.Lookup) *cobra.Command {
	cmd := &cobra.Command{Use: "setting", Short: "List and change what holds for all replicas, while they run"}
	outputFlag(cmd)
	list := &cobra.Command{Use: "list", Short: "List all settings and what holds", Example: "  synctv setting list", Args: exactly(0)}
	set := &cobra.Command{
		Use: "set KEY VALUE", Short: "Set one; running servers know within 10 seconds",
		Example: "  synctv setting set signup closed\n  synctv setting set announcement 'Back at nine'", Args: exactly(2),
	}
	reset := &cobra.Command{Use: "reset KEY", Short: "Take one back to what the configuration says", Example: "  synctv setting reset signup", Args: exactly(1)}
	for _, c := range []*cobra.Command{list, set, reset} {
		flags := configFlags(c, "data-dir", "database-url", "database-max-conns", "signup", "room-quota", "chat-retention")
		c.RunE = func(cmd *cobra.Command, args []string) error {
			return withSettings(cmd.Context(), flags, env, func(l *liveSettings) error {
				if err := changeSetting(cmd.Context(), l, args); err != nil {
					return err
				}
				return showSettings(cmd, l)
			})
		}
	}
	cmd.AddCommand(list, set, reset)
	return cmd
}

// changeSetting sets, resets or, without arguments, does nothing.
func changeSetting(ctx context.Context, l *liveSettings, args []string) error {
	by := ident.By{ID: operator().ID, Name: operator().Name}
	switch len(args) {
	case 1:
		return l.Change(ctx, by, args[0], nil)
	case 2:
		return l.Change(ctx, by, args[0], &args[1])
	}
	return nil
}

// withSettings is the settings on a store, for one command.
func withSettings(ctx context.Context, flags, env config.Lookup, work func(*liveSettings) error) error {
	cfg, err := config.Load(flags, env)
	if err != nil {
		return usageError{err}
	}
	return withStore(ctx, flags, env, func(db *store.Store) error {
		return work(&liveSettings{
			db: db, base: func() setting.Settings { return settingsOf(cfg) }, tell: func(context.Context) {},
			record: auditLog{db: db, log: discard(), now: time.Now}, time: time.Now, log: discard(),
		})
	})
}

func showSettings(cmd *cobra.Command, l *liveSettings) error {
	lines, err := l.List(cmd.Context())
	if err != nil {
		return err
	}
	rows := [][]string{}
	for _, s := range lines {
		from := "configuration"
		if s.Set {
			from = "set here"
		}
		rows = append(rows, []string{s.Key, s.Value, from, s.Help})
	}
	return show(cmd, lines, []string{"KEY", "VALUE", "FROM", "MEANING"}, rows)
}

// settingsOf is what the configuration says of them.
func settingsOf(cfg config.Config) setting.Settings {
	return setting.Settings{Signup: cfg.Signup, RoomQuota: cfg.RoomQuota, ChatDays: cfg.ChatDays}
}
