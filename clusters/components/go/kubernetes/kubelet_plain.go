//go:build !kubelet_context

package main

import (
	"github.com/spf13/cobra"

	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// newKubeletCommand is the kubelet's command as it was up to Kubernetes 1.33, without a context.
func newKubeletCommand() *cobra.Command {
	return kubelet.NewKubeletCommand()
}
