"""Copy a network's weights, and see how far training has moved them."""

from collections.abc import Sequence

import numpy as np


def copy_weights(variables: Sequence) -> list[np.ndarray]:
    """Copy variables, so that a later training does not change the copies.

    Args:
        variables: of Keras, such as `model.trainable_variables`. `get_weights()` also
            holds moving averages, which change without any training.

    Returns:
        An array for each variable.

    Example:
        >>> import keras
        >>> weight = keras.Variable([1.0, 2.0])
        >>> before = copy_weights([weight])
        >>> _ = weight.assign([1.0, 2.5])
        >>> largest_change([weight], before)
        0.5
    """
    return [variable.numpy() for variable in variables]


def largest_change(variables: Sequence, before: Sequence[np.ndarray]) -> float:
    """Return how far the one number that moved most has moved.

    Args:
        variables: as they are now.
        before: what `copy_weights` gave for the same variables.

    Returns:
        The largest absolute difference, 0.0 if nothing has changed.

    Raises:
        ValueError: another number of variables.

    Example:
        >>> import keras
        >>> largest_change([keras.Variable([1.0, 2.0])], [np.array([1.0, 4.0])])
        2.0
    """
    pairs = zip(variables, before, strict=True)
    return max(float(np.abs(now.numpy() - old).max()) for now, old in pairs)
