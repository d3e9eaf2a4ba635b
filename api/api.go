package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"detente/control"
	"detente/internal/canon"
)

const (
	// maxArgs bounds the arguments of a call, in bytes: a draft has at most 4 MiB.
	maxArgs = 8 << 20
	// maxQuery bounds arguments that stand beside a file, in bytes.
	maxQuery = 16 << 10
	// held is how much of a file is kept back, in bytes, so that a call that fails
	// before can still say so.
	held = 64 << 10
)

// Door is what the interface needs of a node.
type Door interface {
	// As calls verbs for somebody who came over a network, under a token.
	As(token string) control.Caller
	// Once calls a verb that its caller named, so that it is done once.
	Once(ctx context.Context, token, name, verb string, args []byte) (json.RawMessage, error)
}

// API answers programs. It implements http.Handler for the paths below Prefix.
type API struct {
	door     Door
	verbs    map[string]control.Verb
	document []byte
	mux      *http.ServeMux
}

// Prefix begins every path of the interface.
const Prefix = "/api/"

// New makes the interface of a node. The version is that of the program; now is the
// clock of the node.
func New(door Door, version string, now func() time.Time) (*API, error) {
	a := &API{door: door, verbs: map[string]control.Verb{}, mux: http.NewServeMux()}
	for _, v := range control.Verbs() {
		a.verbs[v.Name] = v
	}
	var err error
	if a.document, err = document(version); err != nil {
		return nil, err
	}
	a.mux.HandleFunc("GET "+Prefix+"openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		head(w, "application/json")
		w.Write(a.document)
	})
	a.mux.HandleFunc("POST "+Prefix+"v1/{verb}", a.call)
	a.feeds(now)
	a.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, &control.Error{Code: control.NotFound, Message: r.Method + " " + r.URL.Path + " is not part of the interface", Hint: Prefix + "openapi.json describes it"})
	})
	return a, nil
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

func head(w http.ResponseWriter, contentType string) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
}

// failure is an error as a program reads it.
type failure struct {
	Error *control.Error `json:"error"`
}

func refuse(w http.ResponseWriter, err error) {
	e := control.ErrorOf(err)
	b, err := json.Marshal(failure{e})
	if err != nil {
		http.Error(w, "write the answer", http.StatusInternalServerError)
		return
	}
	head(w, "application/json")
	if e.Status() == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="detente"`)
	}
	w.WriteHeader(e.Status())
	w.Write(append(b, '\n'))
}

func usage(format string, args ...any) error {
	return &control.Error{Code: control.Usage, Message: fmt.Sprintf(format, args...), Hint: Prefix + "openapi.json describes each call"}
}

func (a *API) call(w http.ResponseWriter, r *http.Request) {
	v, ok := a.verbs[r.PathValue("verb")]
	if !ok {
		refuse(w, &control.Error{Code: control.NotFound, Message: fmt.Sprintf("there is no call %q", r.PathValue("verb")), Hint: Prefix + "openapi.json lists them"})
		return
	}
	token, err := bearer(r)
	if err != nil {
		refuse(w, err)
		return
	}
	if err := a.answer(w, r, v, token); err != nil {
		refuse(w, err)
	}
}

// bearer is the token of a request, RFC 6750; empty: none.
func bearer(r *http.Request) (string, error) {
	h := r.Header.Get("Authorization")
	if h == "" {
		return "", nil
	}
	scheme, token, _ := strings.Cut(h, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", usage("the header Authorization is not of the form: Bearer TOKEN")
	}
	return token, nil
}

// answer does a call and writes what it came to; an error was not written.
func (a *API) answer(w http.ResponseWriter, r *http.Request, v control.Verb, token string) error {
	args, in, err := arguments(w, r, v)
	if err != nil {
		return err
	}
	door, name := a.door.As(token), r.Header.Get("Idempotency-Key")
	if name != "" && !v.Named {
		return usage("%s takes no Idempotency-Key: it changes nothing, or carries a file or a secret", v.Name)
	}
	if v.Stream == control.WritesUp {
		f := &file{w: w}
		var result json.RawMessage
		err := door.Call(r.Context(), v.Name, json.RawMessage(args), nil, f, &result)
		if err != nil && f.begun {
			panic(http.ErrAbortHandler) // the reader has a part of a file, and must see that it is no whole
		}
		if err != nil {
			return err
		}
		return f.end()
	}
	var result json.RawMessage
	if name != "" {
		result, err = a.door.Once(r.Context(), token, name, v.Name, args)
	} else {
		err = door.Call(r.Context(), v.Name, json.RawMessage(args), in, nil, &result)
	}
	if err != nil {
		return err
	}
	if len(result) == 0 {
		result = json.RawMessage("null")
	}
	head(w, "application/json")
	w.Write(append(bytes.Clone(result), '\n'))
	return nil
}

// arguments reads what a call is told: its body; beside a file, the query "args".
func arguments(w http.ResponseWriter, r *http.Request, v control.Verb) (args []byte, in io.Reader, err error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if v.Stream == control.ReadsIn {
		if kind != "application/octet-stream" {
			return nil, nil, usage("%s takes a file: send it as the body, of type application/octet-stream", v.Name)
		}
		q := r.URL.Query().Get("args")
		if len(q) > maxQuery {
			return nil, nil, usage("the arguments have more than %d bytes", maxQuery)
		}
		if q == "" {
			q = "{}"
		}
		return []byte(q), r.Body, object([]byte(q))
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxArgs))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, nil, usage("the arguments have more than %d bytes", maxArgs)
	}
	if err != nil {
		return nil, nil, usage("the arguments did not arrive whole")
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return []byte("{}"), nil, nil
	}
	if kind != "application/json" {
		return nil, nil, usage("send the arguments as the body, of type application/json")
	}
	return b, nil, object(b)
}

// object refuses what is no JSON object.
func object(b []byte) error {
	var any map[string]json.RawMessage
	err := canon.ReadJSON(b, &any)
	if err == nil && any == nil {
		err = errors.New("it is null")
	}
	if err != nil {
		return usage("the arguments are no JSON object: %v", err)
	}
	return nil
}

// file is an answer that is a file. Its beginning is kept back.
type file struct {
	w      http.ResponseWriter
	before []byte
	begun  bool
}

// Write implements io.Writer.
func (f *file) Write(p []byte) (int, error) {
	if !f.begun && len(f.before)+len(p) <= held {
		f.before = append(f.before, p...)
		return len(p), nil
	}
	if err := f.end(); err != nil {
		return 0, err
	}
	return f.w.Write(p)
}

// end writes what was kept back.
func (f *file) end() error {
	if f.begun {
		return nil
	}
	f.begun = true
	head(f.w, "application/octet-stream")
	_, err := f.w.Write(f.before)
	f.before = nil
	return err
}
