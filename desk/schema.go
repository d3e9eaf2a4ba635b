package desk

// Schema creates the local tables of this package. It runs at every start.
// Times are Unix seconds; lists are joined by commas.
const Schema = `
create table if not exists desk_officer (
  id text primary key,
  name text not null,
  post text not null,
  roles text not null,
  steps text not null,
  ssh_key text not null,
  passphrase text not null,
  active bigint not null
);

create table if not exists desk_attempt (
  who text primary key,
  count bigint not null,
  last bigint not null,
  until bigint not null
);

create table if not exists desk_session (
  hash text primary key,
  officer text not null,
  made bigint not null,
  used bigint not null
);

create table if not exists desk_token (
  id text primary key,
  hash text not null unique,
  officer text not null,
  name text not null,
  scopes text not null,
  made bigint not null,
  expires bigint not null,
  ended bigint not null
);

create table if not exists desk_once (
  who text not null,
  name text not null,
  what text not null,
  outcome text not null,
  made bigint not null,
  primary key (who, name)
);

create table if not exists desk_challenge (
  hash text primary key,
  officer text not null,
  expires bigint not null
);

create table if not exists desk_passkey (
  id text primary key,
  officer text not null,
  name text not null,
  origin text not null,
  handle text not null,
  credential text not null,
  public_key text not null,
  count bigint not null,
  copied bigint not null,
  doubted bigint not null,
  made bigint not null,
  used bigint not null
);

create unique index if not exists desk_passkey_credential on desk_passkey (origin, credential);

create table if not exists desk_link (
  officer text primary key,
  hash text not null unique,
  expires bigint not null
);

create table if not exists desk_chain (
  one bigint primary key check (one = 1),
  chain text not null
);

create table if not exists desk_draft (
  id text primary key,
  author text not null,
  revision bigint not null,
  request text not null,
  state text not null,
  urgent bigint not null,
  released text not null,
  reason text not null,
  remarks text not null,
  sent text not null,
  changed bigint not null
);

create index if not exists desk_draft_state on desk_draft (state, changed);

create table if not exists desk_clearance (
  draft text not null,
  step text not null,
  officer text not null,
  reference text not null,
  revision bigint not null,
  at bigint not null,
  primary key (draft, step)
);

create table if not exists desk_shift (
  id bigint primary key,
  outgoing text not null,
  incoming text not null,
  remarks text not null,
  items text not null,
  handed bigint not null,
  taken bigint not null
);

create table if not exists desk_instructions (
  one bigint primary key check (one = 1),
  instructions text not null
);

create table if not exists desk_trail (
  seq bigint primary key,
  at bigint not null,
  officer text not null,
  what text not null,
  detail text not null,
  hash text not null
);

create table if not exists desk_trail_head (
  one bigint primary key check (one = 1),
  seq bigint not null,
  hash text not null
);

insert into desk_trail_head (one, seq, hash) values (1, 0, '') on conflict do nothing;
`
