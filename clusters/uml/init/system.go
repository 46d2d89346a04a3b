package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// delegate hands every controller down to the children of a cgroup v2 directory.
func delegate(directory string) error {
	controllers, err := os.ReadFile(filepath.Join(directory, "cgroup.controllers"))
	if err != nil {
		return err
	}
	var wanted []string
	for _, name := range strings.Fields(string(controllers)) {
		wanted = append(wanted, "+"+name)
	}
	return os.WriteFile(filepath.Join(directory, "cgroup.subtree_control"), []byte(strings.Join(wanted, " ")), 0o644)
}

// loadModules loads what a distribution's kernel has as modules; the one that the suite builds needs none.
func loadModules() error {
	const shown = "/run/node/uml/modules"
	if _, err := os.Stat(shown); err != nil {
		return nil
	}
	if err := syscall.Mount(shown, "/lib/modules", "", syscall.MS_BIND, ""); err != nil {
		return err
	}
	for _, name := range []string{"overlay", "bridge", "veth"} {
		if told, err := exec.Command("modprobe", name).CombinedOutput(); err != nil {
			return fmt.Errorf("modprobe %s: %w: %s", name, err, told)
		}
	}
	return nil
}

// showClockSpeed gives each processor of /proc/cpuinfo the line "cpu MHz", which User-Mode Linux does not print and
// without which cAdvisor, and so the kubelet, ends (google/cadvisor, machine/machine.go, GetClockSpeed).
func showClockSpeed() error {
	const file = "/run/cpuinfo"
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return err
	}
	processor := []byte("processor\t")
	shown := bytes.ReplaceAll(text, processor, []byte("cpu MHz\t\t: 1000.000\nprocessor\t"))
	if err := os.WriteFile(file, shown, 0o444); err != nil {
		return err
	}
	return syscall.Mount(file, "/proc/cpuinfo", "", syscall.MS_BIND, "")
}

// bringUpNetwork gives the node its address; everything beyond its network goes by the control plane's side.
func bringUpNetwork(node *spec) error {
	if _, _, err := net.ParseCIDR(node.Address); err != nil {
		return err
	}
	script := fmt.Sprintf(
		"ip link set lo up && ip address add %s dev vec0 && ip link set vec0 up && ip route add default via %s",
		node.Address, node.Gateway)
	if told, err := exec.Command("/bin/sh", "-c", script).CombinedOutput(); err != nil {
		return fmt.Errorf("network: %w: %s", err, told)
	}
	return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644)
}
