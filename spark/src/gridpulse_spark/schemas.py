"""Spark's view of the contract: the type with which `from_json` reads an event."""

from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel
from pyspark.sql.types import DataType, DoubleType, LongType, MapType, StringType, StructField, StructType

from gridpulse_contract.models import Event

__all__ = ["EventModel", "spark_type"]

EventModel = type[Event]

_UNIONS: Final = (Union, UnionType)


def spark_type(model: type[BaseModel]) -> StructType:
    """The Spark type of a model's JSON: the same fields in the same order, texts for times and enumerations.

    Every field is nullable, because `from_json` gives null for what is missing. Raises TypeError for an annotation that
    the contract does not use so far.
    """
    fields = model.model_fields.items()
    return StructType([StructField(name, _type_of(field.annotation), nullable=True) for name, field in fields])


def _type_of(annotation: Any) -> DataType:
    arguments: tuple[Any, ...] = get_args(annotation)
    origin: Any = get_origin(annotation)
    if origin is Annotated:
        return _type_of(arguments[0])
    if origin in _UNIONS:
        (only,) = (argument for argument in arguments if argument is not NoneType)
        return _type_of(only)
    if origin is dict:
        return MapType(_type_of(arguments[0]), _type_of(arguments[1]), valueContainsNull=True)
    if annotation is float:
        return DoubleType()
    if annotation is int:
        return LongType()
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return spark_type(annotation)
    return StringType()
