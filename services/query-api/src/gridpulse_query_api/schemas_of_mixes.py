"""The answers about mixes and flows as the source has them, as the OpenAPI document describes them."""

from typing import Literal

from pydantic import Field

from gridpulse_contract.models import PowerByMode
from gridpulse_query_api.schemas import ByNeighbour, IntervalBucket, IntervalRow, Number, OfPower, Page, RollUpPage

__all__ = ["ExchangesPage", "LatestExchanges", "LatestMix", "MixPage", "RevisionsOfExchanges", "RevisionsOfMix"]


class MixRow(IntervalRow):
    """Mean power by mode over one interval. Null is not reported, which is not 0."""

    mix_mw: PowerByMode = Field(description="Negative where storage charges.")
    import_total_mw: Number = Field(description="Of the normal mix.")
    export_total_mw: Number = Field(description="Of the normal mix.")


class MixBucket(IntervalBucket):
    """Mean power and energy over the covered part of an hour, day or month."""

    mix_mw: PowerByMode
    mix_mwh: PowerByMode
    import_total_mw: Number
    import_total_mwh: Number
    export_total_mw: Number
    export_total_mwh: Number


class ExchangesRow(IntervalRow):
    """Exchanges by neighbour over one interval."""

    import_mw: ByNeighbour
    export_mw: ByNeighbour
    net_import_by_neighbour_mw: ByNeighbour


class ExchangesBucket(IntervalBucket):
    """Mean exchanges by neighbour and their energy over the covered part of an hour, day or month."""

    import_mw: ByNeighbour
    import_mwh: ByNeighbour
    export_mw: ByNeighbour
    export_mwh: ByNeighbour
    net_import_by_neighbour_mw: ByNeighbour
    net_import_by_neighbour_mwh: ByNeighbour


class _OfMix(OfPower):
    variant: Literal["normal", "flow-traced"]


class LatestMix(_OfMix, MixRow):
    """The newest electricity mix that is not in the future."""

    age_seconds: int = Field(description="Since the start of the interval.")


class MixPage(_OfMix, RollUpPage):
    """Electricity mix of a range."""

    data: list[MixRow] | list[MixBucket]


class RevisionsOfMix(_OfMix, Page):
    """Every revision, by `at` and then by `updated_at`."""

    data: list[MixRow]


class LatestExchanges(OfPower, ExchangesRow):
    """The newest flows that are not in the future."""

    age_seconds: int = Field(description="Since the start of the interval.")


class ExchangesPage(OfPower, RollUpPage):
    """Flows of a range."""

    data: list[ExchangesRow] | list[ExchangesBucket]


class RevisionsOfExchanges(OfPower, Page):
    """Every revision, by `at` and then by `updated_at`."""

    data: list[ExchangesRow]
