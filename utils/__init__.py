"""Plumbing that the lessons share; what a lesson teaches is written in the lesson."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
