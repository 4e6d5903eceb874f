//go:build race

package screen

// raceDetector tells long tests that everything takes many times as long.
const raceDetector = true
