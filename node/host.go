package node

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"detente/courier"
	"detente/party"
	"detente/record"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint serves the newest checkpoint of a record held here.
func (n *Node) Checkpoint(ctx context.Context, from party.ID, o party.Origin) ([]byte, error) {
	if n.noLink(from) {
		return nil, courier.ErrForbidden
	}
	s, ok, err := record.Served(ctx, n.db.Read(), o)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, courier.ErrNotHeld
	}
	return s.Note, nil
}

// Tile serves a tile or an entry bundle of a record held here.
func (n *Node) Tile(ctx context.Context, from party.ID, o party.Origin, t tlog.Tile) ([]byte, error) {
	if n.noLink(from) {
		return nil, courier.ErrForbidden
	}
	b, err := record.Tile(ctx, n.db.Read(), o, t)
	if errors.Is(err, record.ErrNotHeld) {
		return nil, courier.ErrNotHeld
	}
	return b, err
}

// splitPlace reads "origin index" or "origin#index" as a person types it.
func splitPlace(text string) (party.Origin, int64, bool) {
	i := strings.LastIndexAny(text, " #")
	if i < 0 {
		return "", 0, false
	}
	o, err := party.ParseOrigin(text[:i])
	if err != nil {
		return "", 0, false
	}
	idx, err := strconv.ParseInt(text[i+1:], 10, 64)
	return o, idx, err == nil && idx >= 0
}

// AddCheckpoint answers tlog-witness.
func (n *Node) AddCheckpoint(ctx context.Context, from party.ID, oldSize int64, proof tlog.TreeProof, note []byte) ([]byte, error) {
	return nil, courier.ErrForbidden
}
