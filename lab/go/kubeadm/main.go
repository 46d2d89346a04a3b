// What a kind node needs of Kubernetes besides the components of clusters/components/go/kubernetes; argv[0] selects.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/component-base/cli"
	kubeadm "k8s.io/kubernetes/cmd/kubeadm/app"
	kubeproxy "k8s.io/kubernetes/cmd/kube-proxy/app"

	// Registers the metrics that kube-proxy's own main registers.
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
)

func main() {
	switch name := filepath.Base(os.Args[0]); name {
	case "kube-proxy":
		os.Exit(cli.Run(kubeproxy.NewProxyCommand()))
	case "kubeadm":
		if err := kubeadm.Run(); err != nil {
			fmt.Fprintln(os.Stderr, errors.Join(errors.New("kubeadm failed"), err))
			os.Exit(1)
		}
	default:
		fmt.Fprintf(os.Stderr, "%s is neither kubeadm nor kube-proxy\n", name)
		os.Exit(2)
	}
}
