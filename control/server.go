package control

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"detente/bundle"
	"detente/home"
	"detente/portfolio"
)

// Names of headers. A verb that reads or writes a file has it as the body, its
// arguments in a header and what it came to in a trailer.
const (
	argsHeader    = "Detente-Args"    // base64 of the arguments
	streamHeader  = "Detente-Stream"  // "in" or "out"
	outcomeHeader = "Detente-Outcome" // base64 of the outcome, as trailer
)

const pathPrefix = "/v1/"

// Server is the door of a running node.
type Server struct {
	home   *home.Home
	folio  *portfolio.Portfolio
	atlas  atlas
	shared shared
	verbs  map[string]verb
	places chan struct{}
	http   *http.Server
	path   string
	end    context.CancelFunc // of the reading
	loops  sync.WaitGroup
}

// Listen opens the socket of a home, and begins to read its records for those who will
// ask. The caller holds the home's lock, so a socket that is there already was left
// behind and is replaced; it calls Stop before it closes the home.
func Listen(h *home.Home) (*Server, net.Listener, error) {
	path := filepath.Join(h.Dir, home.SocketFile)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("open the control socket: %w", err)
	}
	l, err := listenUnix(path)
	if err != nil {
		return nil, nil, fmt.Errorf("open the control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open the control socket: %w", err), l.Close())
	}
	s := &Server{home: h, folio: portfolio.New(h.Node), verbs: table(), places: make(chan struct{}, maxCalls), path: path}
	s.http = &http.Server{
		Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: headerWithin, IdleTimeout: idleFor,
		MaxHeaderBytes: maxHeader + 8<<10,
	}
	var reading context.Context
	reading, s.end = context.WithCancel(context.Background())
	s.loops.Go(func() { s.follow(reading) })
	return s, l, nil
}

// Serve answers until Stop.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Stop takes no further calls, waits a little for those under way, and removes
// the socket.
func (s *Server) Stop() error {
	s.end()
	s.loops.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		s.http.Close()
	}
	if err := os.Remove(s.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutPrefix(r.URL.Path, pathPrefix)
	if !ok || r.Method != http.MethodPost {
		http.Error(w, "this is the control door of a node", http.StatusNotFound)
		return
	}
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	case <-r.Context().Done():
		return
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	c := &call{home: s.home, node: s.home.Node, folio: s.folio, atlas: &s.atlas, shared: &s.shared, token: token, live: true}
	switch r.Header.Get(streamHeader) {
	case "in":
		c.in = http.MaxBytesReader(w, r.Body, bundle.FileLimits().Total)
	case "out":
		s.serveFile(w, r, name, c)
		return
	}
	args, err := s.args(w, r, c.in != nil)
	if err != nil {
		answer(w, outcome{Error: refuse(Usage, "", "read the call: %v", err)})
		return
	}
	answer(w, invoke(r.Context(), s.verbs, name, c, args))
}

// args reads the arguments from the body, or for a stream from the header.
func (s *Server) args(w http.ResponseWriter, r *http.Request, stream bool) ([]byte, error) {
	if stream {
		return base64.StdEncoding.DecodeString(r.Header.Get(argsHeader))
	}
	if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(readWithin)); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxArgs))
	if err != nil {
		return nil, err
	}
	return b, http.NewResponseController(w).SetReadDeadline(time.Time{})
}

func answer(w http.ResponseWriter, o outcome) {
	w.Header().Set("Content-Type", "application/json")
	b, err := json.Marshal(o)
	if err != nil {
		http.Error(w, "write the answer", http.StatusInternalServerError)
		return
	}
	w.Write(b)
}

// serveFile answers with a file and what it came to behind it.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request, name string, c *call) {
	args, err := base64.StdEncoding.DecodeString(r.Header.Get(argsHeader))
	if err != nil {
		answer(w, outcome{Error: refuse(Usage, "", "read the call: %v", err)})
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Trailer", outcomeHeader)
	c.out = w
	o := invoke(r.Context(), s.verbs, name, c, args)
	b, err := json.Marshal(o)
	if err != nil {
		return
	}
	w.Header().Set(outcomeHeader, base64.StdEncoding.EncodeToString(b))
}
