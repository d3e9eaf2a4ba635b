package provision

import (
	"detente/party"
	"detente/regime"
)

// Book holds what was filed under the texts in force, so that one further filing
// touches only its own occasion and accounts. It is not safe for concurrent use.
type Book struct {
	group Group
	texts []Text
}

// New opens an empty book. An error names the pack and place that cannot be used.
func New(texts []Text, group Group) (*Book, error) {
	return &Book{group: group, texts: texts}, nil
}

// Add enters a filing, or replaces what was known of it: further receipts, closer
// bounds, a form that became readable. Filings may come in any order.
func (b *Book) Add(f Filing) {}

// Items lists what the texts provide for at a moment, in order of due date.
func (b *Book) Items(q Query, m Moment) []Item { return nil }

// Accounts lists the counts that belong to a party (empty: to any) under a
// measure (empty: all).
func (b *Book) Accounts(id party.ID, measure string, m Moment) []Account { return nil }

// Findings lists the counts outside of what the texts provide for, the gates
// without an announcement, and the filings that cannot be read.
func (b *Book) Findings(m Moment) []Finding { return nil }

// Blocks lays out the measures between two parties as building blocks.
func (b *Book) Blocks(x, y party.ID, now int64) []Block { return nil }

// Why says in plain sentences why an item is what it is.
func (b *Book) Why(it *Item, lang regime.Lang) string { return "" }
