package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"syscall"
)

// What a request asks for: its keys without id and call.
type keys map[string]any

func (k keys) text(name string) string {
	text, _ := k[name].(string)
	return text
}

type call struct {
	// The keys that it knows.
	known []string
	made  func(keys) (any, error)
}

// A key or a call that the library cannot be asked.
type notSupported string

func (what notSupported) Error() string { return string(what) }

// The standard library prints errors, but does not name them.
var names = map[syscall.Errno]string{
	syscall.EACCES:          "EACCES",
	syscall.EADDRINUSE:      "EADDRINUSE",
	syscall.EADDRNOTAVAIL:   "EADDRNOTAVAIL",
	syscall.EAFNOSUPPORT:    "EAFNOSUPPORT",
	syscall.EINVAL:          "EINVAL",
	syscall.EMFILE:          "EMFILE",
	syscall.ENOBUFS:         "ENOBUFS",
	syscall.ENODEV:          "ENODEV",
	syscall.ENOMEM:          "ENOMEM",
	syscall.ENOPROTOOPT:     "ENOPROTOOPT",
	syscall.EOPNOTSUPP:      "EOPNOTSUPP",
	syscall.EPERM:           "EPERM",
	syscall.EPROTONOSUPPORT: "EPROTONOSUPPORT",
}

// Answers the lines of standard input until it ends.
func serve(calls map[string]call) error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<17)
	for lines.Scan() {
		var request keys
		if err := json.Unmarshal(lines.Bytes(), &request); err != nil {
			return err
		}
		reply := keys{"id": request["id"]}
		value, err := answered(calls, request)
		if what := notSupported(""); errors.As(err, &what) {
			reply["not_supported"] = what
		} else if err != nil {
			reply["error"] = errorReply(err)
		} else {
			reply["ok"] = value
		}
		if err := json.NewEncoder(os.Stdout).Encode(reply); err != nil {
			return err
		}
	}
	return lines.Err()
}

func answered(calls map[string]call, request keys) (any, error) {
	name := request.text("call")
	delete(request, "id")
	delete(request, "call")
	called, ok := calls[name]
	if !ok {
		return nil, notSupported(name)
	}
	for key := range request {
		if !slices.Contains(called.known, key) {
			return nil, notSupported(key)
		}
	}
	return called.made(request)
}

func errorReply(err error) keys {
	reply := keys{"name": nil, "code": nil, "call": nil, "message": err.Error()}
	if failed := new(os.SyscallError); errors.As(err, &failed) {
		reply["call"] = failed.Syscall
	}
	if code := syscall.Errno(0); errors.As(err, &code) {
		reply["code"] = int(code)
		if name, ok := names[code]; ok {
			reply["name"] = name
		}
	}
	return reply
}
