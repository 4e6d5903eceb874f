package account

import (
	"encoding/binary"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/blake2b"

	_ "unsafe" // for go:linkname
)

// arena is the memory of one hash with our parameters, 19 MiB. It is used again:
// made anew for each hash it is garbage by the next but one, and a collection of
// 25 ms, beside the hashing, is what delayed a room's events when many signed in.
type arena [argonMemoryKiB]argonBlock

type argonBlock [128]uint64

// The parts of argon2.IDKey, which makes its memory itself and has no way to be
// given any (golang.org/issue/36634). Whether they still are those parts after an
// upgrade of the module is tested by TestTheArenaChangesNothing.

//go:linkname argonInitHash golang.org/x/crypto/argon2.initHash
func argonInitHash(password, salt, key, data []byte, passes, memory, lanes, keyLen uint32, mode int) [blake2b.Size + 8]byte

//go:linkname argonLongHash golang.org/x/crypto/argon2.blake2bHash
func argonLongHash(out, in []byte)

//go:linkname argonMix golang.org/x/crypto/argon2.processBlock
func argonMix(out, a, b *argonBlock)

//go:linkname argonMixInto golang.org/x/crypto/argon2.processBlockXOR
func argonMixInto(out, a, b *argonBlock)

//go:linkname argonExtract golang.org/x/crypto/argon2.extractKey
func argonExtract(blocks []argonBlock, memory, lanes, keyLen uint32) []byte

// argonMode is what the module calls argon2id.
const argonMode = 2

// argonSlices is how many parts a pass has (RFC 9106, section 3.4); piece is how
// many blocks, of 0.7 µs each, are made before others may have the core: the
// kernel would let them wait until a slice of 3 ms is used up.
const (
	argonSlices = 4
	argonSlice  = argonMemoryKiB / argonSlices
	piece       = 512
)

// key derives what h wants of a password, with pauses. Hashes with other
// parameters than ours, from elsewhere, get memory of their own and no pauses.
func (p *Passwords) key(password string, h phc, pause func()) []byte {
	size := uint32(len(h.key)) //nolint:gosec // bounded by parsePHC
	if h.memoryKiB != argonMemoryKiB || h.lanes != argonLanes {
		return argon2.IDKey([]byte(password), h.salt, h.passes, h.memoryKiB, h.lanes, size)
	}
	a, ok := p.arenas.Get().(*arena)
	if !ok {
		a = new(arena)
	}
	defer func() { clear(a[:]); p.arenas.Put(a) }() // the next one needs zeros
	begin := argonInitHash([]byte(password), h.salt, nil, nil, h.passes, argonMemoryKiB, argonLanes, size, argonMode)
	var first [1024]byte
	for i := range 2 {
		binary.LittleEndian.PutUint32(begin[blake2b.Size:], uint32(i)) //nolint:gosec // 0 and 1
		argonLongHash(first[:], begin[:])
		for k := range a[i] {
			a[i][k] = binary.LittleEndian.Uint64(first[8*k:])
		}
	}
	a.fill(h.passes, pause)
	return argonExtract(a[:], argonMemoryKiB, argonLanes, size)
}

// fill is the work of argon2id in one lane (RFC 9106, section 3.4). In the first
// half of the first pass, which block is mixed in does not depend on the password.
func (a *arena) fill(passes uint32, pause func()) {
	var zero, chosen argonBlock
	for pass := range passes {
		for slice := range uint32(argonSlices) {
			independent := pass == 0 && slice < argonSlices/2
			input := argonBlock{uint64(pass), 0, uint64(slice), argonMemoryKiB, uint64(passes), argonMode}
			for i := range uint32(argonSlice) {
				if independent && i%uint32(len(chosen)) == 0 {
					input[6]++
					argonMix(&chosen, &input, &zero)
					argonMix(&chosen, &chosen, &zero)
				}
				at := slice*argonSlice + i
				if pass == 0 && at < 2 {
					continue // made of the password
				}
				before := (at + argonMemoryKiB - 1) % argonMemoryKiB
				random := a[before][0]
				if independent {
					random = chosen[i%uint32(len(chosen))]
				}
				argonMixInto(&a[at], &a[before], &a[argonReference(random, pass, slice, i)])
				if at%piece == piece-1 {
					pause()
				}
			}
		}
	}
}

// argonReference is the block that is mixed in (RFC 9106, section 3.4.2): one of
// those made before, late ones more often.
func argonReference(random uint64, pass, slice, i uint32) uint32 {
	size, start := slice*argonSlice+i-1, uint32(0)
	if pass > 0 {
		size, start = argonMemoryKiB-argonSlice+i-1, (slice+1)%argonSlices*argonSlice
	}
	x := random & 0xffffffff
	y := uint64(size) * (x * x >> 32) >> 32
	return uint32((uint64(start) + uint64(size) - 1 - y) % argonMemoryKiB) //nolint:gosec // below the modulus
}
