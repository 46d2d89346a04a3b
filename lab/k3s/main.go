// A stand-in for k3s in the image that the lab gives to k3d: it takes k3s's command line and starts the real Kubernetes
// components, each as a process of its own. It is not k3s, and says so wherever it can be asked.
package main

import (
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

const (
	// What the image was made for, such as v1.37.2-k3s1.
	versionFile = "/usr/libexec/k3s-stand-in/version"
	standIn     = "stand-in for k3s by resize-conformance: the real Kubernetes components, without k3s"
)

func main() {
	log.SetFlags(log.LstdFlags | log.Lmicroseconds)
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: k3s server|agent [options]; this is a %s", standIn))
	}
	switch os.Args[1] {
	case "server":
		fail(runServer(parse(os.Args[2:], os.Getenv)))
	case "agent":
		fail(runAgent(parse(os.Args[2:], os.Getenv)))
	case "noop":
		// What k3d asks of the image that it takes for its tools: to be there.
		waitForSignal()
	case "--version", "-v", "version":
		fmt.Println(version())
	default:
		fail(fmt.Errorf("%q is not done by this %s", os.Args[1], standIn))
	}
}

func version() string {
	text, err := os.ReadFile(versionFile)
	if err != nil {
		text = []byte("unknown")
	}
	return fmt.Sprintf("k3s version %s+stand-in (%s)", strings.TrimSpace(string(text)), standIn)
}

// fail ends the program, with 0 where it ran until it was asked to end.
func fail(err error) {
	if err == nil {
		os.Exit(0)
	}
	log.Printf("k3s (stand-in): %v", err)
	os.Exit(1)
}

func waitForSignal() {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM, syscall.SIGINT)
	<-asked
}
