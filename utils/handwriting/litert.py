"""Convert a network to LiteRT (earlier: TensorFlow Lite), with weights of 8 bits."""

import contextlib
import io
import logging
import warnings
from collections.abc import Callable

import numpy as np


def convert(network) -> tuple[bytes, Callable[[np.ndarray], np.ndarray]]:
    """Convert a network, and prepare the converted one for single images.

    What TensorFlow prints on the way, among it that ``tf.lite`` moves to a package of
    its own, is dropped.

    Args:
        network: a keras.Model of one input and one output.

    Returns:
        The bytes of the .tflite file, and a function from one float32 image, say
        (1, 28, 28, 1), to its logits, say (1, 10).
    """
    import tensorflow as tf

    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.callback(logging.disable, logging.root.manager.disable)
        logging.disable(logging.WARNING)
        converter = tf.lite.TFLiteConverter.from_keras_model(network)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        content = converter.convert()
        interpreter = tf.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    (place,) = interpreter.get_input_details()
    (result,) = interpreter.get_output_details()

    def call(image: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(place["index"], np.asarray(image, "float32"))
        interpreter.invoke()
        return interpreter.get_tensor(result["index"])

    return content, call
