"""The tables of the SQLite store: documents as in Firestore, beside them what is searched for."""

from __future__ import annotations

from infra.local.sqlite_file import Schema

STORE = Schema(
    application=0x57_4B_50_52,  # "WKPR"
    version=1,
    statements=(
        "CREATE TABLE watches (id TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID",
        (
            "CREATE TABLE control (name TEXT PRIMARY KEY, version INTEGER NOT NULL,"
            " document TEXT NOT NULL) WITHOUT ROWID"
        ),
        # Times are whole microseconds since 1970, so that an index can order them.
        (
            "CREATE TABLE progress (watch TEXT PRIMARY KEY, short TEXT NOT NULL, due_at INTEGER,"
            " delete_at INTEGER, document TEXT NOT NULL)"
        ),
        "CREATE INDEX progress_due ON progress (due_at, watch) WHERE due_at IS NOT NULL",
        "CREATE INDEX progress_short ON progress (short)",
        (
            "CREATE TABLE channels (id TEXT PRIMARY KEY, watch TEXT NOT NULL, state TEXT NOT NULL,"
            " delete_at INTEGER, document TEXT NOT NULL)"
        ),
        "CREATE INDEX channels_watch ON channels (watch, state)",
        (
            "CREATE TABLE seen (watch TEXT NOT NULL, item TEXT NOT NULL, version TEXT NOT NULL,"
            " state TEXT NOT NULL, stamp TEXT NOT NULL, ordinal INTEGER NOT NULL,"
            " round INTEGER NOT NULL, step TEXT, PRIMARY KEY (watch, item)) WITHOUT ROWID"
        ),
        (
            "CREATE TABLE unreadable (watch TEXT NOT NULL, item TEXT NOT NULL, error TEXT NOT NULL,"
            " noted_at INTEGER NOT NULL, delete_at INTEGER NOT NULL,"
            " PRIMARY KEY (watch, item, error)) WITHOUT ROWID"
        ),
    ),
    additions=(
        (
            "CREATE TABLE IF NOT EXISTS handled (key TEXT PRIMARY KEY, watch TEXT NOT NULL,"
            " outcome TEXT NOT NULL, at INTEGER NOT NULL, delete_at INTEGER,"
            " document TEXT NOT NULL, body BLOB) WITHOUT ROWID"
        ),
        "CREATE INDEX IF NOT EXISTS handled_outcome ON handled (outcome, at)",
        "CREATE INDEX IF NOT EXISTS handled_delete ON handled (delete_at)",
    ),
)
