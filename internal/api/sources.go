package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"synctv/internal/media/source"
)

type sourcesBody struct {
	Sources []source.Account `json:"sources"`
}

type linkInput struct {
	Body struct {
		Kind     string `json:"kind" enum:"webdav"`
		Name     string `json:"name,omitempty" maxLength:"400" doc:"1 to 80 characters; default: its host"`
		URL      string `json:"url" maxLength:"4096" doc:"http or https, of the folder at the top"`
		User     string `json:"user,omitempty" maxLength:"400"`
		Password string `json:"password,omitempty" maxLength:"1000" doc:"kept encrypted, shown to that server only"`
	}
}

// InSource is the path of everything about one linked source.
type InSource struct {
	Source string `path:"source" maxLength:"32" doc:"id of the linked source"`
}

type browseInput struct {
	InSource
	Path string `query:"path" maxLength:"4096" doc:"folder; empty: the top"`
}

type filesBody struct {
	Path    string        `json:"path"`
	Entries []source.File `json:"entries" doc:"folders first, by name"`
}

// sourceRoutes are about places that people link to their account.
func (s *Server) sourceRoutes() {
	op := func(id, method, path, summary string, status int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: "/api/me/sources" + path, Summary: summary, DefaultStatus: status,
			Tags: []string{"sources"}, Security: accounts(),
		}
	}
	operation(s, op("list-sources", http.MethodGet, "", "What one has linked", 0), func(ctx context.Context, _ *struct{}) (*body[sourcesBody], error) {
		u, _, err := s.signedIn(ctx)
		if err != nil {
			return nil, err
		}
		list, err := s.Sources.Own(ctx, u.ID)
		return reply(sourcesBody{list}, err)
	})
	operation(s, op("link-source", http.MethodPost, "", "Link a source; it is tried at once", http.StatusCreated), func(ctx context.Context, in *linkInput) (*body[source.Account], error) {
		u, _, err := s.signedIn(ctx)
		if err != nil {
			return nil, err
		}
		a, err := s.Sources.Link(ctx, u.ID, in.Body.Kind, in.Body.Name, in.Body.URL, source.Credentials{User: in.Body.User, Password: in.Body.Password})
		return reply(a, err)
	})
	operation(s, op("unlink-source", http.MethodDelete, "/{source}", "Forget a source; what was added from it plays no more", http.StatusNoContent), func(ctx context.Context, in *InSource) (*struct{}, error) {
		u, _, err := s.signedIn(ctx)
		if err != nil {
			return nil, err
		}
		return nil, s.Sources.Unlink(ctx, u.ID, in.Source)
	})
	operation(s, op("browse-source", http.MethodGet, "/{source}/files", "A folder of a linked source", 0), func(ctx context.Context, in *browseInput) (*body[filesBody], error) {
		u, _, err := s.signedIn(ctx)
		if err != nil {
			return nil, err
		}
		entries, err := s.Sources.Browse(ctx, u.ID, in.Source, in.Path)
		return reply(filesBody{in.Path, entries}, err)
	})
}
