package control

import (
	"context"
	"io"
)

// As calls verbs in this process, on the running node, for somebody who came over a
// network under the session of a token; empty: of nobody, who may sign in. What a
// screen does so and what a command does through the socket is the same, with the
// same bounds, except that nobody is the console and reading asks for a session too.
func (s *Server) As(token string) Caller { return inside{s, token, true} }

// Own calls verbs in this process, on the running node, for the program itself.
func (s *Server) Own() Caller { return inside{s, "", false} }

// inside is a caller beside the socket.
type inside struct {
	server *Server
	token  string
	remote bool
}

// Call implements Caller.
func (i inside) Call(ctx context.Context, name string, args any, in io.Reader, out io.Writer, result any) error {
	s := i.server
	b, err := marshal(args)
	if err != nil {
		return ErrorOf(err)
	}
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	case <-ctx.Done():
		return ErrorOf(ctx.Err())
	}
	c := &call{home: s.home, node: s.home.Node, folio: s.folio, atlas: &s.atlas, shared: &s.shared, token: i.token, remote: i.remote, live: true, in: in, out: out}
	return invoke(ctx, s.verbs, name, c, b).decode(result)
}
