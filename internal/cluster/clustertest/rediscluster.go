//go:build unix

package clustertest

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// clusterNodes is the least that Redis Cluster can be made of.
const clusterNodes = 3

// StartRedisCluster starts a Redis Cluster of three nodes for the rest of the
// test and gives one address for all and that of each. It skips where Redis is
// not installed, and fails there in CI.
func StartRedisCluster(t testing.TB) (url string, nodes []string) {
	t.Helper()
	cli, err := exec.LookPath("redis-cli")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-cli is not installed, and this is CI")
		}
		t.Skip("redis-cli is not installed (Debian: apt-get install redis-tools)")
	}
	for range clusterNodes {
		nodes = append(nodes, startRedis(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000").Addr)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	args := append([]string{"--cluster", "create"}, nodes...)
	if out, err := exec.CommandContext(ctx, cli, append(args, "--cluster-yes")...).CombinedOutput(); err != nil {
		t.Fatalf("make the cluster: %v\n%s", err, out)
	}
	for _, node := range nodes { // each must know of all
		host, port, _ := strings.Cut(node, ":")
		for {
			out, _ := exec.CommandContext(ctx, cli, "-h", host, "-p", port, "cluster", "info").CombinedOutput()
			if strings.Contains(string(out), "cluster_state:ok") {
				break
			}
			if ctx.Err() != nil {
				t.Fatalf("the cluster is not well: %s", out)
			}
			<-time.After(50 * time.Millisecond)
		}
	}
	return "redis://" + nodes[0] + "?addr=" + strings.Join(nodes[1:], "&addr="), nodes
}
