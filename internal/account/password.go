package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"
)

// Argon2id as OWASP recommends it: 19 MiB, two passes, one lane; 26 ms on the
// machine the project is measured on.
const (
	argonMemoryKiB = 19 * 1024
	argonPasses    = 2
	argonLanes     = 1
	argonKeyBytes  = 32
	argonSaltBytes = 16
)

// Upper bounds on parameters read back from the store, so that a broken row
// cannot make the server allocate without limit.
const (
	maxArgonMemoryKiB = 1 << 20
	maxArgonPasses    = 16
	maxArgonLanes     = 16
)

var errHashFormat = errors.New("password hash is not argon2id in PHC form")

// Passwords hashes and checks passwords, a bounded number at a time: each takes
// 19 MiB and a core, so a flood of sign-ins must queue instead of eating the
// machine. A hash rests after each small piece as long as that took: rooms have
// half of its core at least, and wait for a piece or a few. The queue is bounded,
// too: whoever would wait longer than about three seconds is asked to come back.
type Passwords struct {
	rest    Rest
	slots   *semaphore.Weighted
	arenas  sync.Pool // of *arena; the collector takes those nobody needs
	waiting atomic.Int64
}

// maxWaiting stand in the queue, or are at work.
const maxWaiting = 64

// Rest is called when a hash begins. What it gives is called between the pieces
// of the hash, a third of a millisecond each, and lets as much time pass again.
type Rest func() (pause func())

// NewPasswords allows parallel hashes at once. Without rest (nil) they do not
// pause.
func NewPasswords(parallel int, rest Rest) *Passwords {
	if rest == nil {
		rest = func() func() { return func() {} }
	}
	return &Passwords{rest: rest, slots: semaphore.NewWeighted(int64(parallel))}
}

// HashPassword gives the hash to store, in PHC form. It waits for a free slot
// until ctx ends.
func (p *Passwords) HashPassword(ctx context.Context, password string) (string, error) {
	leave, err := p.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	salt := make([]byte, argonSaltBytes)
	_, _ = rand.Read(salt)
	key := p.key(password, phc{argonMemoryKiB, argonPasses, argonLanes, salt, make([]byte, argonKeyBytes)}, p.rest())
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, argonMemoryKiB, argonPasses, argonLanes, b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// enter waits for a slot, in a bounded queue.
func (p *Passwords) enter(ctx context.Context) (leave func(), err error) {
	if p.waiting.Add(1) > maxWaiting {
		p.waiting.Add(-1)
		return nil, ErrPasswordsBusy
	}
	if err := p.slots.Acquire(ctx, 1); err != nil {
		p.waiting.Add(-1)
		return nil, fmt.Errorf("wait for a password's turn: %w", err)
	}
	return func() {
		p.waiting.Add(-1)
		p.slots.Release(1)
	}, nil
}

// CheckPassword tells whether password is the one hash was made of, in time
// that does not depend on where they differ.
func (p *Passwords) CheckPassword(ctx context.Context, password, hash string) (bool, error) {
	h, err := parsePHC(hash)
	if err != nil {
		return false, err
	}
	leave, err := p.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	return subtle.ConstantTimeCompare(p.key(password, h, p.rest()), h.key) == 1, nil
}

type phc struct {
	memoryKiB, passes uint32
	lanes             uint8
	salt, key         []byte
}

// parsePHC reads $argon2id$v=19$m=…,t=…,p=…$salt$key.
func parsePHC(s string) (phc, error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, errHashFormat
	}
	var h phc
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memoryKiB, &h.passes, &h.lanes); err != nil {
		return phc{}, fmt.Errorf("%w: %w", errHashFormat, err)
	}
	if h.memoryKiB == 0 || h.memoryKiB > maxArgonMemoryKiB || h.passes == 0 || h.passes > maxArgonPasses || h.lanes == 0 || h.lanes > maxArgonLanes {
		return phc{}, errHashFormat
	}
	var err1, err2 error
	h.salt, err1 = base64.RawStdEncoding.DecodeString(parts[4])
	h.key, err2 = base64.RawStdEncoding.DecodeString(parts[5])
	if err := errors.Join(err1, err2); err != nil {
		return phc{}, fmt.Errorf("%w: %w", errHashFormat, err)
	}
	if len(h.key) < 16 || len(h.key) > 64 {
		return phc{}, errHashFormat
	}
	return h, nil
}
