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

//go:linkname argonProcess golang.org/x/crypto/argon2.processBlocks
func argonProcess(blocks []argonBlock, passes, memory, lanes uint32, mode int)

//go:linkname argonExtract golang.org/x/crypto/argon2.extractKey
func argonExtract(blocks []argonBlock, memory, lanes, keyLen uint32) []byte

// argonMode is what the module calls argon2id.
const argonMode = 2

// key derives what h wants of a password. Hashes with other parameters than ours,
// from elsewhere, get memory of their own.
func (p *Passwords) key(password string, h phc) []byte {
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
	argonProcess(a[:], h.passes, argonMemoryKiB, argonLanes, argonMode)
	return argonExtract(a[:], argonMemoryKiB, argonLanes, size)
}
