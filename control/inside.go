package control

import (
	"context"
	"io"
)

// As calls verbs in this process, on the running node, under the session of a
// token; empty: of nobody. What a screen does so and what a command does through
// the socket is the same, with the same bounds.
func (s *Server) As(token string) Caller { return inside{s, token} }

// inside is a caller beside the socket.
type inside struct {
	server *Server
	token  string
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
	c := &call{home: s.home, node: s.home.Node, folio: s.folio, token: i.token, live: true, in: in, out: out}
	return invoke(ctx, s.verbs, name, c, b).decode(result)
}
