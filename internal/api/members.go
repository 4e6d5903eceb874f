package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"synctv/internal/room"
)

// AboutMember is the path of every decision about one member.
type AboutMember struct {
	InRoom
	Person string `path:"person" maxLength:"32" doc:"id of the person"`
}

// Decision is what comes with each of them.
type Decision struct {
	Version *int64 `json:"version,omitempty" doc:"of the membership it is based on; when it has moved on: 409 with the current one"`
	Reason  string `json:"reason,omitempty" maxLength:"1000" doc:"kept in the record, cut to 200 characters"`
}

func (d Decision) about(person string) room.MemberAct {
	return room.MemberAct{PersonID: person, Version: d.Version, Reason: d.Reason}
}

type decisionInput struct {
	AboutMember
	Body Decision
}

type roleInput struct {
	AboutMember
	Body struct {
		Decision
		Role room.Role `json:"role" enum:"admin,member"`
	}
}

type rightsInput struct {
	AboutMember
	Body struct {
		Decision
		Added   []string `json:"added" maxItems:"64" doc:"given beyond the role, by name"`
		Removed []string `json:"removed" maxItems:"64" doc:"taken away, by name; wins over added"`
	}
}

type muteInput struct {
	AboutMember
	Body struct {
		Decision
		Seconds int `json:"seconds" minimum:"0" maximum:"2592000" doc:"from now; 0 = may talk again"`
	}
}

type kickInput struct {
	AboutMember
	Body struct {
		Decision
		CooldownS int `json:"cooldown_s,omitempty" minimum:"0" maximum:"86400" doc:"seconds before they may come back; 0 = 300"`
	}
}

type bansBody struct {
	Bans []room.BannedView `json:"bans"`
}

func (s *Server) memberRoutes() {
	decide(s, huma.Operation{OperationID: "set-member-role", Method: http.MethodPut, Summary: "Make a member an admin, or an admin a member"}, "/role",
		func(ctx context.Context, who room.Person, in *roleInput) (*body[room.MemberView], error) {
			return reply(s.Rooms.SetRole(ctx, in.Room, who, in.Body.about(in.Person), in.Body.Role))
		})
	decide(s, huma.Operation{OperationID: "set-member-permissions", Method: http.MethodPut, Summary: "Give and take single rights"}, "/permissions",
		func(ctx context.Context, who room.Person, in *rightsInput) (*body[room.MemberView], error) {
			return reply(s.Rooms.SetRights(ctx, in.Room, who, in.Body.about(in.Person), in.Body.Added, in.Body.Removed))
		})
	decide(s, huma.Operation{OperationID: "mute-member", Method: http.MethodPut, Summary: "Keep a member from talking for a while"}, "/mute",
		func(ctx context.Context, who room.Person, in *muteInput) (*body[room.MemberView], error) {
			return reply(s.Rooms.Mute(ctx, in.Room, who, in.Body.about(in.Person), time.Duration(in.Body.Seconds)*time.Second))
		})
	decide(s, huma.Operation{OperationID: "approve-member", Method: http.MethodPost, Summary: "Let somebody in who waits"}, "/approve",
		func(ctx context.Context, who room.Person, in *decisionInput) (*body[room.MemberView], error) {
			return reply(s.Rooms.Approve(ctx, in.Room, who, in.Body.about(in.Person)))
		})
	decide(s, huma.Operation{OperationID: "ban-member", Method: http.MethodPost, Summary: "Keep somebody out"}, "/ban",
		func(ctx context.Context, who room.Person, in *decisionInput) (*body[room.MemberView], error) {
			return reply(s.Rooms.BanMember(ctx, in.Room, who, in.Body.about(in.Person)))
		})
	s.removalRoutes()
}

func (s *Server) removalRoutes() {
	none := http.StatusNoContent
	decide(s, huma.Operation{OperationID: "decline-member", Method: http.MethodPost, Summary: "Refuse somebody who waits", DefaultStatus: none}, "/decline",
		func(ctx context.Context, who room.Person, in *decisionInput) (*struct{}, error) {
			return nil, s.Rooms.Decline(ctx, in.Room, who, in.Body.about(in.Person))
		})
	decide(s, huma.Operation{OperationID: "kick-member", Method: http.MethodPost, Summary: "Send somebody out for a while", DefaultStatus: none}, "/kick",
		func(ctx context.Context, who room.Person, in *kickInput) (*struct{}, error) {
			return nil, s.Rooms.Kick(ctx, in.Room, who, in.Body.about(in.Person), time.Duration(in.Body.CooldownS)*time.Second)
		})
	decide(s, huma.Operation{OperationID: "unban-member", Method: http.MethodPost, Summary: "Forget a ban", DefaultStatus: none}, "/unban",
		func(ctx context.Context, who room.Person, in *decisionInput) (*struct{}, error) {
			return nil, s.Rooms.Unban(ctx, in.Room, who, in.Body.about(in.Person))
		})
	operation(s, huma.Operation{
		OperationID: "list-bans", Method: http.MethodGet, Path: "/api/rooms/{room}/bans", Tags: []string{"members"},
		Summary: "Who is kept out, and why", Security: people(),
	}, func(ctx context.Context, in *InRoom) (*body[bansBody], error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		bans, err := s.Rooms.ReadBans(ctx, in.Room, who)
		return reply(bansBody{Bans: bans}, err)
	})
}

// room names where a decision falls.
func (a AboutMember) room() string { return a.Room }

// decide registers one decision about a member: the same path, credentials and
// first question for all.
func decide[I any, P interface {
	*I
	room() string
}, O any](s *Server, op huma.Operation, path string, work func(context.Context, room.Person, *I) (*O, error)) {
	op.Path, op.Tags, op.Security = "/api/rooms/{room}/members/{person}"+path, []string{"members"}, people()
	operation(s, op, func(ctx context.Context, in *I) (*O, error) {
		who, _, err := s.person(ctx, P(in).room())
		if err != nil {
			return nil, err
		}
		return work(ctx, who, in)
	})
}
