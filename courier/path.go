package courier

import (
	"fmt"
	"strconv"
	"strings"

	"detente/internal/canon"
	"detente/party"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	pathExchange      = "/exchange"
	pathAddCheckpoint = "/add-checkpoint"
	pathRecord        = "/record/"

	// tileHeight is the height of C2SP tlog-tiles: 256 hashes.
	tileHeight = 8
	// maxLevel is the highest tile level of C2SP tlog-tiles.
	maxLevel = 63
	// maxPath bounds a read path: "/record/", an origin of 120 bytes, and the
	// longest tile path, of some 50.
	maxPath = 256
)

// Resource is one thing that tlog-tiles serves: the checkpoint of a record, or
// a tile of it.
type Resource struct {
	Origin party.Origin
	Tile   tlog.Tile // the zero value asks for the checkpoint
}

// IsCheckpoint reports whether r is the checkpoint.
func (r Resource) IsCheckpoint() bool { return r.Tile == tlog.Tile{} }

// Path is where r is served. It is all in characters that a URL leaves as they are.
func (r Resource) Path() string {
	prefix := pathRecord + string(r.Origin)
	if r.IsCheckpoint() {
		return prefix + "/checkpoint"
	}
	// x/mod writes tile/<height>/<level>/…, with "data" for entries.
	rest := strings.TrimPrefix(r.Tile.Path(), "tile/"+strconv.Itoa(tileHeight)+"/")
	if data, ok := strings.CutPrefix(rest, "data/"); ok {
		rest = "entries/" + data
	}
	return prefix + "/tile/" + rest
}

// ParseResource reads a path that Path writes, and no other. An origin has
// slashes, so the path is cut from the right.
func ParseResource(path string) (Resource, error) {
	if len(path) > maxPath {
		return Resource{}, fmt.Errorf("a path of %d bytes; at most %d", len(path), maxPath)
	}
	rest, ok := strings.CutPrefix(path, pathRecord)
	if !ok {
		return Resource{}, fmt.Errorf("a path outside %s", pathRecord)
	}
	var r Resource
	origin, ok := strings.CutSuffix(rest, "/checkpoint")
	if !ok {
		i := strings.LastIndex(rest, "/tile/")
		if i < 0 {
			return Resource{}, fmt.Errorf("neither a checkpoint nor a tile")
		}
		tile, err := parseTile(rest[i+len("/tile/"):])
		if err != nil {
			return Resource{}, err
		}
		origin, r.Tile = rest[:i], tile
	}
	var err error
	if r.Origin, err = party.ParseOrigin(origin); err != nil {
		return Resource{}, err
	}
	return r, nil
}

// parseTile reads <L>/<N>[.p/<W>] or entries/<N>[.p/<W>].
func parseTile(s string) (tlog.Tile, error) {
	level, index, ok := strings.Cut(s, "/")
	if !ok {
		return tlog.Tile{}, fmt.Errorf("a tile without an index")
	}
	if level == "entries" {
		level = "data"
	} else if _, err := canon.ParseDecimal(level, maxLevel); err != nil {
		return tlog.Tile{}, fmt.Errorf("tile level: %w", err)
	}
	tile, err := tlog.ParseTilePath("tile/" + strconv.Itoa(tileHeight) + "/" + level + "/" + index)
	if err != nil {
		return tlog.Tile{}, fmt.Errorf("not a tile path")
	}
	return tile, nil
}
