package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// server is a child that listens, says where, and ends with its standard input.
type server struct {
	addr  string
	out   *bufio.Reader
	stdin io.Closer
	cmd   *exec.Cmd
}

func startServer(role string, args ...string) *server {
	cmd := child(role, args...)
	stdin, err := cmd.StdinPipe()
	check(err)
	stdout, err := cmd.StdoutPipe()
	check(err)
	check(cmd.Start())
	out := bufio.NewReader(stdout)
	line, err := out.ReadString('\n')
	check(err)
	return &server{addr: strings.TrimSpace(line), out: out, stdin: stdin, cmd: cmd}
}

// number is what the server prints next.
func (s *server) number() float64 {
	line, err := s.out.ReadString('\n')
	check(err)
	return numbers(line)[0]
}

func (s *server) stop() {
	_ = s.stdin.Close()
	_ = s.cmd.Wait()
}

// announce tells the parent where this server listens, and ends it with the parent.
func announce(addr net.Addr) {
	fmt.Println(addr)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
}

// patience is how long one measurement may take.
const patience = 3 * time.Minute

// measure runs a role to its end and answers the number it prints.
func measure(role string, args ...string) float64 { return measureAll(role, args...)[0] }

// measureAll answers all the numbers it prints.
func measureAll(role string, args ...string) []float64 {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := child(role, args...)
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()
	out, err := cmd.Output()
	if err != nil {
		fail(role + ": " + err.Error())
	}
	return numbers(string(out))
}

func numbers(text string) (all []float64) {
	for _, word := range strings.Fields(text) {
		v, err := strconv.ParseFloat(word, 64)
		check(err)
		all = append(all, v)
	}
	if len(all) == 0 {
		fail("a child printed nothing")
	}
	return all
}

func child(role string, args ...string) *exec.Cmd {
	self, err := os.Executable()
	check(err)
	cmd := exec.Command(self, append([]string{role}, args...)...)
	cmd.Stderr = os.Stderr
	return cmd
}
