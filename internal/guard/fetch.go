package guard

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Document is something small, fetched whole.
type Document struct {
	URL    *url.URL // where it was found after redirects; links in it are relative to this
	Header http.Header
	Body   []byte
}

// Fetch gets something small: a page, a manifest, a subtitle. An answer of more
// than most bytes is ErrTooLarge, one other than 200 is ErrStatus.
func (c *Client) Fetch(ctx context.Context, address string, header http.Header, most int64) (*Document, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, refused("the address cannot be read")
	}
	for k, v := range header {
		req.Header[k] = v
	}
	res, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, ErrStatus.Because(StatusError{res.StatusCode})
	}
	body, err := ReadAll(res.Body, most)
	if err != nil {
		return nil, err
	}
	return &Document{URL: res.Request.URL, Header: res.Header, Body: body}, nil
}

// ReadAll reads to the end, or fails with ErrTooLarge after most bytes.
func ReadAll(r io.Reader, most int64) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) > most {
		return nil, ErrTooLarge.Because(fmt.Errorf("more than %d bytes", most))
	}
	return raw, nil
}
