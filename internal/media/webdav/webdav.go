// Package webdav plays from WebDAV servers (RFC 4918): it lists folders with
// PROPFIND and resolves files to addresses that want the account's
// authorization, which only this server sends. It fetches by guard alone.
package webdav

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"synctv/internal/guard"
	"synctv/internal/media/library"
	"synctv/internal/media/source"
	"synctv/internal/screen"
)

// Limits of a listing.
const (
	maxAnswer  = 8 << 20 // bytes
	maxEntries = 5000
)

// Backend implements source.Backend.
type Backend struct{ Client *guard.Client }

// Describe implements source.Backend.
func (b *Backend) Describe(ctx context.Context, a source.Account, c source.Credentials, at string) (source.File, error) {
	found, err := b.ask(ctx, a, c, at, "0")
	if err != nil {
		return source.File{}, err
	}
	for _, e := range found {
		if e.Path == at {
			if at == "" {
				e.Name = a.Name
			}
			return e, playable(e)
		}
	}
	return source.File{}, source.ErrNotFound
}

// List implements source.Backend: folders first, then what can be played, by name.
func (b *Backend) List(ctx context.Context, a source.Account, c source.Credentials, at string) ([]source.File, error) {
	found, err := b.ask(ctx, a, c, at, "1")
	if err != nil {
		return nil, err
	}
	list := []source.File{}
	for _, e := range found {
		// Only what lies right in the folder: some servers answer more.
		if e.Path != at && e.Path != "" && folderOf(e.Path) == at && playable(e) == nil && !strings.HasPrefix(e.Name, ".") {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(x, y source.File) int {
		if x.Folder != y.Folder {
			if x.Folder {
				return -1
			}
			return 1
		}
		return strings.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name))
	})
	return list[:min(len(list), maxEntries)], nil
}

// Resolve implements source.Backend.
func (b *Backend) Resolve(_ context.Context, a source.Account, c source.Credentials, at string) ([]source.Mode, error) {
	u, err := address(a, at)
	if err != nil {
		return nil, err
	}
	return []source.Mode{{Kind: screen.KindFile, URL: u.String(), Authorization: authorization(c)}}, nil
}

func playable(e source.File) error {
	if e.Folder || library.ContentType(e.Name) != "" {
		return nil
	}
	return source.ErrKind
}

func folderOf(p string) string {
	if dir := path.Dir(p); dir != "." {
		return dir
	}
	return ""
}

func authorization(c source.Credentials) string {
	if c.User == "" && c.Password == "" {
		return ""
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.User+":"+c.Password))
}

// address is where a path of an account is.
func address(a source.Account, at string) (*url.URL, error) {
	u, err := url.Parse(a.URL)
	if err != nil {
		return nil, source.ErrNotFound.Because(err)
	}
	u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/")+"/"+at, ""
	return u, nil
}

const wanted = `<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/></prop></propfind>`

// multistatus is as much of an answer as is of use.
type multistatus struct {
	Responses []struct {
		Href  string `xml:"DAV: href"`
		Props []struct {
			Status string `xml:"DAV: status"`
			Prop   struct {
				Folder *struct{} `xml:"DAV: resourcetype>collection"`
				Size   string    `xml:"DAV: getcontentlength"`
			} `xml:"DAV: prop"`
		} `xml:"DAV: propstat"`
	} `xml:"DAV: response"`
}

// ask is one PROPFIND; what is not below the account's own address is left out.
func (b *Backend) ask(ctx context.Context, a source.Account, c source.Credentials, at, depth string) ([]source.File, error) {
	u, err := address(a, at)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, "PROPFIND", u.String(), strings.NewReader(wanted))
	if err != nil {
		return nil, source.ErrNotFound.Because(err)
	}
	req.Header.Set("Depth", depth)
	req.Header.Set("Content-Type", "application/xml")
	if auth := authorization(c); auth != "" {
		req.Header.Set("Authorization", auth)
	}
	res, err := b.Client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	switch res.StatusCode {
	case http.StatusMultiStatus:
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, source.ErrCredentials
	case http.StatusNotFound, http.StatusGone, http.StatusMethodNotAllowed:
		return nil, source.ErrNotFound
	default:
		return nil, guard.ErrStatus.Because(guard.StatusError{Code: res.StatusCode})
	}
	raw, err := guard.ReadAll(res.Body, maxAnswer)
	if err != nil {
		return nil, err
	}
	return read(a, raw)
}

func read(a source.Account, raw []byte) ([]source.File, error) {
	var answer multistatus
	if err := xml.Unmarshal(raw, &answer); err != nil {
		return nil, guard.ErrFailed.Because(errors.New("the answer is no multistatus"))
	}
	base, err := url.Parse(a.URL)
	if err != nil {
		return nil, source.ErrNotFound.Because(err)
	}
	var list []source.File
	for _, r := range answer.Responses {
		at, ok := below(base, r.Href)
		if !ok {
			continue
		}
		e := source.File{Name: path.Base(at), Path: at}
		for _, p := range r.Props {
			if p.Status != "" && !strings.Contains(p.Status, " 200 ") {
				continue
			}
			e.Folder = e.Folder || p.Prop.Folder != nil
			if n, err := strconv.ParseInt(strings.TrimSpace(p.Prop.Size), 10, 64); err == nil && n > 0 {
				e.SizeBytes = n
			}
		}
		list = append(list, e)
	}
	return list, nil
}

// below is an address of an answer as a path of the account; false when it lies
// elsewhere or is not a clean path.
func below(base *url.URL, href string) (string, bool) {
	u, err := base.Parse(strings.TrimSpace(href))
	if err != nil || u.Host != base.Host {
		return "", false
	}
	top := strings.TrimSuffix(base.Path, "/")
	rest, ok := strings.CutPrefix(strings.TrimSuffix(u.Path, "/"), top)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	rest = strings.TrimPrefix(rest, "/")
	if rest != "" && path.Clean("/"+rest) != "/"+rest || strings.ContainsAny(rest, "\\\x00") {
		return "", false
	}
	return rest, true
}
