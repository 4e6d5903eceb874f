package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"synctv/internal/ident"
	"synctv/internal/setting"
)

// Settings are what admins change while the server runs, for all replicas.
type Settings interface {
	// Now is what holds; it does not block.
	Now() setting.Settings
	// List reads them from the store.
	List(ctx context.Context) ([]setting.Line, error)
	// Change sets one; nil takes it back to the configuration's.
	Change(ctx context.Context, by ident.By, key string, value *string) error
}

// SettingKey names one setting in a path.
type SettingKey struct {
	Key string `path:"key" maxLength:"64" doc:"as in the list"`
}

type newSetting struct {
	SettingKey
	Body struct {
		Value string `json:"value" maxLength:"2000"`
	}
}

// SettingList is all there are.
type SettingList struct {
	Settings []setting.Line `json:"settings" nullable:"false"`
}

func (s *Server) serverSettingsRoutes() {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"admin"}, Security: accounts()}
	}
	operation(s, op("list-settings", http.MethodGet, "/api/admin/settings", "What admins can change while the server runs, and what holds"),
		func(ctx context.Context, _ *struct{}) (*body[SettingList], error) {
			if err := s.platformAdmin(ctx); err != nil {
				return nil, err
			}
			return s.listSettings(ctx)
		})
	operation(s, op("set-setting", http.MethodPut, "/api/admin/settings/{key}", "Set one, for all replicas"),
		func(ctx context.Context, in *newSetting) (*body[SettingList], error) {
			return s.changeSetting(ctx, in.Key, &in.Body.Value)
		})
	operation(s, op("reset-setting", http.MethodDelete, "/api/admin/settings/{key}", "Take one back to what the configuration says"),
		func(ctx context.Context, in *SettingKey) (*body[SettingList], error) {
			return s.changeSetting(ctx, in.Key, nil)
		})
}

func (s *Server) listSettings(ctx context.Context) (*body[SettingList], error) {
	list, err := s.Settings.List(ctx)
	return reply(SettingList{list}, err)
}

func (s *Server) changeSetting(ctx context.Context, key string, value *string) (*body[SettingList], error) {
	if err := s.platformAdmin(ctx); err != nil {
		return nil, err
	}
	who, _, err := s.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Settings.Change(ctx, ident.By{ID: who.ID, Name: who.Name}, key, value); err != nil {
		return nil, err
	}
	return s.listSettings(ctx)
}
