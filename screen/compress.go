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
	for _, header := range r.Header.Values("Accept-Encoding") {
		for part := range strings.SplitSeq(header, ",") {
			coding, weight, _ := strings.Cut(part, ";")
			if coding = strings.ToLower(strings.TrimSpace(coding)); coding != "gzip" && coding != "*" {
				continue
			}
			q, weighed := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(weight), " ", ""), "q=")
			if w, err := strconv.ParseFloat(q, 64); !weighed || err == nil && w > 0 {
				return true
			}
		}
	}
	return false
}

// packed is a file compressed as far as it goes.
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
