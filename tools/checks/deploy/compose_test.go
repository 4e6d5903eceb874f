package deploy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

func compose(t *testing.T, name string) *types.Project {
	t.Helper()
	path := filepath.Join(root, "deploy/compose", name)
	o, err := cli.NewProjectOptions([]string{path}, cli.WithName("synctv"), cli.WithDiscardEnvFile)
	if err != nil {
		t.Fatal(err)
	}
	p, err := o.LoadProject(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return p
}

// TestComposeLoads: the loader of docker compose accepts both files, and what
// they mount from here is here.
func TestComposeLoads(t *testing.T) {
	for _, name := range []string{"single.yaml", "cluster.yaml"} {
		for _, s := range compose(t, name).Services {
			if s.Build != nil {
				if _, err := os.Stat(filepath.Join(s.Build.Context, s.Build.Dockerfile)); err != nil {
					t.Errorf("%s: %s is built from what is not there: %v", name, s.Name, err)
				}
				if !s.ReadOnly || s.CapDrop[0] != "ALL" {
					t.Errorf("%s: %s may more than it needs", name, s.Name)
				}
			}
			for _, v := range s.Volumes {
				_, err := os.Stat(v.Source)
				if v.Type == types.VolumeTypeBind && !strings.HasSuffix(v.Source, "/films") && err != nil {
					t.Errorf("%s: %s mounts %v", name, s.Name, err)
				}
			}
		}
	}
}

// TestComposeCluster: three replicas that can do all that one can, and whose
// cache is on a disk.
func TestComposeCluster(t *testing.T) {
	replicas := 0
	for _, s := range compose(t, "cluster.yaml").Services {
		if s.Build == nil {
			continue
		}
		replicas++
		for _, secret := range []string{"DATABASE_URL", "REDIS_URL", "SOURCE_KEYS"} {
			if s.Environment["SYNCTV_"+secret+"_FILE"] == nil {
				t.Errorf("%s has no %s", s.Name, secret)
			}
		}
		if len(s.Tmpfs) > 0 || len(s.Volumes) != 1 || s.Volumes[0].Target != "/data" || s.Volumes[0].Type != types.VolumeTypeVolume {
			t.Errorf("%s keeps films in memory: %v %v", s.Name, s.Tmpfs, s.Volumes)
		}
	}
	if replicas != 3 {
		t.Errorf("%d replicas", replicas)
	}
}
