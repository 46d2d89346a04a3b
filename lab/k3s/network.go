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
	routes := map[string]string{}
	for {
		nodes := struct {
			Items []nodeObject `json:"items"`
		}{}
		wait := routeInterval
		if err := asked.get("/api/v1/nodes", &nodes); err != nil {
			wait = lookInterval * 4
		}
		for _, node := range nodes.Items {
			subnet, address := node.Spec.PodCIDR, node.address()
			if node.Metadata.Name == name && subnet == "" {
				wait = lookInterval * 4
			}
			if subnet == "" || address == "" || routes[subnet] == address {
				continue
			}
			if err := applyNode(node.Metadata.Name == name, subnet, address); err != nil {
				log.Printf("the pods' network: %v", err)
				continue
			}
			routes[subnet] = address
		}
		time.Sleep(wait)
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
