package api

import (
	"context"
	"net/http"
	"net/http/pprof"

	"github.com/danielgtaylor/huma/v2"

	"synctv/internal/account"
	"synctv/internal/problem"
)

// operatorRoutes are what platform admins see and change of this process.
func (s *Server) operatorRoutes() {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"admin"}, Security: accounts(),
		}
	}
	operation(s, op("get-log-levels", http.MethodGet, "/api/admin/log-levels", "From which level on this replica logs"), s.getLogLevels)
	operation(s, op("set-log-levels", http.MethodPut, "/api/admin/log-levels", "Change them on this replica until it ends, or until log-level changes in its configuration"), s.setLogLevels)
}

// platformAdmin wants an active admin of the whole server.
func (s *Server) platformAdmin(ctx context.Context) error {
	who, _, err := s.signedIn(ctx)
	if err != nil {
		return err
	}
	if !who.GlobalAdmin() || who.Status != account.Active {
		return account.ErrAdminRequired
	}
	return nil
}

type logLevels struct {
	Levels string `json:"levels" maxLength:"1000" example:"info,live=debug" doc:"level of everything, then part=level; trace, debug, info, warn or error"`
}

func (s *Server) getLogLevels(ctx context.Context, _ *struct{}) (*body[logLevels], error) {
	if err := s.platformAdmin(ctx); err != nil {
		return nil, err
	}
	return reply(logLevels{s.Levels.String()}, nil)
}

func (s *Server) setLogLevels(ctx context.Context, in *body[logLevels]) (*body[logLevels], error) {
	if err := s.platformAdmin(ctx); err != nil {
		return nil, err
	}
	if err := s.Levels.Set(in.Body.Levels); err != nil {
		return nil, problem.InvalidField("body.levels", "invalid", err.Error())
	}
	s.Log.InfoContext(ctx, "log levels changed", "levels", s.Levels.String())
	return reply(logLevels{s.Levels.String()}, nil)
}

// profile gives platform admins Go's own profiles: heap, goroutine, profile
// (CPU, ?seconds=), trace and the others of net/http/pprof.
func (s *Server) profile(w http.ResponseWriter, r *http.Request) error {
	if err := s.platformAdmin(r.Context()); err != nil {
		return err
	}
	switch name := r.PathValue("profile"); name {
	case "profile":
		pprof.Profile(w, r)
	case "trace":
		pprof.Trace(w, r)
	case "symbol", "cmdline":
		return errNoRoute // the command line may hold secrets
	default:
		pprof.Handler(name).ServeHTTP(w, r)
	}
	return nil
}
