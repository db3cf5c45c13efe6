"""What is asked of the interface for programs, version 1, and what it answers to that; as `api_forms`."""

from pydantic import BaseModel, ConfigDict, Field

from drverify.web.api_forms import Form, StateName


class RunNow(BaseModel):
    """Which workload is to be drilled now."""

    model_config = ConfigDict(extra="forbid")

    agreement: str = Field(min_length=1, max_length=200)
    workload: str = Field(min_length=1, max_length=200)


class Cancel(BaseModel):
    """Which booking is to end."""

    model_config = ConfigDict(extra="forbid")

    booking: str = Field(min_length=1, max_length=500)


class Keep(BaseModel):
    """Of which running drill the sandbox is to stand for so many minutes when the drill is done."""

    model_config = ConfigDict(extra="forbid")

    booking: str = Field(min_length=1, max_length=500)
    minutes: int = Field(default=60, ge=1, le=480)


class Release(BaseModel):
    """Whose sandbox may go."""

    model_config = ConfigDict(extra="forbid")

    booking: str = Field(min_length=1, max_length=500)


class Kept(Form):
    """What was asked of a sandbox; 0 minutes: that it goes. It never outlasts its drill's deadline."""

    booking: str
    minutes: int


class Cancelled(Form):
    """A running drill takes everything back before its booking is `cancelled`."""

    booking: str
    state: StateName
