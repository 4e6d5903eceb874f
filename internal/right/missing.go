package right

import "synctv/internal/problem"

// ErrMissing says that a right is missing.
var ErrMissing = problem.New(problem.Forbidden, "permission_missing", "You may not do that in this room.")
