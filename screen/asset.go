package screen

import (
	"embed"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"detente/internal/canon"
)

//go:embed asset
var assetFiles embed.FS

// asset is a file that every page may use; its address names its bytes, so that a
// browser keeps it for good and never shows an old one.
type asset struct {
	kind   string
	body   []byte
	packed []byte // body, compressed; nil: it is compressed in itself
}

func readAssets() (map[string]asset, error) {
	entries, err := fs.ReadDir(assetFiles, "asset")
	if err != nil {
		return nil, fmt.Errorf("assets: %w", err)
	}
	all := map[string]asset{}
	for _, e := range entries {
		b, err := readAll(assetFiles, "asset/"+e.Name())
		if err != nil {
			return nil, err
		}
		kind := mime.TypeByExtension(path.Ext(e.Name()))
		if strings.HasSuffix(e.Name(), ".js") {
			kind = "text/javascript; charset=utf-8"
		}
		a := asset{kind: kind, body: b}
		if a.packed, err = packed(b); err != nil {
			return nil, err
		}
		if len(a.packed) >= len(b)*9/10 {
			a.packed = nil
		}
		all[addressOf(e.Name(), b)] = a
	}
	return all, nil
}

// addressOf is style-0123456789ab.css for style.css.
func addressOf(name string, b []byte) string {
	sum := canon.DigestOf(b)
	ext := path.Ext(name)
	return fmt.Sprintf("%s-%x%s", strings.TrimSuffix(name, ext), sum[:6], ext)
}

// assetPath is the address of an asset for a page.
func (s *Site) assetPath(name string) (string, error) {
	b, err := readAll(assetFiles, "asset/"+name)
	if err != nil {
		return "", err
	}
	return "/asset/" + addressOf(name, b), nil
}

func (s *Site) asset(w http.ResponseWriter, r *http.Request) {
	a, ok := s.assets[r.PathValue("file")]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Add("Vary", "Accept-Encoding")
	if a.packed != nil && takesGzip(r) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(a.packed)
		return
	}
	w.Write(a.body)
}
