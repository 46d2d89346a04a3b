package main

import (
	"errors"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

const nodePKI = agentDirectory + "/tls"

// runAgent joins a server, runs a node, and returns when it is asked to end.
func runAgent(asked options) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	node, err := begin(asked)
	if err != nil {
		return err
	}
	host, err := serverHost(asked.serverURL)
	if err != nil {
		return err
	}
	all := newProcesses()
	credentials := joinAnswer{}
	err = all.await("the server's answer", func() (err error) {
		credentials, err = join(host, asked.token, node)
		return err
	})
	if err != nil {
		return err
	}
	server := "https://" + host + ":" + apiPort
	// kubectl on the node, which k3d's entrypoint calls, has nothing better to go by here.
	if err := writeFile(adminKubeconfig, kubeconfig(server, credentials.CA, credentials.Client)); err != nil {
		return err
	}
	if err := startNode(all, asked, node, server, credentials); err != nil {
		return err
	}
	client, err := newAPI(server, credentials.CA, credentials.Client)
	if err != nil {
		return err
	}
	go keepPodNetwork(client, node.Name)
	if err := all.await("node Ready", client.nodeReady(node.Name)); err != nil {
		return err
	}
	// k3d waits for this line.
	log.Printf("Successfully registered node %s", node.Name)
	return all.serve(signals)
}

// begin is what servers and agents do first.
func begin(asked options) (joinRequest, error) {
	log.Print(version())
	for _, argument := range asked.ignored {
		log.Printf("ignored: %s", argument)
	}
	// Certificates are made anew at each start, and what a node kept of the last one would no longer fit.
	if _, err := os.Stat(adminKubeconfig); err == nil {
		return joinRequest{}, errors.New("this node was started before; the stand-in can't start again: make a new cluster")
	}
	if err := ownKernelSettings(); err != nil {
		return joinRequest{}, err
	}
	return thisNode()
}

// startNode runs containerd and the kubelet.
func startNode(all *processes, asked options, node joinRequest, server string, credentials joinAnswer) error {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	if err := credentials.Server.write(nodePKI, "kubelet"); err != nil {
		return err
	}
	for path, content := range map[string]string{
		nodePKI + "/ca.crt": string(credentials.CA),
		nodeKubeconfig:      kubeconfig(server, credentials.CA, credentials.Client),
		kubeletConfig:       kubeletConfiguration(nodePKI),
		containerdConfig:    containerdConfiguration(hasSysResource(string(status))),
	} {
		if err := writeFile(path, content); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(cniDirectory, 0o755); err != nil {
		return err
	}
	if err := all.start("containerd", "/usr/local/bin/containerd", "--config="+containerdConfig); err != nil {
		return err
	}
	if err := all.await("containerd's socket", open("unix", containerdSocket)); err != nil {
		return err
	}
	if err := all.await("the sandbox image", importImages); err != nil {
		return err
	}
	arguments := append([]string{
		"--config=" + kubeletConfig,
		"--kubeconfig=" + nodeKubeconfig,
		"--hostname-override=" + node.Name,
		"--node-ip=" + node.Address,
		"--node-labels=" + strings.Join(asked.nodeLabels, ","),
	}, asked.componentArgs["kubelet"]...)
	return all.start("kubelet", binaries+"/kubelet", arguments...)
}

// importImages gives containerd the archives that the image came with.
func importImages() error {
	archives, err := filepath.Glob(binaries + "/images/*.tar")
	if err != nil {
		return err
	}
	for _, archive := range archives {
		output, err := exec.Command("ctr", "--address="+containerdSocket, "--namespace=k8s.io", "images", "import", "--local", archive).CombinedOutput()
		if err != nil {
			return errors.New(string(output))
		}
	}
	return nil
}
