// Package look finds out what is at an address before it is added: what kind,
// how long, in which qualities, and what may keep it from playing. It fetches a
// beginning and what else it needs through guard; ffprobe sees only bytes that
// were fetched so. It adds nothing and stores nothing.
package look

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"synctv/internal/guard"
	"synctv/internal/media/direct"
	"synctv/internal/media/ffmpeg"
	"synctv/internal/problem"
	"synctv/internal/right"
	"synctv/internal/room"
	"synctv/internal/screen"
)

// Limits of one look.
const (
	lookTime = 12 * time.Second // all of it
	maxHead  = 1 << 20          // bytes of a file's beginning
	maxIndex = 8 << 20          // bytes of an mp4's index, and of a playlist

	looks       = 16 // at once
	looksOfOne  = 2  // of one person
	looksWaited = 64 // for a place, each as long as a look may last
)

// Variant is one of the qualities that a presentation has.
type Variant struct {
	Width     int    `json:"width"`
	Height    int    `json:"height"`
	Bandwidth int64  `json:"bandwidth" doc:"bits per second, 0 when unknown"`
	Codecs    string `json:"codecs" doc:"as the presentation names them"`
}

// Warning is something that may keep it from playing, or from playing well.
type Warning struct {
	Code   Code   `json:"code"`
	Detail string `json:"detail,omitempty" doc:"a codec, a status"`
	Fatal  bool   `json:"fatal" doc:"no player opens it as it is"`
}

// Code names a warning.
type Code string

// The warnings.
const (
	NotLooked   Code = "not_looked"   // this server does not fetch from there: only browsers can tell
	Unreachable Code = "unreachable"  // no answer
	Status      Code = "status"       // the server said no; Detail is its status
	Page        Code = "page"         // a web page
	Unknown     Code = "unknown"      // neither a film nor a list
	Container   Code = "container"    // a file format that many browsers do not open; Detail names it
	Codec       Code = "codec"        // a codec that many browsers do not have; Detail names it
	NoRanges    Code = "no_ranges"    // its server sends it only from the beginning: seeking may not work
	Protected   Code = "protected"    // encrypted for players with a licence
	Through     Code = "through"      // browsers may not fetch it: it comes through this server
	NoProbe     Code = "no_probe"     // ffprobe is not installed: length and codecs are unknown
	Blocked     Code = "blocked_here" // browsers may not fetch it and nothing may come through this server
)

// Found is what is at an address.
type Found struct {
	URL       string           `json:"url"`
	Kind      screen.MediaKind `json:"kind" enum:"file,hls,flv,dash"`
	Title     string           `json:"title"`
	Live      bool             `json:"live"`
	DurationS float64          `json:"duration_s" doc:"seconds, 0 = unknown"`
	SizeBytes int64            `json:"size_bytes" doc:"0 = unknown"`
	Format    string           `json:"format" doc:"of the file: mp4, webm, …; empty: unknown or not a file"`
	Codecs    []string         `json:"codecs" doc:"of the tracks, as ffprobe names them"`
	Variants  []Variant        `json:"variants"`
	Poster    string           `json:"poster" doc:"a picture of it as a data: address, or empty"`
	Warnings  []Warning        `json:"warnings"`
}

func (f *Found) warn(c Code, detail string) {
	fatal := c == Unreachable || c == Status || c == Page || c == Unknown || c == Protected || c == Blocked
	f.Warnings = append(f.Warnings, Warning{c, detail, fatal})
}

// Service is the use case. Safe for use from many goroutines.
type Service struct {
	rooms  *room.Service
	client *guard.Client
	tools  *ffmpeg.Tools
	proxy  bool // what browsers cannot fetch can come through this server
	limits *guard.Limiter
}

// New puts the use case on what it needs; proxy tells whether what browsers
// cannot fetch may come through this server.
func New(rooms *room.Service, client *guard.Client, tools *ffmpeg.Tools, proxy bool) *Service {
	return &Service{rooms: rooms, client: client, tools: tools, proxy: proxy, limits: guard.NewLimiter(looks, looksOfOne, looksWaited, lookTime)}
}

// Look is for people who may add to a room. An address that no source knows is
// an error, and so is guard.ErrBusy for who looks at too much at once; whatever
// else is wrong with it is a warning.
func (s *Service) Look(ctx context.Context, roomID string, who room.Person, address string) (Found, error) {
	a, err := s.rooms.Enter(ctx, roomID, who)
	if err != nil {
		return Found{}, err
	}
	if err := a.Require(right.AddMedia); err != nil {
		return Found{}, err
	}
	d, err := direct.Describe(room.NewItem{URL: address}, s.proxy)
	if err != nil {
		return Found{}, err
	}
	f := &Found{URL: d.Source.URL, Kind: d.Source.Kind, Title: d.Title, Live: d.Live, Codecs: []string{}, Variants: []Variant{}, Warnings: []Warning{}}
	if d.Source.Type == screen.SourceLive {
		f.Kind = screen.KindFLV // it is fetched when somebody watches
		return *f, nil
	}
	release, err := s.limits.Acquire(ctx, who.ID, 1)
	if err != nil {
		return Found{}, err
	}
	defer release()
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	s.look(ctx, f)
	return *f, nil
}

