package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"time"
)

const (
	podNetwork     = "10.42.0.0/16"
	serviceNetwork = "10.43.0.0/16"
	firstService   = "10.43.0.1"
	routeInterval  = 2 * time.Second
	// kubelet and containerd look here.
	networkFile = cniDirectory + "/10-pods.conflist"
)

// thisNode is the machine's name and its first address that others can reach.
func thisNode() (joinRequest, error) {
	name, err := os.Hostname()
	if err != nil {
		return joinRequest{}, err
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return joinRequest{}, err
	}
	for _, known := range addresses {
		if network, ok := known.(*net.IPNet); ok && network.IP.To4() != nil && network.IP.IsGlobalUnicast() {
			return joinRequest{Name: name, Address: network.IP.String()}, nil
		}
	}
	return joinRequest{}, fmt.Errorf("%s has no IPv4 address that others can reach", name)
}

// keepPodNetwork gives this node's pods the subnet that the cluster chose for it, and keeps routes to those of the others.
func keepPodNetwork(asked *api, name string) {
	applied := map[string]string{} // address by subnet
	hasOwn := false
	for {
		nodes := struct {
			Items []nodeObject `json:"items"`
		}{}
		if err := asked.get("/api/v1/nodes", &nodes); err != nil && hasOwn {
			log.Printf("the pods' network: %v", err)
		}
		for _, node := range nodes.Items {
			own, subnet, address := node.Metadata.Name == name, node.Spec.PodCIDR, node.address()
			if subnet == "" || address == "" || applied[subnet] == address {
				continue
			}
			if err := applyNode(own, subnet, address); err != nil {
				log.Printf("the pods' network: %v", err)
				continue
			}
			applied[subnet] = address
			hasOwn = hasOwn || own
		}
		// The kubelet is waiting for the first one.
		if hasOwn {
			time.Sleep(routeInterval)
		} else {
			time.Sleep(lookInterval)
		}
	}
}

func applyNode(own bool, subnet, address string) error {
	if own {
		return writeFile(networkFile, fmt.Sprintf(networkTemplate, subnet))
	}
	if output, err := exec.Command("ip", "route", "replace", subnet, "via", address).CombinedOutput(); err != nil {
		return fmt.Errorf("ip route replace %s via %s: %w: %s", subnet, address, err, output)
	}
	return nil
}

const networkTemplate = `{
  "cniVersion": "1.0.0",
  "name": "pods",
  "plugins": [
    {
      "type": "bridge",
      "bridge": "cni0",
      "isDefaultGateway": true,
      "ipam": { "type": "host-local", "ranges": [[{ "subnet": %q }]], "dataDir": "/run/cni" }
    }
  ]
}
`
