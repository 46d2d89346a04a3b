package main

// The command lines of a control plane's components. What the user gave for a component comes last, as k3s has it: of a
// flag that is there twice the last one holds.

func kubeconfigOf(user string) string {
	return serverDirectory + "/cred/" + user + ".kubeconfig"
}

func etcdArguments(asked options) []string {
	return append([]string{
		"--data-dir=" + serverDirectory + "/db/etcd",
		"--listen-client-urls=http://" + etcdAddress,
		"--advertise-client-urls=http://" + etcdAddress,
		"--listen-peer-urls=http://127.0.0.1:2380",
		// The cluster is thrown away: what a power cut would lose is nothing that anybody wants.
		"--unsafe-no-fsync",
		// The only member elects itself after one election timeout, which is a second unless told otherwise.
		"--heartbeat-interval=20",
		"--election-timeout=100",
	}, asked.componentArgs["etcd"]...)
}

func apiserverArguments(asked options, node joinRequest) []string {
	return append([]string{
		"--etcd-servers=http://" + etcdAddress,
		"--bind-address=0.0.0.0",
		"--secure-port=" + apiPort,
		"--advertise-address=" + node.Address,
		"--tls-cert-file=" + serverPKI + "/apiserver.crt",
		"--tls-private-key-file=" + serverPKI + "/apiserver.key",
		"--client-ca-file=" + serverPKI + "/ca.crt",
		"--anonymous-auth=false",
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged=true",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + serverPKI + "/service-account.pub",
		"--service-account-signing-key-file=" + serverPKI + "/service-account.key",
		"--service-cluster-ip-range=" + serviceNetwork,
		"--kubelet-certificate-authority=" + serverPKI + "/ca.crt",
		"--kubelet-client-certificate=" + serverPKI + "/kubelet-client.crt",
		"--kubelet-client-key=" + serverPKI + "/kubelet-client.key",
		"--kubelet-preferred-address-types=InternalIP",
		"--requestheader-client-ca-file=" + serverPKI + "/front-proxy-ca.crt",
		"--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + serverPKI + "/front-proxy-client.crt",
		"--proxy-client-key-file=" + serverPKI + "/front-proxy-client.key",
	}, asked.componentArgs["kube-apiserver"]...)
}

func controllerManagerArguments(asked options) []string {
	return append(append(loopbackArguments("kube-controller-manager", "10257"),
		"--root-ca-file="+serverPKI+"/ca.crt",
		"--service-account-private-key-file="+serverPKI+"/service-account.key",
		"--use-service-account-credentials=true",
		"--allocate-node-cidrs=true",
		"--cluster-cidr="+podNetwork,
		"--service-cluster-ip-range="+serviceNetwork,
		// Each controller asks for an account and a token when it starts, which takes seconds at the usual rate.
		"--kube-api-qps=300",
		"--kube-api-burst=600",
		"--leader-elect=false",
	), asked.componentArgs["kube-controller-manager"]...)
}

func schedulerArguments(asked options) []string {
	return append(append(loopbackArguments("kube-scheduler", "10259"), "--leader-elect=false"), asked.componentArgs["kube-scheduler"]...)
}

func metricsServerArguments() []string {
	arguments := loopbackArguments("metrics-server", "4443")
	return append(arguments,
		"--tls-cert-file="+serverPKI+"/metrics-server.crt",
		"--tls-private-key-file="+serverPKI+"/metrics-server.key",
		"--kubelet-certificate-authority="+serverPKI+"/ca.crt",
		"--kubelet-preferred-address-types=InternalIP",
		// The shortest resolution that it takes, which must exceed the time of a request.
		"--metric-resolution=10s",
		"--kubelet-request-timeout=5s",
	)
}

// loopbackArguments are those of a component that asks the API and answers on the loopback alone.
func loopbackArguments(user, port string) []string {
	return []string{
		"--kubeconfig=" + kubeconfigOf(user),
		"--authentication-kubeconfig=" + kubeconfigOf(user),
		"--authorization-kubeconfig=" + kubeconfigOf(user),
		"--bind-address=127.0.0.1",
		"--secure-port=" + port,
		"--tls-cert-file=" + serverPKI + "/loopback.crt",
		"--tls-private-key-file=" + serverPKI + "/loopback.key",
	}
}
