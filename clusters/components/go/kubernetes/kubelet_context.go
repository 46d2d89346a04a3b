//go:build kubelet_context

package main

import (
	"context"

	"github.com/spf13/cobra"

	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// newKubeletCommand passes the context that the kubelet's command wants from Kubernetes 1.34 on. The command waits for
// signals by itself, and a process may do so only once.
func newKubeletCommand() *cobra.Command {
	return kubelet.NewKubeletCommand(context.Background())
}
