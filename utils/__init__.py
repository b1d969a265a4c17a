"""What the lessons share; what a lesson teaches is written in the lesson."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
SIDE = 28  # an image of a digit is 28 x 28 pixels
