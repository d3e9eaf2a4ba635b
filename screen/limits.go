package screen

import "time"

const (
	// maxRows is how many rows of a table a page takes at once.
	maxRows = 200
	// maxBody bounds a posted form, in bytes: the largest draft is 4 MiB, and text
	// that is not Latin is three times as long in a form.
	maxBody = 13 << 20
	// maxUpload bounds a posted form with files, in bytes: the largest scan and its
	// form. What is larger goes by the command.
	maxUpload = 33 << 20
	// maxHeader bounds the headers of a request, in bytes.
	maxHeader = 32 << 10
	// headerWithin bounds the time in which a request begins.
	headerWithin = 10 * time.Second
	// readWithin bounds the time in which a form arrives: on a line of 150 kbit/s a
	// long text needs half a minute.
	readWithin = 2 * time.Minute
	// writeWithin bounds the time in which an answer leaves.
	writeWithin = 2 * time.Minute
	// idleFor is how long a connection without a request is kept.
	idleFor = 2 * time.Minute
	// stopWithin is how long requests under way may go on when the node stops.
	stopWithin = 3 * time.Second
	// beatEvery is how often an open page hears that the node is alive. The script says
	// so when it heard nothing for three of them.
	beatEvery = 15 * time.Second
	// restFor is the least time between two looks for something new.
	restFor = 250 * time.Millisecond
	// againAfter is after how many seconds a browser asks again for a page whose content
	// was being read.
	againAfter = "2"
	// maxStreams is how many pages are live at once; further ones ask by themselves.
	maxStreams = 512
	// hoursRows is how many rows of the form of duty hours are there at first: two watches
	// on most days, two on the others. A form that has none empty gets blankRows more.
	hoursRows, blankRows = 4, 2
	// maxOfficer and maxPassphrase bound what is typed at sign-in, in bytes.
	maxOfficer, maxPassphrase = 64, 1024
	// formerFor is how long a page of the session before may still be posted: as long as
	// the longest session.
	formerFor = 24 * time.Hour
	// maxChainRows bounds the rows of the form of a clearance chain.
	maxChainRows = 32
	// effectWithin is how long a page waits for an edition that takes effect in seconds.
	effectWithin = 6 * time.Second
	// rowsOfPage is how many rows a list shows at once.
	rowsOfPage = 50
	// choiceFor is how long a browser keeps a language and a theme.
	choiceFor = 365 * 24 * time.Hour
)
