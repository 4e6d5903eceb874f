package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"synctv/internal/account"
	"synctv/internal/cached"
	"synctv/internal/cluster/local"
	"synctv/internal/config"
	"synctv/internal/live"
	"synctv/internal/media"
	"synctv/internal/realtime"
	"synctv/internal/room"
	"synctv/internal/store"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// withRooms is the rule book on a store, without anybody's sockets and streams: a
// running server looks at its rooms anew at least every half minute.
func withRooms(ctx context.Context, db *store.Store, work func(*room.Service) error) (err error) {
	node, err := realtime.NewNode(realtime.Options{Log: discard(), Roll: local.NewRoll()})
	if err != nil {
		return err
	}
	if err := node.Start(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, node.Stop(ctx)) }()
	copies := cached.NewRooms(db, nil, time.Now, nil)
	relay := &relay{node: node, copies: copies, log: discard(), hub: live.NewHub(live.Limits{}, nil)}
	return work(room.New(room.Ports{
		Audit: auditLog{db: db, log: discard(), now: time.Now}, Records: db, RoomChanges: db, MemberChanges: db, RoomQuota: func() int { return 0 },
		Entries: copies, Rooms: db, Members: db, Playbacks: db, Playlists: db, Endings: db, Messages: db, Danmakus: db, LiveKeys: db,
		Announcer: node, Media: &media.Catalog{}, Streams: relay, Passwords: account.NewPasswords(1, nil), Locks: locks{local.NewLocks()}, Now: time.Now,
	}))
}

type roomLine struct {
	ID         string          `json:"id"`
	Name       string          `json:"name"`
	Creator    string          `json:"creator"`
	Status     room.Status     `json:"status"`
	Visibility room.Visibility `json:"visibility"`
	Created    time.Time       `json:"created"`
}

func showRooms(cmd *cobra.Command, list ...roomLine) error {
	rows := [][]string{}
	for _, r := range list {
		rows = append(rows, []string{r.Name, r.Creator, string(r.Status), string(r.Visibility), r.Created.Format(time.RFC3339), r.ID})
	}
	return show(cmd, list, []string{"NAME", "CREATOR", "STATUS", "VISIBLE", "CREATED", "ID"}, rows)
}

// roomCommand looks after rooms.
func roomCommand(env config.Lookup) *cobra.Command {
	cmd := &cobra.Command{Use: "room", Short: "List, close, reopen and delete rooms"}
	outputFlag(cmd)
	list := &cobra.Command{Use: "list", Short: "List all rooms, hidden and closed ones too, newest first", Example: "  synctv room list -o json", Args: exactly(0)}
	limit := list.Flags().Int("limit", 1000, "most rooms to list")
	flags := storeFlags(list)
	list.RunE = func(cmd *cobra.Command, _ []string) error {
		return withStore(cmd.Context(), flags, env, func(db *store.Store) error {
			rooms, err := db.AllRooms(cmd.Context(), *limit)
			if err != nil {
				return err
			}
			lines := []roomLine{}
			for _, r := range rooms {
				lines = append(lines, lineOf(r, r.CreatorID))
			}
			return showRooms(cmd, lines...)
		})
	}
	cmd.AddCommand(
		list,
		roomAct(env, "show", "Show one room", false, func(context.Context, *room.Service, string) error { return nil }),
		roomAct(env, "close", "Close a room: it keeps everything, nobody enters", true, func(ctx context.Context, s *room.Service, id string) error {
			_, err := s.CloseRoom(ctx, id, operatorPerson())
			return err
		}),
		roomAct(env, "reopen", "Open a closed room again", false, func(ctx context.Context, s *room.Service, id string) error {
			_, err := s.ReopenRoom(ctx, id, operatorPerson())
			return err
		}),
		roomAct(env, "delete", "Delete a room and everything in it", true, func(ctx context.Context, s *room.Service, id string) error {
			return s.DeleteRoom(ctx, id, operatorPerson())
		}),
	)
	return cmd
}

func operatorPerson() room.Person {
	return room.Person{ID: operator().ID, Kind: room.KindUser, Name: operator().Name, GlobalAdmin: true}
}

func lineOf(r room.Room, creator string) roomLine {
	return roomLine{r.ID, r.Name, creator, r.Status, r.Visibility, time.UnixMilli(r.CreatedMS).UTC()}
}

func roomAct(env config.Lookup, name, short string, ask bool, do func(context.Context, *room.Service, string) error) *cobra.Command {
	cmd := &cobra.Command{Use: name + " ID", Short: short, Example: "  synctv room " + name + " 3pQv9sLkX2aB", Args: exactly(1)}
	flags := storeFlags(cmd)
	if ask {
		yesFlag(cmd)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withStore(cmd.Context(), flags, env, func(db *store.Store) error {
			ctx := cmd.Context()
			r, err := db.Room(ctx, args[0])
			if err != nil {
				return err
			}
			if ask {
				if err := confirm(cmd, fmt.Sprintf("%s %q?", cmd.CommandPath(), r.Name)); err != nil {
					return err
				}
			}
			if err := withRooms(ctx, db, func(rooms *room.Service) error { return do(ctx, rooms, r.ID) }); err != nil {
				return err
			}
			if now, err := db.Room(ctx, r.ID); err == nil {
				r = now
			}
			return showRooms(cmd, lineOf(r, r.CreatorID))
		})
	}
	return cmd
}
