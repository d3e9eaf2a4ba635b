package node

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"detente/act"
	"detente/docket"
	"detente/internal/canon"
	"detente/line"
	"detente/party"
	"detente/phrasebook"
)

// maxLines is how many lines of one author are kept in sight: enough for a line
// with every other party and a few more, and a bound on what a hostile one can open.
const maxLines = 256

// ErrNoLine means that no line of that name stands open at this state's side.
var ErrNoLine = errors.New("no line of this name is open on this state's side")

// fitsLine says whether an opened content of package line is in order beside the
// act that carried it. What is not is returned like all that is not to format.
func (n *Node) fitsLine(author party.ID, a *act.Act, contentType string, body []byte) error {
	if !line.IsType(contentType) || a.Kind != act.Statement {
		return nil
	}
	switch contentType {
	case line.TypeEnd:
		e, err := line.ParseEnd(body)
		if err == nil && e.Key() != line.KeyOf(e.Line, append([]party.ID{author}, a.To...)) {
			err = errors.New("the parties of the line are not the author and the addressees of the act")
		}
		return err
	case line.TypeMessage:
		m, err := line.ParseMessage(body)
		if err == nil && m.Kind == line.Test && a.Status != act.Test {
			err = fmt.Errorf("a test call has the status test, not %s", a.Status)
		}
		return err
	}
	_, err := line.ParseHours(body)
	return err
}

// noteLine keeps in sight what an opened content says of lines. The moment of
// arrival is a fact of this node alone and comes from no record.
func (n *Node) noteLine(ctx context.Context, tx *sql.Tx, ref act.Ref, a *act.Act, c content) error {
	if c.State != opened || a.Kind != act.Statement || !line.IsType(c.Type) {
		return nil
	}
	author := n.author(ref.Origin)
	var key line.Key
	kind := ""
	switch c.Type {
	case line.TypeEnd:
		e, err := line.ParseEnd(c.Body)
		if err != nil {
			return fmt.Errorf("note the end of a line: %w", err)
		}
		key = e.Key()
	case line.TypeMessage:
		m, err := line.ParseMessage(c.Body)
		if err != nil {
			return fmt.Errorf("note a message: %w", err)
		}
		key, kind = line.KeyOf(m.Line, append([]party.ID{author}, a.To...)), string(m.Kind)
	}
	if c.Type != line.TypeMessage {
		if stands, err := n.supersede(ctx, tx, ref, author, c.Type, key); err != nil || !stands {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `insert into node_lines (origin, idx, author, type, line, parties, kind, arrived)
		values ($1,$2,$3,$4,$5,$6,$7,$8) on conflict (origin, idx) do nothing`,
		string(ref.Origin), ref.Index, string(author), c.Type, string(key.ID), key.Parties, kind, n.now().Unix())
	if err != nil {
		return fmt.Errorf("note what was said on a line: %w", err)
	}
	return nil
}

// supersede takes the former end or hours of an author out of sight, unless what
// is held is the newer one: a blob can come after that of a later act.
func (n *Node) supersede(ctx context.Context, tx *sql.Tx, ref act.Ref, author party.ID, contentType string, key line.Key) (stands bool, err error) {
	var held act.Ref
	err = tx.QueryRowContext(ctx, `select origin, idx from node_lines where type = $1 and author = $2 and line = $3 and parties = $4`,
		contentType, string(author), string(key.ID), key.Parties).Scan(&held.Origin, &held.Index)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		var count int
		err := tx.QueryRowContext(ctx, "select count(*) from node_lines where type = $1 and author = $2", contentType, string(author)).Scan(&count)
		if err == nil && count >= maxLines {
			n.cfg.Log.Warn("a party speaks of more lines than are kept in sight", "party", string(author), "most", maxLines)
		}
		return count < maxLines, err
	case err != nil:
		return false, fmt.Errorf("look for the end of a line: %w", err)
	case n.inOrder(author)(ref, held) <= 0:
		return false, nil
	}
	_, err = tx.ExecContext(ctx, "delete from node_lines where origin = $1 and idx = $2", string(held.Origin), held.Index)
	return err == nil, err
}

// inOrder compares places in the order of an author's record; a record entered
// after a loss of keys comes last.
func (n *Node) inOrder(author party.ID) func(a, b act.Ref) int {
	p, ok := n.keys.Load().Current().Party(author)
	newest := func(r act.Ref) int {
		if ok && p.Card != nil && p.Card.Origin == r.Origin.Base() {
			return 1
		}
		return 0
	}
	return func(a, b act.Ref) int {
		return cmp.Or(cmp.Compare(newest(a), newest(b)), cmp.Compare(a.Origin.Base(), b.Origin.Base()),
			cmp.Compare(a.Origin.Volume(), b.Origin.Volume()), cmp.Compare(a.Index, b.Index))
	}
}

// LineEnd is what one party said of its side of a line.
type LineEnd struct {
	Party party.ID
	End   *line.End
	Ref   act.Ref
}

// Line is a line that this state is a party of, with the newest end of each party
// that said something of it, in the order of the roster.
type Line struct {
	Key  line.Key
	Ends []LineEnd
}

// EndOf is the end of one party, or nil.
func (l *Line) EndOf(id party.ID) *line.End {
	for _, e := range l.Ends {
		if e.Party == id {
			return e.End
		}
	}
	return nil
}

