"""From Kafka messages to events, or to the reason why a message is none. Pure, and in JVM expressions alone."""

from typing import Any, Final

from pydantic import BaseModel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name by which everyone knows it
from pyspark.sql.types import DoubleType, MapType, StringType, StructField, StructType

from gridpulse_contract.models import Header
from gridpulse_spark.schemas import EventModel, spark_type

__all__ = [
    "first_problem",
    "header",
    "instant_fields",
    "is_corrupt",
    "read_instant",
    "read_messages",
    "write_timestamp_us",
]

_CORRUPT: Final = "_corrupt_record"
# Spark reads far more than this as a time; the contract has one form, `format_instant`.
_INSTANT: Final = r"^(?!0000)\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z\z"
_EVENT_ID: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\z"


def read_messages(messages: DataFrame, model: type[BaseModel]) -> DataFrame:
    """Adds `parsed`, whose `event` has the model's fields, to rows of Kafka's source (with headers), `event_id` from
    their headers, and every time of the event as a timestamp of the field's name, null where it is none.

    Whether that is an event, `first_problem` says. Fields that the contract does not know are ignored, since it may
    grow within a version. The session's time zone must be UTC.
    """
    # A message is read as a member of an object, so that text after its end, or a list of messages, is corrupt: on its
    # own, `from_json` would take the first and drop the rest in silence.
    wrapped = F.concat(F.lit('{"event":'), F.col("value").cast("string"), F.lit("}"))
    schema = StructType([StructField("event", spark_type(model)), StructField(_CORRUPT, StringType())])
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": _CORRUPT, "allowNonNumericNumbers": "false"}
    parsed = messages.withColumns(
        {"parsed": F.from_json(wrapped, schema, options), "event_id": header(Header.EVENT_ID)}
    )
    return parsed.withColumns({name: read_instant(F.col("parsed.event")[name]) for name in instant_fields(model)})


def instant_fields(model: type[BaseModel]) -> list[str]:
    """The model's fields that are times."""
    properties: dict[str, dict[str, Any]] = model.model_json_schema()["properties"]
    return [name for name, rules in properties.items() if _is_instant(rules)]


def header(name: Header) -> Column:
    """Text of a header of a row of Kafka's source; null where it has none."""
    position = F.array_position(F.col("headers.key"), name.value)  # from 1 on; 0 where there is none
    return F.when(position > 0, F.col("headers.value")[position.cast("int") - 1].cast("string"))


def is_corrupt() -> Column:
    """Whether a row of `read_messages` is not JSON of its model's types."""
    return F.col("value").isNull() | F.col("parsed")[_CORRUPT].isNotNull() | F.col("parsed.event").isNull()


def first_problem(model: EventModel) -> Column:
    """Why a row of `read_messages` is no event, as a sentence that names the first field that is wrong; else null.

    It is null exactly where the message is JSON of the contract's shape with a canonical `event-id` header. A null for
    a field with a default stands for the default.
    """
    parsed = F.col("parsed")
    event = parsed["event"]
    problems = [
        (F.col("value").isNull(), "the message has no value"),
        (parsed[_CORRUPT].isNotNull(), "not JSON of the contract's types"),
        (event.isNull(), "not a JSON object"),
        (~_allowed(F.col("event_id").rlike(_EVENT_ID)), f"header {Header.EVENT_ID.value} is no canonical UUID"),
    ]
    specification: dict[str, Any] = model.model_json_schema()
    for name, rules in specification["properties"].items():
        is_required = name in specification["required"]
        is_good = _is_good(name, {**specification["$defs"].get(_reference(rules), {}), **rules}, is_required)
        if is_good is not None:
            problems.append((~_allowed(is_good), f"{name} is missing or not allowed"))
    problems.append((_is_any_infinite(model, event), "a number is too large"))
    return F.coalesce(*(F.when(is_wrong, F.lit(sentence)) for is_wrong, sentence in problems))


def _is_instant(rules: dict[str, Any]) -> bool:
    return rules.get("format") == "date-time"


def read_instant(text: Column) -> Column:
    """A timestamp from the contract's one form of a time; null for any other text. The session's zone must be UTC."""
    # Read without its Z: Spark compiles a pattern for every zone that it reads, and the session's is UTC.
    return F.when(text.rlike(_INSTANT), F.substring(text, 1, len("2026-01-02T03:00:00.000")).cast("timestamp"))


def write_timestamp_us(updated_at: Column, event_id: Column) -> Column:
    """Cassandra's write timestamp of a revision, equal to `gridpulse_contract.models.write_timestamp_us`."""
    hashed = F.conv(F.substring(event_id, 1, 8), 16, 10).cast("long") % 1000
    return F.unix_millis(updated_at) * 1000 + hashed


def _reference(rules: dict[str, Any]) -> str:
    return str(rules.get("$ref", "")).removeprefix("#/$defs/")


def _is_good(name: str, rules: dict[str, Any], is_required: bool) -> Column | None:
    """Whether a field is as its JSON Schema says, as far as its Spark type has not settled that."""
    field = F.col("parsed.event")[name]
    if "const" in rules:
        is_good = field == rules["const"]
    elif "enum" in rules:
        is_good = field.isin(rules["enum"])
    elif _is_instant(rules):
        is_good = F.col(name).isNotNull()  # read from the field by `read_messages`
    elif "pattern" in rules:
        pattern = str(rules["pattern"]).removesuffix("$") + r"\z"  # Java's $ lets a line break follow
        is_good = field.rlike(pattern) & (F.length(field) <= int(rules["maxLength"]))
    else:
        return field.isNotNull() if is_required else None
    return is_good if is_required else (field.isNull() | is_good)


def _allowed(condition: Column) -> Column:
    return F.coalesce(condition, F.lit(False))


def _is_any_infinite(model: type[BaseModel], event: Column) -> Column:
    """Whether a number was beyond what a double holds: JSON has no limit, and Java reads it as infinite."""
    magnitudes = (F.abs(number) for number in _extremes(spark_type(model), event))
    return F.greatest(F.lit(0.0), *magnitudes) == float("inf")


def _extremes(struct: StructType, value: Column) -> list[Column]:
    """The numbers in it; of those in a map, the largest and the smallest."""
    numbers: list[Column] = []
    for field in struct:
        member = value[field.name]
        if isinstance(field.dataType, StructType):
            numbers += _extremes(field.dataType, member)
        elif isinstance(field.dataType, MapType):
            numbers += [F.array_max(F.map_values(member)), F.array_min(F.map_values(member))]
        elif isinstance(field.dataType, DoubleType):
            numbers.append(member)
    return numbers
