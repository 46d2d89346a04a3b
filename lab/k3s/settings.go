package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Files that hold what a kubelet wants in /proc/sys, by their path there.
const kernelSettings = binaries + "/sysctl"

// ownKernelSettings shows this node files of its own in place of settings that belong to the whole host, so that the
// kubelet finds nothing to change.
func ownKernelSettings() error {
	return filepath.WalkDir(kernelSettings, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(kernelSettings, path)
		if err != nil {
			return err
		}
		shown := filepath.Join("/proc/sys", name)
		if _, err := os.Stat(shown); err != nil {
			return nil
		}
		return syscall.Mount(path, shown, "", syscall.MS_BIND, "")
	})
}
