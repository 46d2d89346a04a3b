package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	binaries     = "/usr/libexec/k3s-stand-in"
	lookInterval = 50 * time.Millisecond
	patience     = 180 * time.Second
)

// The components that were started, in that order.
type processes struct {
	mutex   sync.Mutex
	running []*exec.Cmd
	ended   chan error // gets why the first one ended
}

func newProcesses() *processes {
	return &processes{ended: make(chan error, 16)}
}

// start runs a component. As with k3s, the container's log is that of them all.
func (all *processes) start(name, path string, arguments ...string) error {
	command := exec.Command(path, arguments...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log.Printf("Running %s %s", name, strings.Join(arguments, " "))
	if err := command.Start(); err != nil {
		return fmt.Errorf("%s could not be started: %w", name, err)
	}
	all.mutex.Lock()
	all.running = append(all.running, command)
	all.mutex.Unlock()
	go func() {
		all.ended <- fmt.Errorf("%s ended (%v)", name, command.Wait())
	}()
	return nil
}

// stop asks every component to end, the last one first.
func (all *processes) stop() {
	all.mutex.Lock()
	defer all.mutex.Unlock()
	for index := len(all.running) - 1; index >= 0; index-- {
		_ = all.running[index].Process.Signal(syscall.SIGTERM)
	}
}

// await looks again and again until look gives no error, or a component ended, or patience is over.
func (all *processes) await(what string, look func() error) error {
	deadline := time.Now().Add(patience)
	for {
		err := look()
		if err == nil {
			return nil
		}
		select {
		case ended := <-all.ended:
			return ended
		case <-time.After(lookInterval):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s did not come true within %v: %w", what, patience, err)
		}
	}
}

// serve waits until a component ends, which is an error, or somebody asks this program to end.
func (all *processes) serve(asked <-chan os.Signal) error {
	select {
	case err := <-all.ended:
		return err
	case <-asked:
		all.stop()
		return nil
	}
}

func open(network, address string) func() error {
	return func() error {
		connection, err := net.DialTimeout(network, address, time.Second)
		if err == nil {
			connection.Close()
		}
		return err
	}
}
