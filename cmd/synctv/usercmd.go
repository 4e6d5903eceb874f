package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"synctv/internal/account"
	"synctv/internal/config"
	"synctv/internal/ident"
	"synctv/internal/store"
	"synctv/internal/text"
)

// operator is who acts by the command line: whoever can read the store is root.
func operator() account.User {
	return account.User{ID: "operator", Name: "operator", Role: account.Root, Status: account.Active}
}

// noSockets stands for the sockets of another process, which looks at its
// people anew at least every half minute.
type noSockets struct{}

func (noSockets) EndSession(context.Context, string, string) {}
func (noSockets) EndPerson(context.Context, string)          {}
func (noSockets) Renew(context.Context, string)              {}

func accountsOf(db *store.Store) *account.Service {
	return &account.Service{
		Users: db, Sessions: db, Lists: db, Sockets: noSockets{}, Passwords: account.NewPasswords(1, nil), Limits: account.NewLimits(),
		Now: time.Now, Signup: func() account.Signup { return account.SignupOpen },
		Audit:       auditLog{db: db, log: discard(), now: time.Now},
		AccountGone: func(context.Context, string) error { return nil }, AccountChanged: func(context.Context, string) {},
	}
}

// userView is an account as commands print it.
type userView struct {
	ID      string         `json:"id"`
	Name    string         `json:"name"`
	Role    account.Role   `json:"role"`
	Status  account.Status `json:"status"`
	Created time.Time      `json:"created"`
}

func showUsers(cmd *cobra.Command, users ...account.User) error {
	list, rows := []userView{}, [][]string{}
	for _, u := range users {
		v := userView{u.ID, u.Name, u.Role, u.Status, time.UnixMilli(u.CreatedMS).UTC()}
		list = append(list, v)
		rows = append(rows, []string{v.Name, string(v.Role), string(v.Status), v.Created.Format(time.RFC3339), v.ID})
	}
	return show(cmd, list, []string{"NAME", "ROLE", "STATUS", "CREATED", "ID"}, rows)
}

// find takes a name, or an id.
func find(ctx context.Context, db *store.Store, who string) (account.User, error) {
	u, err := db.UserByName(ctx, text.Fold(who))
	if err != nil && ident.Valid(who) {
		return db.User(ctx, who)
	}
	return u, err
}

// userCommand looks after accounts.
func userCommand(env config.Lookup) *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "List, add, ban and change accounts"}
	outputFlag(cmd)
	cmd.AddCommand(userList(env), userAdd(env), userPassword(env))
	act := func(use, short, example string, ask bool, do func(context.Context, *account.Service, account.User, []string) (account.User, error)) {
		words := len(strings.Fields(use)) - 1
		one := &cobra.Command{Use: use, Short: short, Example: "  synctv user " + example, Args: exactly(words)}
		flags := storeFlags(one)
		if ask {
			yesFlag(one)
		}
		one.RunE = func(cmd *cobra.Command, args []string) error {
			return withStore(cmd.Context(), flags, env, func(db *store.Store) error {
				u, err := find(cmd.Context(), db, args[0])
				if err != nil {
					return err
				}
				if ask {
					if err := confirm(cmd, fmt.Sprintf("%s %s?", cmd.CommandPath(), u.Name)); err != nil {
						return err
					}
				}
				if u, err = do(cmd.Context(), accountsOf(db), u, args); err != nil {
					return err
				}
				return showUsers(cmd, u)
			})
		}
		cmd.AddCommand(one)
	}
	act("show NAME", "Show one account", "show alice", false, func(_ context.Context, _ *account.Service, u account.User, _ []string) (account.User, error) {
		return u, nil
	})
	act("approve NAME", "Let a new account in", "approve alice", false, func(ctx context.Context, s *account.Service, u account.User, _ []string) (account.User, error) {
		return s.Approve(ctx, operator(), u.ID)
	})
	act("ban NAME", "Ban a person; a running server notices within half a minute", "ban mallory --yes", true, func(ctx context.Context, s *account.Service, u account.User, _ []string) (account.User, error) {
		return s.Ban(ctx, operator(), u.ID, "command line")
	})
	act("unban NAME", "Let a banned person sign in again", "unban mallory", false, func(ctx context.Context, s *account.Service, u account.User, _ []string) (account.User, error) {
		return s.Unban(ctx, operator(), u.ID, "command line")
	})
	act("role NAME ROLE", "Make a person an admin or a plain user", "role alice admin", false, func(ctx context.Context, s *account.Service, u account.User, args []string) (account.User, error) {
		return s.SetRole(ctx, operator(), u.ID, account.Role(args[1]), "command line")
	})
	return cmd
}

func userList(env config.Lookup) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List accounts, newest first", Example: "  synctv user list --search ali -o json", Args: exactly(0)}
	search := cmd.Flags().String("search", "", "part of the name")
	status := cmd.Flags().String("status", "", "only active, pending or banned ones")
	limit := cmd.Flags().Int("limit", 1000, "most accounts to list")
	flags := storeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return withStore(cmd.Context(), flags, env, func(db *store.Store) error {
			users, err := db.ListUsers(cmd.Context(), account.UserQuery{Search: text.Fold(*search), Status: account.Status(*status), Limit: *limit})
			if err != nil {
				return err
			}
			return showUsers(cmd, users...)
		})
	}
	return cmd
}

func userAdd(env config.Lookup) *cobra.Command {
	cmd := &cobra.Command{
		Use: "add NAME", Short: "Make an account; its password is read from a file, or made and printed once", Args: exactly(1),
		Example: "  synctv user add alice\n  synctv user add alice --password-file /run/secrets/alice",
	}
	file := cmd.Flags().String("password-file", "", "file that holds the password")
	flags := storeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		password := ident.Token()[:16]
		if *file != "" {
			raw, err := os.ReadFile(*file)
			if err != nil {
				return err
			}
			password = strings.TrimSpace(string(raw))
		}
		return withStore(cmd.Context(), flags, env, func(db *store.Store) error {
			u, err := accountsOf(db).Register(cmd.Context(), args[0], password, account.Device{})
			if err != nil {
				return err
			}
			if *file == "" {
				if _, err := fmt.Fprintf(cmd.ErrOrStderr(), "password: %s (it is not shown again)\n", password); err != nil {
					return err
				}
			}
			return showUsers(cmd, u)
		})
	}
	return cmd
}

func userPassword(env config.Lookup) *cobra.Command {
	cmd := &cobra.Command{
		Use: "password NAME", Short: "Give an account, root too, a new password, printed once; its sessions end", Args: exactly(1),
		Example: "  synctv user password root --yes",
	}
	yesFlag(cmd)
	flags := storeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withStore(cmd.Context(), flags, env, func(db *store.Store) error {
			u, err := find(cmd.Context(), db, args[0])
			if err != nil {
				return err
			}
			if err := confirm(cmd, "Give "+u.Name+" a new password?"); err != nil {
				return err
			}
			password, err := accountsOf(db).RescuePassword(cmd.Context(), operator(), u.ID)
			if err != nil {
				return err
			}
			return say(cmd, map[string]string{"name": u.Name, "password": password}, "%s", password)
		})
	}
	return cmd
}
