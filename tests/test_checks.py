"""Checks say the right thing to every answer and never raise."""

import numpy as np
import pytest

from utils.checks import CORRECT, NOT_TRIED, NOT_YET, check, require


def undefined():
    return not_written_yet  # noqa: F821


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda: ..., "write your answer"),
        (lambda: [1, None], "write your answer"),
        (lambda: np.array([None, 1]), "write your answer"),
        (undefined, "run the cell above first (name 'not_written_yet' is not defined)"),
    ],
)
def test_an_answer_that_is_missing_was_not_tried(answer, words):
    verdict = check(answer, 3)
    assert verdict.status == NOT_TRIED
    assert words in repr(verdict)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (np.int64(3), 3),
        (0.3, 0.1 + 0.2),
        ("B)", "b"),
        (True, True),
        ((2, 3), (2, 3)),
        (np.float32([1, np.nan]), np.array([1, np.nan])),
        ([np.ones(2), np.zeros((3, 3))], [np.ones(2), np.zeros((3, 3))]),
    ],
)
def test_right_answers_are_correct(answer, expected):
    assert check(lambda: answer, expected).status == CORRECT


@pytest.mark.parametrize(
    ("answer", "expected", "words"),
    [
        (4, 3, "found 4, expected 3"),
        ("a", "b", "'a' is not the answer"),
        (np.ones(3, int), np.ones(3), "holds integers (int64), expected floats"),
        (np.ones(3, np.int64), np.ones(3, np.uint8), "expected unsigned integers"),
        (np.ones(3, np.uint16), np.ones(3, np.uint8), "uint16, expected uint8"),
        ([1.0, 5.0], [1.0, 2.0], "1 of 2 values differ, the first at 1: found 5"),
        (np.eye(2), np.ones((2, 2)), "2 of 4 values differ, the first at (0, 1)"),
        ([np.ones(2)], [np.ones(2), np.ones(3)], "found 1 results, expected 2"),
        ([np.ones(2)] * 2, [np.ones(2), np.ones(3)], "in case 2 of 2 the shape"),
        (3, [np.ones(2)], "found no results"),
        ("text", 3, "holds text"),
    ],
)
def test_wrong_answers_say_what_was_found(answer, expected, words):
    verdict = check(lambda: answer, expected)
    assert verdict.status == NOT_YET
    assert words in verdict.reason


def test_shape_is_reported_before_dtype_before_range_before_value():
    right = np.zeros((2, 2))
    for wrong, word in [
        (np.ones(3, int) * 9, "shape"),
        (np.ones((2, 2), int) * 9, "holds"),
        (np.ones((2, 2)) * 9, "run from 9 to 9"),
        (np.ones((2, 2)), "values differ"),
    ]:
        assert word in check(lambda wrong=wrong: wrong, right, within=(0, 1)).reason


def test_errors_in_the_answer_become_a_sentence():
    def broken():
        raise RuntimeError("line one\nline two")

    def with_typo():
        return undefined() + 1

    assert repr(check(broken, 3)) == (
        "✗ not yet, because your code raised RuntimeError: line one line two"
    )
    assert check(with_typo, 3).reason.startswith("your code raised NameError")
    assert check(lambda: exit(), 3).status == NOT_YET


def test_an_answer_nobody_foresaw_becomes_a_sentence():
    assert check(lambda: [[1, 2], [3]], np.ones((2, 2))).status == NOT_YET
    assert check(lambda: object(), 3).status == NOT_YET
    assert check(lambda: 3, lambda found: found.shape).status == NOT_YET


def test_only_a_known_mistake_is_named():
    assert "found 5" in check(lambda: 5, 4, mistakes=[(6, "no")]).reason


def test_expected_may_be_a_question():
    def above_ninety(found):
        return found > 0.9 or f"{found:.0%} is not above 90 %"

    assert check(lambda: np.float64(0.95), above_ninety).status == CORRECT
    assert check(lambda: 0.5, above_ninety).reason == "50% is not above 90 %"


@pytest.mark.parametrize(
    ("dial", "error", "words"),
    [
        ((101, 1, 100), ValueError, "EPOCHS is 101"),
        ((1.5, 1, 100), TypeError, "EPOCHS is 1.5; a whole number"),
        (("3", 0.0, 1.0), TypeError, "EPOCHS is '3'"),
        ((True, 1, 100), TypeError, "EPOCHS is True"),
        ((-0.1, 0.0, 1.0), ValueError, "EPOCHS is -0.1; a number from 0.0 to 1.0"),
        ((float("nan"), 0.0, 1.0), ValueError, "EPOCHS is nan"),
    ],
)
def test_dials_out_of_range_are_named(dial, error, words):
    with pytest.raises(error, match=words):
        require(EPOCHS=dial)


def test_dials_of_text_are_any_or_one_of_the_words():
    require(FOLDER=("",), MODE=("auto", "auto", "off"))
    with pytest.raises(ValueError, match="FOLDER is -1; a text"):
        require(FOLDER=(-1,))
    with pytest.raises(ValueError, match="MODE is 'on'; a text is .* 'auto' or 'off'"):
        require(MODE=("on", "auto", "off"))


def test_dials_at_their_limits_pass():
    require(A=(1, 1, 100), B=(100, 1, 100), C=(0, 0.0, 1.0), D=(np.int64(5), 1, 9))


def test_a_result_for_each_row_where_one_number_is_asked_is_named():
    found = [np.zeros(2), np.zeros(7)]
    assert "case 1 of 2 the shape is (2,), expected ()" in str(
        check(lambda: found, [0.5, 0.25])
    )
