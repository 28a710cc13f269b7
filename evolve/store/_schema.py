"""The tables of ``run.sqlite`` and the numbered steps by which an older file becomes a current one."""

import sqlite3
from dataclasses import dataclass

from evolve.errors import RunError

__all__ = ["MIGRATIONS", "Migration", "applied_names", "apply_missing", "check_known"]


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema. Its SQL is never changed once released; a correction is a new step.

    Attributes:
        name: ``mNNN_words``; recorded in the table ``migration`` when applied.
        sql: Statements, run in one transaction with all other missing steps.
    """

    name: str
    sql: str


# Plain SQL that SQLite 3.34 understands (RHEL 9): no STRICT tables, no -> operators.
_M001 = """
CREATE TABLE migration (name TEXT PRIMARY KEY, applied REAL NOT NULL);

CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    time REAL NOT NULL,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    payload TEXT NOT NULL
);

CREATE TABLE blob (
    hash TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    codec TEXT NOT NULL,
    data BLOB NOT NULL
);

CREATE TRIGGER event_is_never_updated BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;

CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
"""

_M002 = """
CREATE VIEW candidate AS SELECT
    json_extract(payload, '$.candidate') AS candidate,
    json_extract(payload, '$.ticket') AS ticket,
    json_extract(payload, '$.parents') AS parents,
    json_extract(payload, '$.operator') AS operator,
    json_extract(payload, '$.proposer') AS proposer,
    json_extract(payload, '$.program') AS program,
    json_extract(payload, '$.fingerprint') AS fingerprint,
    json_extract(payload, '$.rationale') AS rationale,
    seq, time
FROM event WHERE kind = 'CandidateCreated';

CREATE VIEW evaluation AS SELECT
    json_extract(payload, '$.evaluation.id') AS evaluation,
    json_extract(payload, '$.evaluation.candidate') AS candidate,
    json_extract(payload, '$.ticket') AS ticket,
    json_extract(payload, '$.evaluation.purpose') AS purpose,
    json_extract(payload, '$.evaluation.split') AS split,
    json_extract(payload, '$.evaluation.seed') AS seed,
    json_extract(payload, '$.evaluation.status') AS status,
    json_extract(payload, '$.evaluation.scores') AS scores,
    json_extract(payload, '$.evaluation.feedback') AS feedback,
    json_extract(payload, '$.evaluation.sandbox') AS sandbox,
    json_extract(payload, '$.evaluation.trust') AS trust,
    json_extract(payload, '$.evaluation.wall_s') AS wall_s,
    json_extract(payload, '$.evaluation.cpu_s') AS cpu_s,
    seq, time
FROM event WHERE kind = 'EvaluationFinished';

CREATE VIEW score AS SELECT
    evaluation.evaluation, evaluation.candidate, evaluation.purpose, evaluation.split,
    each.key AS objective,
    json_extract(each.value, '$.value') AS value,
    json_extract(each.value, '$.low') AS low,
    json_extract(each.value, '$.high') AS high,
    json_extract(each.value, '$.n') AS n
FROM evaluation, json_each(evaluation.scores) AS each;

CREATE VIEW completion AS SELECT
    json_extract(payload, '$.ticket') AS ticket,
    json_extract(payload, '$.call') AS call,
    json_extract(payload, '$.role') AS role,
    json_extract(payload, '$.model') AS model,
    json_extract(payload, '$.usage.input_tokens') AS input_tokens,
    json_extract(payload, '$.usage.output_tokens') AS output_tokens,
    json_extract(payload, '$.usage.cached_tokens') AS cached_tokens,
    json_extract(payload, '$.usage.cost_usd') AS cost_usd,
    json_extract(payload, '$.usage.price_source') AS price_source,
    json_extract(payload, '$.usage.seconds') AS seconds,
    json_extract(payload, '$.finish_reason') AS finish_reason,
    json_extract(payload, '$.prompt') AS prompt,
    json_extract(payload, '$.text') AS text,
    seq, time
FROM event WHERE kind = 'CompletionReceived';

CREATE VIEW spend AS SELECT
    model, role,
    count(*) AS calls,
    sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens,
    CASE WHEN count(*) = count(cost_usd) THEN sum(cost_usd) END AS cost_usd
FROM completion GROUP BY model, role;
"""

MIGRATIONS: tuple[Migration, ...] = (
    Migration("m001_events_and_blobs", _M001),
    Migration("m002_views", _M002),
)


def applied_names(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Names of the steps that this file has had, in order; empty for a file that is no run."""
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migration'").fetchone()
    if found is None:
        return ()
    return tuple(row[0] for row in connection.execute("SELECT name FROM migration ORDER BY name"))


def check_known(applied: tuple[str, ...], where: str) -> None:
    """Accept a file whose steps are all known here.

    Raises:
        RunError: A newer evolve wrote the file.
    """
    known = {migration.name for migration in MIGRATIONS}
    unknown = [name for name in applied if name not in known]
    if unknown:
        raise RunError(
            f"expected a run of schema {MIGRATIONS[-1].name} or older, {where} has {unknown[-1]}: "
            "it was written by a newer evolve",
            fix="upgrade: pip install --upgrade adrs-evolve",
        )


def apply_missing(connection: sqlite3.Connection, applied: tuple[str, ...], now: float) -> None:
    """Bring the file up to the last step; all missing steps become durable together or not at all."""
    missing = [migration for migration in MIGRATIONS if migration.name not in applied]
    if not missing:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for migration in missing:
            for statement in _statements(migration.sql):
                connection.execute(statement)
            connection.execute("INSERT INTO migration VALUES (?, ?)", (migration.name, now))
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _statements(sql: str) -> list[str]:
    # executescript() would commit the open transaction; a trigger's body has semicolons of its own.
    statements: list[str] = []
    pending = ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            statements.append(pending.strip())
            pending = ""
    return statements
