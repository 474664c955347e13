"""Databases for tests on a real PostgreSQL server."""

import uuid

import psycopg2


def new_database(server: str) -> str:
    """The address of another, empty database on a PostgreSQL server."""
    name = f"and_{uuid.uuid4().hex[:12]}"
    connection = psycopg2.connect(server)
    connection.autocommit = True  # a database can't be made in a transaction
    connection.cursor().execute(f"create database {name}")
    connection.close()
    return server.rpartition("/")[0] + f"/{name}"
