package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

const (
	apiPort     = "6443"
	apiLoopback = "https://127.0.0.1:" + apiPort
	serverPKI   = serverDirectory + "/tls"
	etcdAddress = "127.0.0.1:2379"
	manifests   = binaries + "/manifests"
)

// A server: its authorities, what it was asked for, and what runs.
type server struct {
	asked options
	node  joinRequest
	all   *processes
	ca    *authority
	front *authority // for requests that the API server passes on to metrics-server
	admin pair
	api   *api
}

// runServer runs a control plane with a node, and returns when it is asked to end.
func runServer(asked options) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	node, err := begin(asked)
	if err != nil {
		return err
	}
	own := &server{asked: asked, node: node, all: newProcesses()}
	for _, step := range []func() error{own.makeCredentials, own.startControlPlane, own.startOwnNode, own.applyManifests, own.waitUntilUsable} {
		if err := step(); err != nil {
			return err
		}
	}
	// k3d waits for this line.
	log.Print("k3s is up and running (stand-in)")
	return own.all.serve(signals)
}

// hosts are the names that the server goes by.
func (own *server) hosts() []string {
	return append([]string{
		"127.0.0.1", "localhost", own.node.Name, own.node.Address, firstService,
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
	}, own.asked.tlsSANs...)
}

func (own *server) startControlPlane() error {
	if err := own.all.start("etcd", binaries+"/etcd", etcdArguments(own.asked)...); err != nil {
		return err
	}
	if err := own.all.await("etcd", open("tcp", etcdAddress)); err != nil {
		return err
	}
	if err := own.all.start("kube-apiserver", binaries+"/kube-apiserver", apiserverArguments(own.asked, own.node)...); err != nil {
		return err
	}
	// This includes the default roles, without which those that ask now would be refused.
	if err := own.all.await("the API server", func() error { return own.api.send("GET", "/readyz", "", nil, nil) }); err != nil {
		return err
	}
	if err := own.all.start("kube-controller-manager", binaries+"/kube-controller-manager", controllerManagerArguments(own.asked)...); err != nil {
		return err
	}
	return own.all.start("kube-scheduler", binaries+"/kube-scheduler", schedulerArguments(own.asked)...)
}

func (own *server) startOwnNode() error {
	credentials, err := admit(own.ca, own.node)
	if err != nil {
		return err
	}
	if err := startNode(own.all, own.asked, own.node, apiLoopback, credentials); err != nil {
		return err
	}
	go keepPodNetwork(own.api, own.node.Name)
	return serveJoins(own.ca, own.asked.token, own.hosts())
}

// applyManifests makes the objects that nodes and metrics-server need, and starts the latter unless it is disabled.
func (own *server) applyManifests() error {
	files := []string{"--filename=" + manifests + "/kubelet-api-admin.yaml", "--filename=" + manifests + "/pod-network.yaml"}
	withMetrics := !own.asked.disabled["metrics-server"]
	if withMetrics {
		files = append(files, "--filename="+manifests+"/metrics-server.yaml")
	}
	arguments := append([]string{"--kubeconfig=" + adminKubeconfig, "apply", "--server-side", "--validate=false"}, files...)
	if output, err := exec.Command(binaries+"/kubectl", arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("the manifests could not be applied: %w: %s", err, output)
	}
	if !withMetrics {
		return nil
	}
	trust := map[string]any{"spec": map[string]any{"caBundle": own.ca.pem}}
	if err := own.api.merge("/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io", trust); err != nil {
		return err
	}
	return own.all.start("metrics-server", binaries+"/metrics-server", metricsServerArguments()...)
}

func (own *server) waitUntilUsable() error {
	if err := own.all.await("node Ready", own.api.nodeReady(own.node.Name)); err != nil {
		return err
	}
	role := map[string]any{"metadata": map[string]any{"labels": map[string]string{"node-role.kubernetes.io/control-plane": "true"}}}
	if err := own.api.merge("/api/v1/nodes/"+own.node.Name, role); err != nil {
		return err
	}
	// Without it no pod is accepted.
	return own.all.await("the default service account", func() error {
		return own.api.get("/api/v1/namespaces/default/serviceaccounts/default", nil)
	})
}

// makeCredentials fills serverPKI, and writes the administrator's kubeconfig.
func (own *server) makeCredentials() (err error) {
	if own.ca, err = newAuthority("k3s-stand-in"); err != nil {
		return err
	}
	if own.front, err = newAuthority("k3s-stand-in-front-proxy"); err != nil {
		return err
	}
	if own.admin, err = own.ca.issue("system:admin", []string{"system:masters"}); err != nil {
		return err
	}
	if own.api, err = newAPI(apiLoopback, own.ca.pem, own.admin); err != nil {
		return err
	}
	public, private, err := serviceAccountKeys()
	if err != nil {
		return err
	}
	texts := map[string]string{
		serverPKI + "/ca.crt":              string(own.ca.pem),
		serverPKI + "/front-proxy-ca.crt":  string(own.front.pem),
		serverPKI + "/service-account.pub": string(public),
		serverPKI + "/service-account.key": string(private),
		adminKubeconfig:                    kubeconfig(apiLoopback, own.ca.pem, own.admin),
	}
	if own.asked.kubeconfig != "" {
		texts[own.asked.kubeconfig] = texts[adminKubeconfig]
	}
	for path, content := range texts {
		if err := writeFile(path, content); err != nil {
			return err
		}
	}
	return own.issueAll()
}

func (own *server) issueAll() error {
	for _, wanted := range []struct {
		ca    *authority
		name  string
		user  string
		hosts []string
	}{
		{own.ca, "apiserver", "kube-apiserver", own.hosts()},
		{own.ca, "loopback", "localhost", []string{"127.0.0.1", "localhost"}},
		{own.ca, "metrics-server", "metrics-server", []string{"metrics-server.kube-system.svc", "localhost"}},
		{own.ca, "kubelet-client", "kube-apiserver-kubelet-client", nil},
		{own.front, "front-proxy-client", "front-proxy-client", nil},
	} {
		made, err := wanted.ca.issue(wanted.user, nil, wanted.hosts...)
		if err != nil {
			return err
		}
		if err := made.write(serverPKI, wanted.name); err != nil {
			return err
		}
	}
	for _, user := range []string{"kube-controller-manager", "kube-scheduler", "metrics-server"} {
		made, err := own.ca.issue("system:"+user, nil)
		if err != nil {
			return err
		}
		if err := writeFile(kubeconfigOf(user), kubeconfig(apiLoopback, own.ca.pem, made)); err != nil {
			return err
		}
	}
	return os.MkdirAll(serverDirectory+"/db", 0o700)
}
