"""Time lesson 02's training beside the plain Keras recipe: python tests/dense_speed.py.

Both train the same network on the same digits for ten epochs with batch size 32, in one
process and in turns (A B A B); the lesson's way adds `steps_per_execution`. Exit status
1 if the ratio misses its target.
"""

import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from utils.digits import load_digits
from utils.runtime import start

EPOCHS, ROUNDS = 10, 2
LARGEST_RATIO = 0.7


def train(x_train, y_train, **options) -> tuple[float, float]:
    """Return the seconds that `fit` took and the last training accuracy."""
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss=loss, metrics=["accuracy"], **options)
    began = time.perf_counter()
    history = model.fit(x_train, y_train, epochs=EPOCHS, batch_size=32, verbose=0)
    return time.perf_counter() - began, history.history["accuracy"][-1]


def main() -> int:
    """Train in turns, print the table, and return the exit status."""
    start(0)
    digits = load_digits()
    x_train = digits.x_train.astype("float32") / 255
    ways = {"plain": {}, "lesson": {"steps_per_execution": 50}}
    seconds = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, options in ways.items():
            took, accuracy = train(x_train, digits.y_train, **options)
            seconds[name].append(took)
            print(
                f"{name:8}{took:7.1f} s   training accuracy {accuracy:.4f}", flush=True
            )
    ratio = statistics.median(seconds["lesson"]) / statistics.median(seconds["plain"])
    print(f"ratio of medians {ratio:.2f}, target at most {LARGEST_RATIO}")
    return int(ratio > LARGEST_RATIO)


if __name__ == "__main__":
    sys.exit(main())
