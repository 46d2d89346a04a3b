// The first process of a node that runs in User-Mode Linux: it mounts what a node needs, sets up the network, starts
// containerd and the kubelet, and serves the suite's questions about the node (see agent.go).
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// What the provider wrote for this node; clusters/uml/machine.py has the other end.
type spec struct {
	Hostname   string    `json:"hostname"`
	Cgroup     string    `json:"cgroup"`  // "v1" or "v2"
	Address    string    `json:"address"` // with its prefix length
	Gateway    string    `json:"gateway"`
	AgentPort  int       `json:"agent_port"`
	AgentToken string    `json:"agent_token"`
	StatusFile string    `json:"status_file"`
	Processes  []process `json:"processes"`
}

func main() {
	os.Setenv("PATH", "/run/node/bin:/bin:/sbin")
	node, err := boot()
	if err != nil {
		// The kernel panics when its first process ends, and its last words are in the node's log.
		fmt.Fprintln(os.Stderr, "node: ", err)
		os.Exit(1)
	}
	supervisor := newSupervisor(node.StatusFile)
	supervisor.note(event{Event: "up"})
	for _, wanted := range node.Processes {
		go supervisor.start(wanted)
	}
	fmt.Fprintln(os.Stderr, "node: ", serve(node, supervisor))
	os.Exit(1)
}

// boot makes the node's file systems and network.
func boot() (*spec, error) {
	if err := mountAll(); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(os.Getenv("NODE_SPEC"))
	if err != nil {
		return nil, err
	}
	node := &spec{}
	if err := json.Unmarshal(text, node); err != nil {
		return nil, err
	}
	if err := syscall.Sethostname([]byte(node.Hostname)); err != nil {
		return nil, err
	}
	if err := loadModules(); err != nil {
		return nil, err
	}
	if err := mountCgroups(node.Cgroup); err != nil {
		return nil, err
	}
	if err := showClockSpeed(); err != nil {
		return nil, err
	}
	return node, bringUpNetwork(node)
}

// mountAll mounts everything but the cgroups.
func mountAll() error {
	for _, m := range []struct {
		kind, source, target string
		flags                uintptr
		options              string
	}{
		{"proc", "proc", "/proc", 0, ""},
		{"sysfs", "sysfs", "/sys", 0, ""},
		{"devpts", "devpts", "/dev/pts", 0, "ptmxmode=666"},
		{"tmpfs", "shm", "/dev/shm", 0, ""},
		{"mqueue", "mqueue", "/dev/mqueue", 0, ""},
		{"tmpfs", "tmpfs", "/run", 0, "mode=0755"},
		{"tmpfs", "tmpfs", "/tmp", 0, ""},
		// The node's own disk: a sparse file that goes with the cluster.
		{"ext4", "/dev/ubdb", "/var", syscall.MS_NOATIME, ""},
		// The cluster's folder, which is all that the kernel was told to show of the host (its option "hostfs").
		{"hostfs", "none", "/run/node", 0, ""},
	} {
		if err := os.MkdirAll(m.target, 0o755); err != nil {
			return err
		}
		if err := syscall.Mount(m.source, m.target, m.kind, m.flags, m.options); err != nil {
			return fmt.Errorf("mount %s at %s: %w", m.kind, m.target, err)
		}
	}
	for _, directory := range []string{"/var/lib", "/var/log", "/var/tmp"} {
		if err := os.MkdirAll(directory, 0o755); err != nil {
			return err
		}
	}
	for name, target := range map[string]string{
		"/var/run": "/run",
		// What udev makes elsewhere, and programs of a node open: crun reads an update of resources from /dev/stdin.
		"/dev/fd":     "/proc/self/fd",
		"/dev/stdin":  "/proc/self/fd/0",
		"/dev/stdout": "/proc/self/fd/1",
		"/dev/stderr": "/proc/self/fd/2",
	} {
		if err := os.Symlink(target, name); err != nil {
			return err
		}
	}
	// The kubelet and containerd hand mounts on to each other and to containers.
	return syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_SHARED, "")
}

// mountCgroups mounts one cgroup version whole: a node has the one or the other.
func mountCgroups(version string) error {
	const root = "/sys/fs/cgroup"
	if version == "v2" {
		if err := syscall.Mount("cgroup2", root, "cgroup2", 0, ""); err != nil {
			return fmt.Errorf("mount cgroup2: %w", err)
		}
		return delegate(root)
	}
	if err := syscall.Mount("cgroup", root, "tmpfs", 0, "mode=0755"); err != nil {
		return err
	}
	for _, controllers := range []string{"cpu,cpuacct", "cpuset", "memory", "pids", "freezer", "devices", "blkio"} {
		directory := filepath.Join(root, controllers)
		if err := os.Mkdir(directory, 0o755); err != nil {
			return err
		}
		if err := syscall.Mount("cgroup", directory, "cgroup", 0, controllers); err != nil {
			return fmt.Errorf("mount the cgroup controllers %s: %w", controllers, err)
		}
	}
	return nil
}
