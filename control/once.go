package control

import (
	"context"
	"encoding/json"

	"detente/internal/canon"
)

// Once calls a verb in this process, on the running node, for somebody who came over a
// network and named the call: however often it is sent within two days, it is done
// once, and answers alike.
func (s *Server) Once(ctx context.Context, token, name, verb string, args []byte) (json.RawMessage, error) {
	session, err := s.home.Node.Desk().Resume(ctx, token)
	if err != nil {
		return nil, ErrorOf(err)
	}
	what := canon.DigestOf(append([]byte(verb+"\n"), args...)).String()
	kept, done, err := s.home.Node.Desk().BeginOnce(ctx, session, name, what)
	if err != nil {
		return nil, ErrorOf(err)
	}
	var o outcome
	if done {
		if err := json.Unmarshal([]byte(kept), &o); err != nil {
			return nil, ErrorOf(err)
		}
	} else {
		var result json.RawMessage
		if err := s.As(token).Call(ctx, verb, json.RawMessage(args), nil, nil, &result); err != nil {
			if o.Error = ErrorOf(err); o.Error.Code == Interrupted {
				return nil, o.Error // what it came to is not known: the next hears so
			}
		} else {
			o.Result = result
		}
		b, err := json.Marshal(o)
		if err != nil {
			return nil, ErrorOf(err)
		}
		// Whoever hung up meanwhile asks again, and is told what it came to.
		if err := s.home.Node.Desk().FinishOnce(context.WithoutCancel(ctx), session, name, string(b)); err != nil {
			return nil, ErrorOf(err)
		}
	}
	var result json.RawMessage
	err = o.decode(&result)
	return result, err
}
