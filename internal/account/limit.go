package account

import (
	"hash/maphash"
	"sync"
	"time"
)

// limit is a rate with a burst, kept by GCRA: what is stored of a key is one
// instant, at which its bucket will be full again.
type limit struct {
	every time.Duration // one more try after each
	burst int           // tries at once
}

// Wrong passwords count three times: against the address, against the account,
// and against both together. The last is the strictest, so that one address
// alone cannot use up what an account has: it gets 5 tries and then 2 a
// minute, the account has 20 and 10. Only many addresses together can, and
// then addresses the account was used from before still pass. An address may
// be a school with many people behind it, so it has more.
func perAddress() limit { return limit{every: 5 * time.Second, burst: 30} }
func perAccount() limit { return limit{every: 6 * time.Second, burst: 20} }
func perBoth() limit    { return limit{every: 30 * time.Second, burst: 5} }

// maxBuckets bounds the memory: a bucket lives two minutes and a half, one of
// accounts that were made an hour, and a try costs the server 26 ms of hashing,
// so honest use never comes near.
const maxBuckets = 1 << 16

// Limits slows down who guesses passwords, on this replica. Safe for use from
// many goroutines; it holds at most maxBuckets keys.
type Limits struct {
	seed maphash.Seed

	mu     sync.Mutex
	fullAt map[uint64]int64 // guarded by mu; ns since the epoch, by hashed key
}

// NewLimits makes limits that nobody has used yet.
func NewLimits() *Limits {
	return &Limits{seed: maphash.MakeSeed(), fullAt: map[uint64]int64{}}
}

// attempt is one try that was let through. It counts as wrong until it says
// otherwise, so that tries in parallel cannot overtake the count.
type attempt struct {
	limits *Limits
	taken  []claim
}

type claim struct {
	key uint64
	limit
}

// begin lets a try through or answers ErrTooManyAttempts with how long to
// wait. known is asked when the account's own limit is used up: whether this
// address belongs to it, and need not suffer for what others do.
func (l *Limits) begin(now time.Time, name, address string, known func() (bool, error)) (*attempt, error) {
	own := []claim{
		{l.key("address", address), perAddress()},
		{l.key("both", name, address), perBoth()},
	}
	whole := append(own, claim{l.key("account", name), perAccount()})
	wait := l.take(now, whole)
	if wait == 0 {
		return &attempt{l, whole}, nil
	}
	if own := l.take(now, own); own > 0 {
		return nil, ErrTooManyAttempts.WithRetryAfter(own)
	}
	a := &attempt{l, own}
	ok, err := known()
	if err == nil && !ok {
		err = ErrTooManyAttempts.WithRetryAfter(wait)
	}
	if err != nil {
		a.succeeded() // it was not tried
		return nil, err
	}
	return a, nil
}

// signup lets an account be made from an address or answers ErrTooManyAccounts
// with how long to wait. perHour is also how many may come at once: a class
// signs up together.
func (l *Limits) signup(now time.Time, address string, perHour int) error {
	if perHour <= 0 {
		return nil
	}
	each := limit{every: time.Hour / time.Duration(perHour), burst: perHour}
	if wait := l.take(now, []claim{{l.key("signup", address), each}}); wait > 0 {
		return ErrTooManyAccounts.WithRetryAfter(wait)
	}
	return nil
}

// Guess lets somebody at an address try the password of a room, which has no
// account to count by, or answers ErrTooManyAttempts. right gives the try back.
func (l *Limits) Guess(now time.Time, room, address string) (right func(), err error) {
	own := []claim{{l.key("room", room, address), perAddress()}}
	if wait := l.take(now, own); wait > 0 {
		return nil, ErrTooManyAttempts.WithRetryAfter(wait)
	}
	return (&attempt{l, own}).succeeded, nil
}

// succeeded gives back what the try took.
func (a *attempt) succeeded() {
	a.limits.mu.Lock()
	defer a.limits.mu.Unlock()
	for _, c := range a.taken {
		if at, ok := a.limits.fullAt[c.key]; ok {
			a.limits.fullAt[c.key] = at - int64(c.every)
		}
	}
}

func (l *Limits) key(parts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(l.seed)
	for _, p := range parts {
		_, _ = h.WriteString(p) // never fails
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}

// take takes one from each bucket, or from none: then it tells how long until
// it could.
func (l *Limits) take(now time.Time, claims []claim) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := now.UnixNano()
	for _, c := range claims {
		full := max(l.fullAt[c.key], at) + int64(c.every)
		wait = max(wait, time.Duration(full-at-int64(c.every)*int64(c.burst)))
	}
	if wait > 0 {
		return wait
	}
	for _, c := range claims {
		l.makeRoom(c.key, at)
		l.fullAt[c.key] = max(l.fullAt[c.key], at) + int64(c.every)
	}
	return 0
}

// makeRoom forgets buckets that are full again when a new one does not fit;
// if none is, any. The caller holds mu.
func (l *Limits) makeRoom(key uint64, at int64) {
	if _, ok := l.fullAt[key]; ok || len(l.fullAt) < maxBuckets {
		return
	}
	for k, full := range l.fullAt {
		if full <= at {
			delete(l.fullAt, k)
		}
	}
	for k := range l.fullAt {
		if len(l.fullAt) < maxBuckets*3/4 {
			return
		}
		delete(l.fullAt, k)
	}
}
