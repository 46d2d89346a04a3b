package main

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net"
	"time"
)

// question is one line from the suite. The first one of a connection has the token, every other one exactly one of
// the other fields.
type question struct {
	Token    string   `json:"token,omitempty"`
	Read     []string `json:"read,omitempty"`  // files
	Run      []string `json:"run,omitempty"`   // a command line
	Stop     string   `json:"stop,omitempty"`  // a component
	Start    string   `json:"start,omitempty"` // one that was stopped
	TimeoutS float64  `json:"timeout_s,omitempty"`
}

// answer is one line to the suite.
type answer struct {
	Texts  []*string `json:"texts,omitempty"` // one a file, null for a file that is not there
	Code   int       `json:"code"`
	Stdout string    `json:"stdout,omitempty"`
	Stderr string    `json:"stderr,omitempty"`
	Error  string    `json:"error,omitempty"`
}

// serve answers until it can't. Pods can reach the port, so every connection has to show the run's token first.
func serve(node *spec, s *supervisor) error {
	listener, err := net.Listen("tcp", fmt.Sprintf(":%d", node.AgentPort))
	if err != nil {
		return err
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go converse(connection, node.AgentToken, s)
	}
}

func converse(connection net.Conn, token string, s *supervisor) {
	defer connection.Close()
	questions, answers := json.NewDecoder(connection), json.NewEncoder(connection)
	files := &openFiles{descriptors: map[string]int{}}
	defer files.closeAll()
	// Whoever connects and shows no token is not listened to for long.
	connection.SetReadDeadline(time.Now().Add(5 * time.Second))
	for authorized := false; ; {
		var asked question
		if questions.Decode(&asked) != nil {
			return
		}
		if !authorized {
			if subtle.ConstantTimeCompare([]byte(asked.Token), []byte(token)) != 1 {
				return
			}
			authorized = true
			connection.SetReadDeadline(time.Time{})
			continue
		}
		if answers.Encode(reply(asked, files, s)) != nil {
			return
		}
	}
}

func reply(asked question, files *openFiles, s *supervisor) answer {
	timeout := time.Duration(asked.TimeoutS * float64(time.Second))
	switch {
	case asked.Read != nil:
		return answer{Texts: files.readAll(asked.Read)}
	case asked.Run != nil:
		code, stdout, stderr, err := s.run(asked.Run, timeout)
		if err != nil {
			return answer{Error: err.Error()}
		}
		return answer{Code: code, Stdout: stdout, Stderr: stderr}
	case asked.Stop != "":
		return outcome(s.stop(asked.Stop, timeout))
	case asked.Start != "":
		return outcome(s.startAgain(asked.Start))
	}
	return answer{Error: "nothing was asked"}
}

func outcome(err error) answer {
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{}
}
