"""The digits of every lesson: MNIST where it can be had, drawn by a program if not."""

from utils.digits.load import Digits, load_digits
from utils.digits.mnist import DigitsError
from utils.digits.moves import move_digits

__all__ = ["Digits", "DigitsError", "load_digits", "move_digits"]
