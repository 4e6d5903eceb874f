package amf0

import (
	"fmt"
	"strconv"
)

// AMF0 lets single values be AMF3, which some clients send once they asked for
// it. Only what commands are made of is read: no vectors and dictionaries, and
// no objects whose class writes itself as it likes. Anything may refer to what
// came before it in the message, so that a few bytes can stand for many: what
// they stand for is bounded.

const (
	mark3Undefined = 0x00
	mark3Null      = 0x01
	mark3False     = 0x02
	mark3True      = 0x03
	mark3Integer   = 0x04
	mark3Double    = 0x05
	mark3String    = 0x06
	mark3XMLDoc    = 0x07
	mark3Date      = 0x08
	mark3Array     = 0x09
	mark3Object    = 0x0a
	mark3XML       = 0x0b
	mark3Bytes     = 0x0c
)

const (
	// maxExpanded is how many bytes a message may stand for, references followed.
	maxExpanded = 256 << 10
	// valueCost is what each value counts besides its text.
	valueCost = 16
)

// traits is what objects of one class have in common.
type traits struct {
	sealed  []string
	dynamic bool
}

// shared is what references of a message refer to. An object that is still
// being read has no value yet: a reference to it is nil.
type shared struct {
	texts   []string
	traits  []traits
	objects []sharedObject
	spent   int
	deepest int // of what is being read
}

type sharedObject struct {
	value  any
	cost   int
	height int // how deep it is in itself
}

func (d *decoder) spend(n int) error {
	if d.spent += n; d.spent > maxExpanded {
		return fmt.Errorf("%w: stands for more than %d bytes", ErrMalformed, maxExpanded)
	}
	return nil
}

func (d *decoder) value3(depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%w: nested deeper than %d", ErrMalformed, maxDepth)
	}
	d.deepest = max(d.deepest, depth)
	mark, err := d.take(1)
	if err != nil {
		return nil, err
	}
	if err := d.spend(valueCost); err != nil {
		return nil, err
	}
	switch mark[0] {
	case mark3Undefined, mark3Null:
		return nil, nil //nolint:nilnil // null is a value here
	case mark3False, mark3True:
		return mark[0] == mark3True, nil
	case mark3Integer:
		n, err := d.u29()
		return float64(int32(n<<3) >> 3), err // 29 bits with a sign
	case mark3Double:
		return d.number()
	case mark3String:
		return d.text3()
	case mark3XMLDoc, mark3XML, mark3Bytes, mark3Date, mark3Array, mark3Object:
		return d.referable(mark[0], depth)
	}
	return nil, fmt.Errorf("%w: AMF3 marker %#x", ErrMalformed, mark[0])
}

// u29 reads an integer of 29 bits: seven in each byte that says that another
// follows, eight in the fourth.
func (d *decoder) u29() (n uint32, err error) {
	for i := range 4 {
		b, err := d.take(1)
		if err != nil {
			return 0, err
		}
		if i == 3 {
			return n<<8 | uint32(b[0]), nil
		}
		n = n<<7 | uint32(b[0]&0x7f)
		if b[0] < 0x80 {
			break
		}
	}
	return n, nil
}

// text3 reads a string, or finds it again.
func (d *decoder) text3() (s string, err error) {
	n, err := d.u29()
	if err != nil {
		return "", err
	}
	if n&1 == 0 {
		if int(n>>1) >= len(d.texts) {
			return "", fmt.Errorf("%w: no string %d", ErrMalformed, n>>1)
		}
		s = d.texts[n>>1]
		return s, d.spend(len(s))
	}
	b, err := d.take(int(n >> 1))
	if err != nil {
		return "", err
	}
	if s = string(b); s != "" {
		d.texts = append(d.texts, s)
	}
	return s, d.spend(len(s))
}

// referable reads what can be referred to, or finds it again.
func (d *decoder) referable(mark byte, depth int) (v any, err error) {
	n, err := d.u29()
	if err != nil {
		return nil, err
	}
	if n&1 == 0 {
		if int(n>>1) >= len(d.objects) {
			return nil, fmt.Errorf("%w: no object %d", ErrMalformed, n>>1)
		}
		return d.again(d.objects[n>>1], depth)
	}
	at, before, outer := len(d.objects), d.spent, d.deepest
	d.deepest = depth
	d.objects = append(d.objects, sharedObject{})
	switch mark {
	case mark3Date:
		v, err = d.number()
	case mark3Array:
		v, err = d.array3(n>>1, depth)
	case mark3Object:
		v, err = d.object3(n>>1, depth)
	default:
		var b []byte
		b, err = d.take(int(n >> 1))
		v = string(b)
		if err == nil {
			err = d.spend(len(b))
		}
	}
	d.objects[at] = sharedObject{v, d.spent - before, d.deepest - depth}
	d.deepest = max(d.deepest, outer)
	return v, err
}

// again is an object found again, with all that its being there once more means.
func (d *decoder) again(o sharedObject, depth int) (any, error) {
	if depth+o.height > maxDepth {
		return nil, fmt.Errorf("%w: nested deeper than %d", ErrMalformed, maxDepth)
	}
	d.deepest = max(d.deepest, depth+o.height)
	return o.value, d.spend(o.cost)
}

// array3 reads named values and then n others: a list if none has a name.
func (d *decoder) array3(n uint32, depth int) (any, error) {
	named, err := d.pairs3([]Pair{}, depth)
	if err != nil {
		return nil, err
	}
	list := []any{}
	for i := range n {
		v, err := d.value3(depth + 1)
		if err != nil {
			return nil, err
		}
		if len(named) > 0 {
			named = append(named, Pair{strconv.Itoa(int(i)), v})
		}
		list = append(list, v)
	}
	if len(named) > 0 {
		return Array(named), nil
	}
	return list, nil
}

func (d *decoder) object3(flags uint32, depth int) (any, error) {
	t, err := d.traits3(flags)
	if err != nil {
		return nil, err
	}
	pairs := []Pair{}
	for _, name := range t.sealed {
		v, err := d.value3(depth + 1)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, Pair{name, v})
		if err := d.spend(len(name)); err != nil {
			return nil, err
		}
	}
	if t.dynamic {
		pairs, err = d.pairs3(pairs, depth)
	}
	return Object(pairs), err
}

// traits3 reads what an object's class is like, or finds it again. The class's
// own name says nothing here.
func (d *decoder) traits3(flags uint32) (t traits, err error) {
	if flags&1 == 0 {
		if int(flags>>1) >= len(d.traits) {
			return t, fmt.Errorf("%w: no traits %d", ErrMalformed, flags>>1)
		}
		return d.traits[flags>>1], nil
	}
	if flags&2 != 0 {
		return t, fmt.Errorf("%w: a class that writes itself", ErrMalformed)
	}
	t.dynamic = flags&4 != 0
	if _, err := d.text3(); err != nil {
		return t, err
	}
	for range flags >> 3 { // each name takes a byte at least, so this ends
		name, err := d.text3()
		if err != nil {
			return t, err
		}
		t.sealed = append(t.sealed, name)
		if err := d.spend(valueCost); err != nil {
			return t, err
		}
	}
	d.traits = append(d.traits, t)
	return t, nil
}

// pairs3 reads named values until a name is empty.
func (d *decoder) pairs3(pairs []Pair, depth int) ([]Pair, error) {
	for {
		key, err := d.text3()
		if err != nil || key == "" {
			return pairs, err
		}
		v, err := d.value3(depth + 1)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, Pair{key, v})
	}
}