// look asks for the beginning and goes on by what it is.
func (s *Service) look(ctx context.Context, f *Found) {
	h, err := s.begin(ctx, f.URL)
	if err != nil {
		f.failed(err)
		return
	}
	defer h.close()
	f.name(h)
	f.SizeBytes = h.size
	f.Format = sniff(h.head, h.kind)
	switch f.Format {
	case "hls":
		f.Kind = screen.KindHLS
		s.lookHLS(ctx, f, h)
	case "dash":
		f.Kind = screen.KindDASH
		s.lookDASH(ctx, f, h)
	case "flv":
		f.Kind = screen.KindFLV
		f.Live = h.size == 0
	case "html":
		f.Kind = screen.KindFile
		f.warn(Page, "")
		return
	case "":
		f.Kind = screen.KindFile
		f.warn(Unknown, h.kind)
		return
	default:
		f.Kind = screen.KindFile
		f.Live = h.size == 0 && strings.HasPrefix(h.kind, "audio/") // a radio station
		s.lookFile(ctx, f, h)
	}
	s.reach(f, h)
}

// reach tells how browsers get at it.
func (s *Service) reach(f *Found, h *head) {
	fetched := f.Kind != screen.KindFile // by scripts, which need leave
	switch {
	case fetched && f.Live && f.Kind == screen.KindFLV && s.proxy: // comes through this server in any case
	case fetched && !h.cors && s.proxy:
		f.warn(Through, "")
	case fetched && !h.cors:
		f.warn(Blocked, "")
	}
	if f.Kind == screen.KindFile && !f.Live && !h.ranges {
		f.warn(NoRanges, "")
	}
}

// failed turns a failure into what a person can do about it.
func (f *Found) failed(err error) {
	status, said := errors.AsType[guard.StatusError](err)
	switch {
	case errors.Is(err, guard.ErrRefused):
		f.warn(NotLooked, "")
	case said:
		f.warn(Status, status.Error())
	default:
		f.warn(Unreachable, problem.From(err).Code)
	}
}

// name is the file's own name, if its server tells one.
func (f *Found) name(h *head) {
	if h.name != "" {
		f.Title = strings.TrimSuffix(h.name, path.Ext(h.name))
	}
}

// head is the beginning of what is at an address.
type head struct {
	url    *url.URL // after redirects
	kind   string   // media type, as its server says
	name   string   // of the file, as its server says
	size   int64    // of all of it; 0: unknown
	ranges bool
	cors   bool
	head   []byte
	body   io.Closer
}

func (h *head) close() { _ = h.body.Close() }

// begin fetches the first bytes. A live stream is not waited for: as much comes
// back as came until the time for it is over.
func (s *Service) begin(ctx context.Context, address string) (*head, error) {
	res, err := s.get(ctx, address, "bytes=0-1048575") //nolint:bodyclose // the head closes it
	if err != nil {
		return nil, err
	}
	h := &head{url: res.Request.URL, body: res.Body}
	h.kind, _, _ = mime.ParseMediaType(res.Header.Get("Content-Type"))
	_, params, _ := mime.ParseMediaType(res.Header.Get("Content-Disposition"))
	h.name = path.Base(params["filename"])
	if h.name == "." || h.name == "/" {
		h.name = ""
	}
	h.cors = res.Header.Get("Access-Control-Allow-Origin") != ""
	h.ranges = res.StatusCode == http.StatusPartialContent
	h.size = total(res)
	most := int64(maxHead)
	if h.size == 0 && !h.ranges {
		most = sniffed // it may go on for ever, slowly
	}
	h.head, err = io.ReadAll(io.LimitReader(res.Body, most))
	if len(h.head) == 0 && err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

// get asks with the Referer of the address's own origin, as the proxy does.
func (s *Service) get(ctx context.Context, address, span string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, guard.ErrRefused.Because(errors.New("the address cannot be read"))
	}
	req.Header.Set("Referer", req.URL.Scheme+"://"+req.URL.Host+"/")
	if span != "" {
		req.Header.Set("Range", span)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusPartialContent {
		_ = res.Body.Close()
		return nil, guard.ErrStatus.Because(guard.StatusError{Code: res.StatusCode})
	}
	return res, nil
}
