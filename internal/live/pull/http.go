package pull

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"

	"synctv/internal/guard"
	"synctv/internal/live/flv"
)

// maxTag is the largest payload taken from another server, bytes.
const maxTag = 8 << 20

// httpSource is an endless FLV answer.
type httpSource struct {
	body io.Closer
	tags *flv.Reader
}

// openHTTP asks for FLV over HTTP, with the Referer that its server expects.
func openHTTP(ctx context.Context, client *guard.Client, u *url.URL) (source, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, guard.ErrRefused.Because(errors.New("the address cannot be read"))
	}
	req.Header.Set("Referer", u.Scheme+"://"+u.Host+"/")
	res, err := client.Do(req) //nolint:bodyclose // the source closes it
	if err != nil {
		return nil, err
	}
	s := &httpSource{res.Body, flv.NewReader(res.Body, maxTag)}
	if res.StatusCode != http.StatusOK {
		_ = s.Close()
		return nil, guard.ErrStatus.Because(guard.StatusError{Code: res.StatusCode})
	}
	return s, nil
}

func (s *httpSource) Next() (flv.Tag, error) {
	tag, err := s.tags.Next()
	if errors.Is(err, flv.ErrMalformed) {
		err = ErrStream.Because(err)
	}
	return tag, err
}

func (s *httpSource) Close() error { return s.body.Close() }