// Lines are the lines of this state, by name and parties.
func (n *Node) Lines(ctx context.Context) ([]Line, error) {
	found, err := n.noted(ctx, "type = $1 order by m.line, m.parties, m.author limit 10000", line.TypeEnd)
	if err != nil {
		return nil, err
	}
	var out []Line
	for _, f := range found {
		c, err := n.readContent(ctx, n.db.Read(), f.ref.Origin, f.ref.Index)
		if err != nil {
			return nil, err
		}
		e, err := line.ParseEnd(c.Body)
		if err != nil {
			return nil, err
		}
		if len(out) == 0 || out[len(out)-1].Key != f.key {
			out = append(out, Line{Key: f.key})
		}
		last := &out[len(out)-1]
		last.Ends = append(last.Ends, LineEnd{f.author, e, f.ref})
	}
	return out, nil
}

// Hours are the newest published duty hours of each party that published some to
// this one, its own among them.
func (n *Node) Hours(ctx context.Context) (map[party.ID]*line.Hours, error) {
	found, err := n.noted(ctx, "type = $1 order by m.author limit 10000", line.TypeHours)
	if err != nil {
		return nil, err
	}
	out := map[party.ID]*line.Hours{}
	for _, f := range found {
		c, err := n.readContent(ctx, n.db.Read(), f.ref.Origin, f.ref.Index)
		if err != nil {
			return nil, err
		}
		if out[f.author], err = line.ParseHours(c.Body); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// notice is one row of what is kept in sight.
type notice struct {
	ref     act.Ref
	author  party.ID
	key     line.Key
	arrived int64
}

func (n *Node) noted(ctx context.Context, where string, args ...any) ([]notice, error) {
	rows, err := n.db.Read().QueryContext(ctx, `select m.origin, m.idx, d.leaf, m.author, m.line, m.parties, m.arrived
		from node_lines m join docket_acts d on d.origin = m.origin and d.idx = m.idx where m.`+where, args...)
	if err != nil {
		return nil, fmt.Errorf("list what was said on lines: %w", err)
	}
	defer rows.Close()
	var out []notice
	for rows.Next() {
		var f notice
		var leaf []byte
		if err := rows.Scan(&f.ref.Origin, &f.ref.Index, &leaf, &f.author, &f.key.ID, &f.key.Parties, &f.arrived); err != nil {
			return nil, fmt.Errorf("list what was said on lines: %w", err)
		}
		copy(f.ref.Leaf[:], leaf)
		out = append(out, f)
	}
	return out, rows.Err()
}

// checkLine reads and checks a request whose content is one of package line.
func (n *Node) checkLine(ctx context.Context, p *Plan) error {
	r := p.Request
	if r.Kind != act.Statement || r.Open || len(r.To) == 0 || r.Measure != "" || r.Text != "" {
		return errors.New("what is said on a line is a statement sealed to its parties by name, without form or other text")
	}
	var err error
	switch r.Type {
	case line.TypeEnd:
		var e line.End
		if err = canon.ReadJSON(r.Body, &e); err == nil {
			p.Content, err = e.Bytes()
		}
	case line.TypeMessage:
		var m line.Message
		if err = canon.ReadJSON(r.Body, &m); err == nil {
			p.Content, err = m.Bytes()
		}
		if err == nil {
			err = n.checkMessage(ctx, r, &m)
		}
	case line.TypeHours:
		var h line.Hours
		if err = canon.ReadJSON(r.Body, &h); err == nil {
			p.Content, err = h.Bytes()
		}
	default:
		return fmt.Errorf("%q is no content of a line", r.Type)
	}
	if err != nil {
		return err
	}
	a := &act.Act{Kind: r.Kind, Status: r.Status, To: r.To}
	return n.fitsLine(n.self, a, r.Type, p.Content)
}

// Phrasebooks are those that ship, the newest edition of each id last.
func (n *Node) Phrasebooks() ([]*phrasebook.Book, error) { return n.books() }

// checkAgreed wants each phrase to be in its book, with every blank filled in: what
// is said as agreed text is read as such on every side.
func (n *Node) checkAgreed(m *line.Message) error {
	books, err := n.books()
	if err != nil {
		return err
	}
	for _, p := range m.Agreed {
		i := slices.IndexFunc(books, func(b *phrasebook.Book) bool { return b.Digest() == p.Book })
		if i < 0 {
			return fmt.Errorf("the phrasebook %s is not at hand", p.Book)
		}
		if err := books[i].Check(p.ID, p.Values); err != nil {
			return err
		}
	}
	return nil
}

// checkMessage asks that the own side of the line is open, that agreed text is in
// its book, and that the thread keeps its status.
func (n *Node) checkMessage(ctx context.Context, r Request, m *line.Message) error {
	if err := n.checkAgreed(m); err != nil {
		return err
	}
	key := line.KeyOf(m.Line, append([]party.ID{n.self}, r.To...))
	lines, err := n.Lines(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(lines, func(l Line) bool { return l.Key == key })
	if i < 0 || lines[i].EndOf(n.self) == nil || lines[i].EndOf(n.self).StateAt(n.now()) != line.Open {
		return fmt.Errorf("%w: %s with %s", ErrNoLine, m.Line, key.Parties)
	}
	if r.Thread == "" {
		return errors.New("a message stands in a thread: give its reference")
	}
	rows, err := docket.List(ctx, n.db.Read(), docket.Filter{Thread: r.Thread, Kinds: []act.Kind{act.Statement}, Limit: maxThread})
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.Status != r.Status && (row.Author == n.self || slices.Contains(r.To, row.Author)) {
			return fmt.Errorf("the thread %s is %s, and this message is %s: begin another thread", r.Thread, row.Status, r.Status)
		}
	}
	return nil
}
