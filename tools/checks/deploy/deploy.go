// Package deploy holds no code: its tests read deploy/ with the parsers of
// those who will run it.
package deploy
