package ident

// By names a person at the moment of an act; the name is a snapshot.
type By struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}
