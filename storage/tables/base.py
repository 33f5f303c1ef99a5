"""What every table shares: names of constraints, aware UTC times, JSON values, keys."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, Date, DateTime, Integer, LargeBinary, MetaData, String, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy import Table

FAR_FUTURE = datetime(9999, 12, 31, tzinfo=UTC)
"""Sorts after every real due date, so that "no due date" needs no NULL in an index."""

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""A JSON value: JSONB on PostgreSQL, text on SQLite. Key order is not kept on PostgreSQL."""

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""A running number as primary key on both databases."""


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in UTC on both databases (SQLite drops the zone); a naive one is a programming error."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: object) -> datetime | None:  # noqa: ARG002
        """Turn into UTC; ValueError when the value has no zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time in a row must have a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: object) -> datetime | None:  # noqa: ARG002
        """Give an aware UTC datetime."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Names every constraint, so that migrations can."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy's own way to say it
        datetime: UtcDateTime,
        date: Date,
        str: Text,
        bytes: LargeBinary,
        UUID: Uuid(as_uuid=True),
        dict[str, Any]: Json,
        list[Any]: Json,
    }


def uuid_key() -> Any:
    """Declare a random UUID as primary key."""
    return mapped_column(Uuid(as_uuid=True), primary_key=True, default=uuid4)


def big_key() -> Any:
    """Declare a running number as primary key."""
    return mapped_column(BigId, primary_key=True, autoincrement=True)


def code(length: int = 200) -> Any:
    """Declare a short text (code, login, key) with a bound."""
    return String(length)


def table_of(model: type[Base]) -> Table:
    """Give the table behind a class, for inserting many rows without the cost of objects."""
    return cast("Table", model.__table__)
