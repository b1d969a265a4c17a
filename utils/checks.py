"""Checks for exercises (*not tried yet / not yet, because … / correct*) and dials."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

NOT_TRIED, NOT_YET, CORRECT = "not tried yet", "not yet", "correct"
KINDS = {
    "b": "true/false values",
    "i": "integers",
    "u": "unsigned integers",
    "f": "floats",
    "U": "text",
}


@dataclass(frozen=True)
class Check:
    """What a check found; a notebook shows it as one line.

    Attributes:
        status: one of NOT_TRIED, NOT_YET, CORRECT.
        reason: why, in words; empty when there is nothing to add.
    """

    status: str
    reason: str = ""

    def __repr__(self) -> str:
        mark = {NOT_TRIED: "…", NOT_YET: "✗", CORRECT: "✓"}[self.status]
        because = ", because " if self.status == NOT_YET else ": "
        return f"{mark} {self.status}" + (because + self.reason if self.reason else "")


def check(
    answer: Callable[[], Any],
    expected: Any,
    *,
    atol: float = 1e-5,
    within: tuple[float, float] | None = None,
    mistakes: Sequence[tuple[Any, str]] = (),
) -> Check:
    """Compare a learner's answer with what is expected; never raise at the learner.

    The answer comes as a function, so that a cell not run yet or an error inside the
    learner's code becomes a sentence instead of a traceback. Shape is compared first,
    then dtype, range and values: the first difference is the one reported. Text may
    differ in case and brackets, as "B)" for "b", and a wrong one does not give away
    the right one.

    Args:
        answer: called without arguments; gives a number, text, an array-like, or a
            list of them. None or ... anywhere means "not tried yet".
        expected: the right value, or a function of the answer that returns True or a
            sentence saying what is wrong.
        atol: largest allowed difference of a number.
        within: lowest and highest value allowed in the answer.
        mistakes: pairs (wrong value, what it tells) for answers that are wrong.

    Returns:
        The verdict as a Check.

    Example:
        >>> check(lambda: None, 3)
        … not tried yet: write your answer in the cell above and run it
        >>> check(lambda: 2 + 1, 3)
        ✓ correct
        >>> check(lambda: np.zeros((2, 3)), np.zeros((3, 2)))
        ✗ not yet, because the shape is (2, 3), expected (3, 2)
        >>> check(lambda: 4, 3, mistakes=[(4, "you counted the border twice")])
        ✗ not yet, because you counted the border twice
    """
    try:
        found = answer()
    except (Exception, SystemExit) as error:  # whatever the learner's code does
        own_frame = error.__traceback__.tb_next
        if type(error) is NameError and not own_frame.tb_next:  # not inside a function
            return Check(NOT_TRIED, f"run the cell above first ({_one_line(error)})")
        kind = type(error).__name__
        return Check(NOT_YET, f"your code raised {kind}: {_one_line(error)}")
    if _is_empty(found):
        return Check(NOT_TRIED, "write your answer in the cell above and run it")
    try:
        return _judge(found, expected, atol, within, mistakes)
    except Exception as error:  # noqa: BLE001 - an answer nobody foresaw
        return Check(
            NOT_YET,
            f"an answer of type {type(found).__name__} cannot be compared "
            f"({_one_line(error)})",
        )


def require(**dials: tuple) -> None:
    """Stop a lesson whose dials are out of range, before it costs any time.

    Args:
        dials: name=(value, lowest, highest); whole bounds ask for a whole number. For
            texts: name=(value, word, word, ...), or name=(value,) if any text will do.

    Raises:
        TypeError: a value that is no number, or not whole where it must be.
        ValueError: a value out of range, or none of the words.

    Example:
        >>> require(EPOCHS=(10, 1, 100), RATE=(0.1, 0.0, 1.0))
        >>> require(EPOCHS=(0, 1, 100))
        Traceback (most recent call last):
        ValueError: EPOCHS is 0; a whole number from 1 to 100 is allowed
    """
    for name, (value, *bounds) in dials.items():
        if all(isinstance(bound, str) for bound in bounds):
            if not isinstance(value, str) or bounds and value not in bounds:
                words = " or ".join(map(repr, bounds)) or "in quotes"
                raise ValueError(f"{name} is {value!r}; a text is allowed: {words}")
            continue
        low, high = bounds
        whole = isinstance(low, int) and isinstance(high, int)
        kind = "a whole number" if whole else "a number"
        message = f"{name} is {value!r}; {kind} from {low} to {high} is allowed"
        allowed = int | np.integer if whole else int | float | np.number
        if isinstance(value, bool) or not isinstance(value, allowed):
            raise TypeError(message)
        if not low <= value <= high:
            raise ValueError(message)


def _judge(found, expected, atol, within, mistakes) -> Check:
    if callable(expected):
        verdict = expected(found)
        if isinstance(verdict, str):
            reason = verdict
        elif verdict:
            return Check(CORRECT)
        else:
            reason = f"found {_short(found)}"
    else:
        reason = _difference(found, expected, atol, within)
        if not reason:
            return Check(CORRECT)
    for wrong, tells in mistakes:
        if not _difference(found, wrong, atol, None):
            return Check(NOT_YET, tells)
    return Check(NOT_YET, reason)


def _difference(found, expected, atol, within) -> str:
    """Return what is different, in words, or an empty string."""
    if isinstance(expected, str) and isinstance(found, str):
        same = found.strip(" ().").lower() == expected.lower()
        return "" if same else f"{found!r} is not the answer"
    parts = [*expected, *found] if _are_lists(expected, found) else expected
    if isinstance(expected, list | tuple) and any(np.ndim(part) for part in parts):
        return _difference_of_lists(found, expected, atol, within)
    found, expected = _array(found), _array(expected)
    if found.shape != expected.shape:
        return f"the shape is {found.shape}, expected {expected.shape}"
    if not _same_kind(found, expected):
        kinds = [KINDS.get(a.dtype.kind, str(a.dtype)) for a in (found, expected)]
        if kinds[0] == kinds[1]:
            return f"the dtype is {found.dtype}, expected {expected.dtype}"
        return f"the answer holds {kinds[0]} ({found.dtype}), expected {kinds[1]}"
    if within and found.size and not np.isnan(found).all():
        low, high = np.nanmin(found), np.nanmax(found)
        if low < within[0] - atol or high > within[1] + atol:
            return (
                f"the values run from {low:.4g} to {high:.4g}, "
                f"allowed are {within[0]:.4g} to {within[1]:.4g}"
            )
    if found.dtype.kind == "U":
        wrong = found != expected
    else:
        wrong = ~np.isclose(found, expected, rtol=1e-5, atol=atol, equal_nan=True)
    if not wrong.any():
        return ""
    if not found.ndim:
        return f"found {_short(found[()])}, expected {_short(expected[()])}"
    where = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = where[0] if len(where) == 1 else where
    return (
        f"{wrong.sum()} of {wrong.size} values differ, the first at {place}: "
        f"found {_short(found[where])}, expected {_short(expected[where])}"
    )


def _difference_of_lists(found, expected, atol, within) -> str:
    if not hasattr(found, "__len__") or len(found) != len(expected):
        size = len(found) if hasattr(found, "__len__") else "no"
        return f"found {size} results, expected {len(expected)}"
    for case, (one, right) in enumerate(zip(found, expected, strict=True), start=1):
        if reason := _difference(one, right, atol, within):
            return f"in case {case} of {len(expected)} {reason}"
    return ""


def _are_lists(*values) -> bool:
    return all(isinstance(value, list | tuple) for value in values)


def _array(value) -> np.ndarray:
    return value.numpy() if hasattr(value, "numpy") else np.asarray(value)


def _same_kind(found, expected) -> bool:
    """Numbers on their own may be of any kind; arrays must agree on theirs."""
    kinds = found.dtype.kind, expected.dtype.kind
    if not found.ndim and set(kinds) <= set("iuf"):
        return True
    if expected.dtype.kind in "iu":
        small = expected.dtype.itemsize == 1  # uint8 pixels: the size matters too
        return kinds[0] == kinds[1] and (not small or found.dtype == expected.dtype)
    return kinds[0] == kinds[1]


def _is_empty(value) -> bool:
    if value is None or value is Ellipsis:
        return True
    if isinstance(value, list | tuple):
        return any(_is_empty(one) for one in value)
    return (
        isinstance(value, np.ndarray)
        and value.dtype == object
        and (any(_is_empty(one) for one in value.flat))
    )


def _short(value) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return text if len(text) <= 60 else text[:57] + "..."


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 160 else text[:157] + "..."
