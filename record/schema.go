package record

// Schema creates the tables of this package. The same text serves SQLite and,
// with bytea in the place of blob, PostgreSQL. spec/record.md §2 describes them.
//
// Every change of a table is made by this package alone, in the one write
// transaction of the moment: numbers are given as the largest plus one.
const Schema = `
create table if not exists record_logs (
	id bigint primary key,
	origin text not null unique,
	size bigint not null,
	root blob not null
);
create table if not exists record_entries (
	log bigint not null,
	idx bigint not null,
	data blob not null,
	primary key (log, idx)
);
create table if not exists record_tiles (
	log bigint not null,
	level bigint not null,
	n bigint not null,
	data blob not null,
	primary key (log, level, n)
);
create table if not exists record_signers (
	id bigint primary key,
	name text not null,
	key_id bigint not null,
	unique (name, key_id)
);
create table if not exists record_notes (
	log bigint not null,
	signer bigint not null,
	size bigint not null,
	rank bigint not null,
	time bigint not null,
	seq bigint unique,
	root blob not null,
	note blob not null,
	digest blob not null,
	primary key (log, signer, size, rank)
);
create table if not exists record_reversals (
	log bigint not null,
	signer bigint not null,
	size bigint not null,
	primary key (log, signer, size)
);
create table if not exists record_blobs (
	digest blob primary key,
	data blob not null
);
create table if not exists record_observations (
	seq bigint primary key,
	party text not null,
	what text not null,
	data blob not null,
	length bigint not null,
	at bigint not null,
	upto bigint not null,
	digest blob not null
);
create index if not exists record_observations_upto on record_observations (upto);
`
