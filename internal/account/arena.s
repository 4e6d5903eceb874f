// Empty: with it the compiler takes the functions of arena.go without bodies.
