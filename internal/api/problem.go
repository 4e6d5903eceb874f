package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"synctv/internal/problem"
	"synctv/internal/telemetry"
)

// ProblemBody is the one shape of every error (RFC 9457 with our own members).
type ProblemBody struct {
	Type        string         `json:"type" example:"about:blank"`
	Title       string         `json:"title" example:"Forbidden"`
	Status      int            `json:"status" example:"403"`
	Detail      string         `json:"detail" doc:"words for people, English"`
	Kind        problem.Kind   `json:"kind" doc:"class of the failure"`
	Code        string         `json:"code" doc:"which failure; stable, for programs and translations"`
	RequestID   string         `json:"request_id" doc:"find it again in the server's log"`
	Errors      []ProblemField `json:"errors,omitempty" doc:"what is wrong with the input"`
	RetryAfterS int            `json:"retry_after_s,omitempty" doc:"seconds to wait before trying again"`
	Current     any            `json:"current,omitempty" doc:"on a conflict: the state as it is now"`

	ends bool // and the connection with it
}

// ProblemField is one bad part of the input.
type ProblemField struct {
	Location string `json:"location" example:"body.name"`
	Code     string `json:"code" example:"too_long"`
	Message  string `json:"message"`
}

func (p *ProblemBody) Error() string { return p.Code + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *ProblemBody) GetStatus() int { return p.Status }

// ContentType implements huma's filter.
func (p *ProblemBody) ContentType(string) string { return "application/problem+json" }

// GetHeaders implements huma's error headers.
func (p *ProblemBody) GetHeaders() http.Header {
	h := http.Header{}
	if p.RetryAfterS > 0 {
		h.Set("Retry-After", strconv.Itoa(p.RetryAfterS))
	}
	if p.ends {
		h.Set("Connection", "close")
	}
	return h
}

var errNoRoute = problem.New(problem.NotFound, "not_found", "There is nothing at this address.")

// answer turns an error into what is sent. What is our fault, or a dependency's,
// is noted for the log; its words are not shown.
func (s *Server) answer(ctx context.Context, err error) *ProblemBody {
	lost, away := errors.AsType[*net.OpError](err)
	switch _, told := errors.AsType[*problem.Problem](err); {
	case told: // whoever made it knows best what failed
	case errors.Is(err, context.DeadlineExceeded):
		err = problem.New(problem.Unavailable, "unavailable", "This took too long; try again.").Because(err)
	case away:
		err = problem.New(problem.Unavailable, "unavailable", "The server cannot reach its data now; try again.").Because(lost)
	}
	p := problem.From(err)
	if p.Kind == problem.Internal || p.Kind == problem.Unavailable {
		telemetry.Note(ctx, "error", err.Error())
	}
	body := newProblem(ctx, status(p.Kind), p.Kind, p.Code, p.Message)
	for _, f := range p.Fields {
		body.Errors = append(body.Errors, ProblemField(f))
	}
	if body.Kind == problem.Unavailable && p.RetryAfter == 0 {
		p.RetryAfter = time.Second
	}
	body.RetryAfterS = int(math.Ceil(p.RetryAfter.Seconds()))
	body.Current = p.Current
	body.ends = callerOf(ctx).ends
	return body
}

func newProblem(ctx context.Context, status int, kind problem.Kind, code, words string) *ProblemBody {
	return &ProblemBody{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: words,
		Kind: kind, Code: code, RequestID: telemetry.RequestID(ctx),
	}
}

func status(k problem.Kind) int {
	switch k {
	case problem.Invalid:
		return http.StatusBadRequest
	case problem.Unauthenticated:
		return http.StatusUnauthorized
	case problem.Forbidden:
		return http.StatusForbidden
	case problem.NotFound:
		return http.StatusNotFound
	case problem.Conflict:
		return http.StatusConflict
	case problem.TooLarge:
		return http.StatusRequestEntityTooLarge
	case problem.RateLimited:
		return http.StatusTooManyRequests
	case problem.Unavailable:
		return http.StatusServiceUnavailable
	case problem.Internal:
		return http.StatusInternalServerError
	}
	return http.StatusInternalServerError
}

// write sends an error from a route that is not in the document.
func (p *ProblemBody) write(w http.ResponseWriter) {
	for k, v := range p.GetHeaders() {
		w.Header()[k] = v
	}
	raw, err := json.Marshal(p)
	if err != nil { // the current state could not be encoded; the rest can
		p.Current = nil
		raw, _ = json.Marshal(p)
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(raw))) // complete before the handler returns: see linger
	w.WriteHeader(p.Status)
	_, _ = w.Write(raw) // the client may be gone
}

// shapeOnce guards the library's package variables, its only way to change the
// shape of the errors it makes itself.
var shapeOnce sync.Once //nolint:gochecknoglobals // see above

func shapeErrors() {
	shapeOnce.Do(func() {
		huma.DefaultArrayNullable = false // we send [], never null
		huma.NewError = func(code int, words string, errs ...error) huma.StatusError {
			return libraryProblem(context.Background(), code, words, errs)
		}
		huma.NewErrorWithContext = func(ctx huma.Context, code int, words string, errs ...error) huma.StatusError {
			return libraryProblem(ctx.Context(), code, words, errs)
		}
	})
}

// libraryProblem is an error found before a use case was called: a body that
// cannot be read or does not fit the document.
func libraryProblem(ctx context.Context, code int, words string, errs []error) *ProblemBody {
	kind, name := problem.Invalid, "validation"
	if slices.ContainsFunc(errs, func(e error) bool { return errors.Is(e, io.ErrUnexpectedEOF) }) {
		code = http.StatusBadRequest // whoever sent it went away in the middle
	}
	switch code {
	case http.StatusRequestEntityTooLarge:
		kind, name, words = problem.TooLarge, "body_too_large", "This is too large."
	case http.StatusBadRequest:
		name, words = "malformed_body", "This request cannot be read."
	case http.StatusUnsupportedMediaType, http.StatusNotAcceptable:
		name = "media_type"
	case http.StatusRequestTimeout:
		name = "timeout" // theirs: the body did not come
	case http.StatusUnprocessableEntity:
	default:
		if code >= http.StatusInternalServerError {
			kind, name, words = problem.Internal, "internal", "Something went wrong on our side."
		}
	}
	p := newProblem(ctx, status(kind), kind, name, words)
	for _, err := range errs {
		d, ok := errors.AsType[*huma.ErrorDetail](err)
		if !ok {
			telemetry.Note(ctx, "error", err.Error())
			continue
		}
		p.Errors = append(p.Errors, ProblemField{Location: d.Location, Code: "invalid", Message: d.Message})
	}
	return p
}
