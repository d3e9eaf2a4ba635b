package screen

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// A page under a session is compressed too, although it holds secrets beside what its
// address says: to learn a secret by the length of answers, somebody elsewhere has to
// make a browser ask under the session, and its cookie is sent with no request that
// comes from elsewhere.

// takesGzip reports whether a browser takes an answer compressed: RFC 9110 §12.5.3.
func takesGzip(r *http.Request) bool {
	any := false
	for _, header := range r.Header.Values("Accept-Encoding") {
		for part := range strings.SplitSeq(strings.ToLower(header), ",") {
			coding, weight, _ := strings.Cut(part, ";")
			q, weighed := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
			w, err := strconv.ParseFloat(q, 64)
			takes := !weighed || err == nil && w > 0
			switch strings.TrimSpace(coding) {
			case "gzip":
				return takes
			case "*":
				any = takes
			}
		}
	}
	return any
}

// packed is a file compressed as far as it goes, or nil where that saves less than a
// tenth, as with fonts.
func packed(b []byte) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(b); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	if out.Len() > len(b)*9/10 {
		return nil, nil
	}
	return out.Bytes(), nil
}

// send answers with a page, compressed if the browser takes it so.
func (s *Site) send(w http.ResponseWriter, r *http.Request, code int, b []byte) {
	w.Header().Add("Vary", "Accept-Encoding")
	if !takesGzip(r) {
		w.WriteHeader(code)
		w.Write(b)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(code)
	z, ok := s.packers.Get().(*gzip.Writer)
	if !ok {
		z = gzip.NewWriter(w)
	}
	defer s.packers.Put(z)
	z.Reset(w)
	z.Write(b) // an error means that the browser is gone
	z.Close()
}
