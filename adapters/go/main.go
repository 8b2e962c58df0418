// Go's net.Listen, with a goroutine that accepts and one for each connection.
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os/exec"
	"runtime"
	"time"
)

var (
	listeners = map[string]net.Listener{}
	handles   int
	networks  = map[string]string{"unspec": "tcp", "inet": "tcp4", "inet6": "tcp6"}
	options   = []string{"port", "address", "family"}
)

func hello(k keys) (any, error) {
	if k["format"] != 1.0 {
		return nil, notSupported("format")
	}
	return keys{
		"name":    "go net",
		"version": runtime.Version()[len("go"):],
		"runtime": runtime.Version(),
		"format":  1,
		"calls":   []string{"hello", "bind_sockets", "answer", "close", "spawn"},
		"options": options,
	}, nil
}

// An address that is missing, null and "" are one to Go: it has no null text.
func bindSockets(k keys) (any, error) {
	network, port := "tcp", "0"
	if family, asked := k["family"]; asked {
		if network = networks[fmt.Sprint(family)]; network == "" {
			return nil, notSupported("family")
		}
	}
	if asked, ok := k["port"]; ok {
		port = fmt.Sprint(asked)
	}
	listener, err := net.Listen(network, net.JoinHostPort(k.text("address"), port))
	if err != nil {
		return nil, err
	}
	handles++
	handle := fmt.Sprint("h", handles)
	listeners[handle] = listener
	return keys{"handle": handle, "sockets": []keys{nameOf(listener)}}, nil
}

// Nulls where the system does not tell: Go hides that its own getsockname failed, and Addr is nil.
func nameOf(listener net.Listener) keys {
	bound, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return keys{"address": nil, "port": nil}
	}
	address := net.IPAddr{IP: bound.IP, Zone: bound.Zone}
	return keys{"address": address.String(), "port": bound.Port}
}

func answer(k keys) (any, error) {
	listener, err := listenerOf(k)
	if err == nil {
		go accept(listener)
	}
	return true, err
}

func listenerOf(k keys) (net.Listener, error) {
	if listener, ok := listeners[k.text("handle")]; ok {
		return listener, nil
	}
	return nil, errors.New("no such handle")
}

func accept(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Such as no descriptor being left: there may be one later.
			time.Sleep(10 * time.Millisecond)
			continue
		}
		go func() {
			defer connection.Close()
			io.Copy(connection, connection)
		}()
	}
}

func closed(k keys) (any, error) {
	listener, err := listenerOf(k)
	if err != nil {
		return nil, err
	}
	delete(listeners, k.text("handle"))
	return true, listener.Close()
}

func spawn(k keys) (any, error) {
	var command []string
	for _, word := range k["command"].([]any) {
		command = append(command, word.(string))
	}
	output, err := exec.Command(command[0], command[1:]...).Output()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		err = nil
	}
	return keys{"output": string(output)}, err
}

func main() {
	log.SetFlags(0)
	err := serve(map[string]call{
		"hello":        {[]string{"format"}, hello},
		"bind_sockets": {options, bindSockets},
		"answer":       {[]string{"handle"}, answer},
		"close":        {[]string{"handle"}, closed},
		"spawn":        {[]string{"command"}, spawn},
	})
	if err != nil {
		log.Fatal(err)
	}
}
