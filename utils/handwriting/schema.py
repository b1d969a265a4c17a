"""What the API of `utils.handwriting.server` takes and gives: the models behind its schema."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from utils.handwriting import uploads

Digit = Annotated[int, Field(ge=0, le=9)]
Probability = Annotated[float, Field(ge=0, le=1)]
Row = Annotated[
    list[Annotated[int, Field(ge=0, le=255)]], Field(min_length=28, max_length=28)
]


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
    image: list[Row] = Field(
        min_length=28,
        max_length=28,
        description="what the model saw: 28 rows of 28, 0 is paper, 255 is ink",
    )
    model: Model


class Health(BaseModel):
    """The server is up."""

    status: Literal["ok"]
    model: Model


class Problem(BaseModel):
    """Why there is no answer."""

    error: str = Field(description="what was received and what is allowed")


EXAMPLES = {  # what a status means here, and a sentence that comes with it
    400: ("Broken", "The body is empty; send a picture of one digit."),
    408: ("Too slow", "The body took over 15 seconds; send it faster."),
    413: ("Too large", "The body is too large; 10,000,000 bytes are allowed."),
    415: ("Of another type", 'The Content-Type is "text/plain"; it is not allowed.'),
    422: ("No picture", "image has 27 rows; 28 rows of 28 numbers are allowed."),
    503: ("Busy", "The server is busy; ask again in a moment."),
}


def describe_problems(*statuses: int) -> dict:
    """Return what the schema says of these statuses of EXAMPLES."""
    return {
        status: {
            "model": Problem,
            "description": EXAMPLES[status][0],
            "content": {
                "application/json": {"example": {"error": EXAMPLES[status][1]}}
            },
        }
        for status in statuses
    }


_SIZE = {"minItems": 28, "maxItems": 28}
_NUMBER = {"type": "number", "minimum": 0, "maximum": 255}
_BINARY = {"type": "string", "format": "binary"}
_FORM = {"type": "object", "properties": {"file": _BINARY}, "required": ["file"]}
_IMAGE = {
    "type": "array",
    **_SIZE,
    "items": {"type": "array", **_SIZE, "items": _NUMBER},
    "description": "0 is paper; 1 is ink, or 255 is, where a number is above 1",
}
_JSON = {
    "type": "object",
    "properties": {"image": _IMAGE},
    "required": ["image"],
    "additionalProperties": False,
}
_ONE = [[0] * 28] * 6 + [[0] * 13 + [1] * 2 + [0] * 13] * 16 + [[0] * 28] * 6
REQUEST = {  # the body of POST /api/recognize
    "required": True,
    "description": "A picture of one digit, by itself or as the one file of a form, or "
    "28 rows of 28 numbers as the model sees them.",
    "content": {
        uploads.PICTURE: {"schema": _BINARY},
        uploads.BYTES: {"schema": _BINARY},
        uploads.FORM: {
            "schema": _FORM,
            "encoding": {"file": {"contentType": uploads.PICTURE}},
        },
        uploads.JSON: {"schema": _JSON, "example": {"image": _ONE}},
    },
}
