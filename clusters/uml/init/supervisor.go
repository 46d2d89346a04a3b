package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const lookEvery = 20 * time.Millisecond

// process is one component: its command line, and what must be there before it is started ("tcp:HOST:PORT",
// "unix:PATH" takes connections, or "file:PATH" exists), as in clusters/local/processes.py.
type process struct {
	Name  string            `json:"name"`
	Argv  []string          `json:"argv"`
	After []string          `json:"after"`
	Env   map[string]string `json:"env"`
}

// event is one line of the status file, which the provider reads.
type event struct {
	Event string  `json:"event"`
	At    float64 `json:"at"`
	Name  string  `json:"name,omitempty"`
	PID   int     `json:"pid,omitempty"`
	Code  int     `json:"code"` // negative: the number of the signal
}

// supervisor starts processes, reaps everything, and notes which component ended.
type supervisor struct {
	mutex      sync.Mutex
	children   map[int]chan syscall.WaitStatus
	components map[string]*component
	status     *os.File
}

type component struct {
	process process
	pid     int
	stopped bool // whether its end was asked for
}

func newSupervisor(statusFile string) *supervisor {
	status, err := os.OpenFile(statusFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		fmt.Fprintln(os.Stderr, "node: no status file:", err)
	}
	s := &supervisor{
		children: map[int]chan syscall.WaitStatus{}, components: map[string]*component{}, status: status,
	}
	go s.reap()
	return s
}

// reap takes every child that ends, orphans of containers included; who waits for one is told.
func (s *supervisor) reap() {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		if errors.Is(err, syscall.ECHILD) {
			time.Sleep(lookEvery)
			continue
		}
		if err != nil {
			continue
		}
		s.mutex.Lock()
		waiter := s.children[pid]
		delete(s.children, pid)
		s.mutex.Unlock()
		if waiter != nil {
			waiter <- status
		}
	}
}

// spawn starts a command; the channel gets its status once it has ended.
func (s *supervisor) spawn(argv []string, env []string, stdout, stderr *os.File) (int, <-chan syscall.WaitStatus, error) {
	path, err := lookUp(argv[0])
	if err != nil {
		return 0, nil, err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, nil, err
	}
	defer null.Close()
	// The reaper may not see the child's end before it is entered here.
	s.mutex.Lock()
	defer s.mutex.Unlock()
	pid, err := syscall.ForkExec(path, argv, &syscall.ProcAttr{
		Env:   env,
		Files: []uintptr{null.Fd(), stdout.Fd(), stderr.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return 0, nil, fmt.Errorf("%s: %w", argv[0], err)
	}
	ended := make(chan syscall.WaitStatus, 1)
	s.children[pid] = ended
	return pid, ended, nil
}

func lookUp(name string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	for _, directory := range filepath.SplitList(os.Getenv("PATH")) {
		path := filepath.Join(directory, name)
		if information, err := os.Stat(path); err == nil && information.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: not found on the node", name)
}

// start runs a component once what it waits for is there, and notes its end.
func (s *supervisor) start(wanted process) {
	for _, address := range wanted.After {
		for !open(address) {
			time.Sleep(lookEvery)
		}
	}
	// The log is the host's file: it outlives the node.
	log, err := os.OpenFile("/run/node/log/"+wanted.Name+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		s.note(event{Event: "ended", Name: wanted.Name, Code: 1})
		return
	}
	defer log.Close()
	env := []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range wanted.Env {
		env = append(env, name+"="+value)
	}
	pid, ended, err := s.spawn(wanted.Argv, env, log, log)
	if err != nil {
		fmt.Fprintln(log, err)
		s.note(event{Event: "ended", Name: wanted.Name, Code: 127})
		return
	}
	running := &component{process: wanted, pid: pid}
	s.mutex.Lock()
	s.components[wanted.Name] = running
	s.mutex.Unlock()
	s.note(event{Event: "started", Name: wanted.Name, PID: pid})
	status := <-ended
	s.mutex.Lock()
	stopped := running.stopped
	s.mutex.Unlock()
	if stopped {
		s.note(event{Event: "stopped", Name: wanted.Name})
	} else {
		s.note(event{Event: "ended", Name: wanted.Name, Code: exitCode(status)})
	}
}

// stop ends a component by SIGTERM, as its service manager would; it stays down.
func (s *supervisor) stop(name string, patience time.Duration) error {
	s.mutex.Lock()
	running := s.components[name]
	if running == nil || running.stopped {
		s.mutex.Unlock()
		return fmt.Errorf("no component %s runs here", name)
	}
	running.stopped = true
	s.mutex.Unlock()
	if err := syscall.Kill(running.pid, syscall.SIGTERM); err != nil {
		return err
	}
	for deadline := time.Now().Add(patience); syscall.Kill(running.pid, 0) == nil; time.Sleep(lookEvery) {
		if time.Now().After(deadline) {
			return fmt.Errorf("%s did not end within %s of SIGTERM", name, patience)
		}
	}
	return nil
}

// startAgain starts a component that was stopped.
func (s *supervisor) startAgain(name string) error {
	s.mutex.Lock()
	stopped := s.components[name]
	if stopped == nil || !stopped.stopped {
		s.mutex.Unlock()
		return fmt.Errorf("no component %s was stopped here", name)
	}
	delete(s.components, name)
	s.mutex.Unlock()
	go s.start(stopped.process)
	return nil
}

// run waits for a command and returns its exit code and what it printed.
func (s *supervisor) run(argv []string, timeout time.Duration) (int, string, string, error) {
	var printed [2]bytes.Buffer
	var readers, writers [2]*os.File
	for i := range readers {
		reader, writer, err := os.Pipe()
		if err != nil {
			return 0, "", "", err
		}
		defer reader.Close()
		readers[i], writers[i] = reader, writer
	}
	pid, ended, err := s.spawn(argv, os.Environ(), writers[0], writers[1])
	writers[0].Close()
	writers[1].Close()
	if err != nil {
		return 127, "", err.Error(), nil
	}
	var copies sync.WaitGroup
	for i := range readers {
		copies.Go(func() { printed[i].ReadFrom(readers[i]) })
	}
	select {
	case status := <-ended:
		// A grandchild that holds the pipe open must not hold up the answer.
		time.AfterFunc(time.Second, func() { readers[0].Close(); readers[1].Close() })
		copies.Wait()
		return exitCode(status), printed[0].String(), printed[1].String(), nil
	case <-time.After(timeout):
		syscall.Kill(-pid, syscall.SIGKILL)
		return 0, "", "", fmt.Errorf("did not end in %s", timeout)
	}
}

func exitCode(status syscall.WaitStatus) int {
	if status.Signaled() {
		return -int(status.Signal())
	}
	return status.ExitStatus()
}

func (s *supervisor) note(what event) {
	what.At = float64(time.Now().UnixMilli()) / 1000
	line, _ := json.Marshal(what)
	s.status.Write(append(line, '\n'))
}

func open(address string) bool {
	kind, where, _ := strings.Cut(address, ":")
	if kind == "file" {
		_, err := os.Stat(where)
		return err == nil
	}
	connection, err := net.DialTimeout(kind, where, time.Second)
	if err != nil {
		return false
	}
	connection.Close()
	return true
}
