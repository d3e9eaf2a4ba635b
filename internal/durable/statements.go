package durable

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
)

// connector opens connections that keep their prepared statements: the same
// text is compiled once for each connection, whoever runs it.
type connector struct{ driver.Connector }

// Connect opens one connection.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	under, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := under.(fullConn)
	if !ok {
		under.Close()
		return nil, errors.New("the SQLite driver lacks what it had")
	}
	return &conn{fullConn: full, kept: map[string]*kept{}}, nil
}

// fullConn is what database/sql uses of the driver's connection.
type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// fullStmt is what we use of the driver's statement.
type fullStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// conn is one connection; database/sql lets one goroutine use it at a time.
type conn struct {
	fullConn
	kept map[string]*kept
}

// kept is a prepared statement; busy while rows of it are open.
type kept struct {
	s    fullStmt
	busy bool
}

// statement returns a free prepared statement of the text, or nil where the text
// has to run the driver's own way: scripts, and a statement inside its own rows.
func (c *conn) statement(ctx context.Context, query string) (*kept, error) {
	if strings.Contains(query, ";") {
		return nil, nil
	}
	if k := c.kept[query]; k != nil {
		if k.busy {
			return nil, nil
		}
		return k, nil
	}
	if len(c.kept) >= maxStatements {
		if err := c.drop(); err != nil {
			return nil, err
		}
	}
	under, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s, ok := under.(fullStmt)
	if !ok {
		return nil, under.Close()
	}
	k := &kept{s: s}
	c.kept[query] = k
	return k, nil
}

// drop closes the statements that are not in use.
func (c *conn) drop() error {
	var err error
	for query, k := range c.kept {
		if !k.busy {
			err = errors.Join(err, k.s.Close())
			delete(c.kept, query)
		}
	}
	return err
}

// ExecContext runs a statement or a script.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	k, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return c.fullConn.ExecContext(ctx, query, args)
	}
	return k.s.ExecContext(ctx, args)
}

// QueryContext runs a query; its statement is in use until the rows are closed.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	k, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return c.fullConn.QueryContext(ctx, query, args)
	}
	r, err := k.s.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	k.busy = true
	return &rows{Rows: r, k: k}, nil
}

// Close closes the statements and the connection.
func (c *conn) Close() error {
	for _, k := range c.kept {
		k.busy = false
	}
	return errors.Join(c.drop(), c.fullConn.Close())
}

// rows frees its statement when it is closed.
type rows struct {
	driver.Rows
	k *kept
}

// Close ends the rows.
func (r *rows) Close() error {
	r.k.busy = false
	return r.Rows.Close()
}
