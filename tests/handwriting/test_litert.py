"""LiteRT reads digits as the network does, from a smaller file, and in silence."""

import numpy as np

from utils.handwriting.litert import convert


def test_it_reads_as_the_network_does_and_is_small(recognizer, images, capfd):
    content, call = convert(recognizer.model)
    batch = images[..., None].astype("float32") / 255
    found = [int(call(image[None]).argmax()) for image in batch]
    assert found == list(range(10))
    logits = recognizer.model(batch, training=False).numpy()
    difference = np.abs(call(batch[:1]) - logits[0]).max()
    assert 0 < difference < 0.1 * np.abs(logits).max(), "8 bits are close, not equal"
    parameters = recognizer.model.count_params()
    assert len(content) < 1.3 * parameters, "about one byte for each"
    assert capfd.readouterr().out == ""
