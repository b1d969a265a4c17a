"""What the API of `utils.handwriting.server` takes and gives, as pydantic models.

They read the JSON of a request, and make the schema at /openapi.json.
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from utils import SIDE

PICTURE, BYTES = "image/*", "application/octet-stream"
FORM, JSON = "multipart/form-data", "application/json"

Digit = Annotated[int, Field(ge=0, le=9)]
Probability = Annotated[float, Field(ge=0, le=1)]


def rows_of(number):
    """Return the type of an image as lists: 28 rows of 28 numbers of a type."""
    size = Field(min_length=SIDE, max_length=SIDE)
    return Annotated[list[Annotated[list[number], size]], size]


class UnitImage(BaseModel):
    """An image of a digit, its numbers from 0 (paper) to 1 (ink)."""

    model_config = ConfigDict(extra="forbid", strict=True)
    image: rows_of(Annotated[float, Field(ge=0, le=1)])
    max: float = Field(1, ge=1, le=1, description="the number of full ink")

    def to_array(self) -> np.ndarray:
        """Return the image as float32 (28, 28) in [0, 1]."""
        return (np.array(self.image) / self.max).astype(np.float32)


class ByteImage(UnitImage):
    """An image of a digit, its numbers from 0 (paper) to 255 (ink), as "max" says."""

    image: rows_of(Annotated[float, Field(ge=0, le=255)])
    max: float = Field(ge=255, le=255, description="the number of full ink")


class Model(BaseModel):
    """Which model answers."""

    name: str = Field(examples=["cnn_augmented"])
    digits: str = Field(description="what it learned from", examples=["MNIST"])


class Ranked(BaseModel):
    """A digit and how likely it is."""

    digit: Digit
    probability: Probability


class Reply(BaseModel):
    """What the model says about one picture."""

    answer: Literal[*"0123456789", "not sure", "no digit", "more than one digit"]
    digit: Digit | None = Field(description="null unless the answer is a digit")
    probabilities: (
        Annotated[list[Probability], Field(min_length=10, max_length=10)] | None
    ) = Field(description="of 0 to 9; null if there is no digit, or more than one")
    top: list[Ranked] = Field(max_length=3, description="the likeliest, best first")
    image: rows_of(Annotated[int, Field(ge=0, le=255)]) = Field(
        description="what the model saw: 0 is paper, 255 is ink"
    )
    model: Model


class Health(BaseModel):
    """The server is up."""

    status: Literal["ok"]
    model: Model


class Problem(BaseModel):
    """Why there is no answer."""

    error: str = Field(description="what was received and what is allowed")


def describe_problems(*statuses: int) -> dict:
    """Return what the schema says of these HTTP statuses."""
    words = {
        400: "Broken: an empty body, half a form, text that is no JSON",
        408: "Too slow",
        413: "Too large",
        415: "Of another type",
        422: "No picture, or no 28 rows of 28 numbers in the range",
        503: "Busy: ask again in a moment",
    }
    return {s: {"model": Problem, "description": words[s]} for s in statuses}


def describe_request() -> dict:
    """Return what the schema says of the body of POST /api/recognize."""
    binary = {"type": "string", "format": "binary"}
    form = {"type": "object", "properties": {"file": binary}, "required": ["file"]}
    images = [model.model_json_schema() for model in (UnitImage, ByteImage)]
    one = np.zeros((SIDE, SIDE))
    one[6:22, 13:15] = 1
    return {
        "required": True,
        "description": "A picture of one digit, by itself or as the one file of a "
        "form, or 28 rows of 28 numbers as the model sees them.",
        "content": {
            PICTURE: {"schema": binary},
            BYTES: {"schema": binary},
            FORM: {"schema": form, "encoding": {"file": {"contentType": PICTURE}}},
            JSON: {"schema": {"anyOf": images}, "example": {"image": one.tolist()}},
        },
    }
