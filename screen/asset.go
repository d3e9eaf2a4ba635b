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

// readAssets are the assets by address, and the address of each by name. The style
// names the files of letters by theirs.
func readAssets() (map[string]asset, map[string]string, error) {
	all, names := map[string]asset{}, map[string]string{}
	add := func(name string, b []byte) error {
		names[name] = "/asset/" + addressOf(name, b)
		small, err := packed(b)
		if len(small) >= len(b)*9/10 {
			small = nil
		}
		all[addressOf(name, b)] = asset{kindOf(name), b, small}
		return err
	}
	for _, f := range faces() {
		b, err := readAll(fontFiles, "font/"+f.file+".woff2")
		if err != nil {
			return nil, nil, err
		}
		if err := add(f.file+".woff2", b); err != nil {
			return nil, nil, err
		}
	}
	entries, err := fs.ReadDir(assetFiles, "asset")
	if err != nil {
		return nil, nil, fmt.Errorf("assets: %w", err)
	}
	for _, e := range entries {
		b, err := readAll(assetFiles, "asset/"+e.Name())
		if err != nil {
			return nil, nil, err
		}
		if e.Name() == "style.css" {
			b = append([]byte(fontStyle(func(name string) string { return names[name] })), b...)
		}
		if err := add(e.Name(), b); err != nil {
			return nil, nil, err
		}
	}
	return all, names, nil
}

// kindOf is the media type of an asset, the same on every system.
func kindOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	}
	return mime.TypeByExtension(path.Ext(name))
}

// addressOf is style-0123456789ab.css for style.css.
func addressOf(name string, b []byte) string {
	sum := canon.DigestOf(b)
	ext := path.Ext(name)
	return fmt.Sprintf("%s-%x%s", strings.TrimSuffix(name, ext), sum[:6], ext)
}

// assetPath is the address of an asset for a page.
func (s *Site) assetPath(name string) (string, error) {
	at, ok := s.names[name]
	if !ok {
		return "", fmt.Errorf("no asset %q", name)
	}
	return at, nil
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
