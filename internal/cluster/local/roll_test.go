package local_test

import (
	"testing"

	"synctv/internal/cluster/clustertest"
	"synctv/internal/cluster/local"
)

func TestRoll(t *testing.T) { clustertest.Roll(t, local.NewRoll()) }
