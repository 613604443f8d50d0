package store

// PollOnly does without LISTEN and NOTIFY, as a database that does not know them. It
// comes before Follow.
func (db *DB) PollOnly() { db.listener = nil }
