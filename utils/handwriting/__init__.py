"""From a photo or a stroke of the pen to an answer: preparation, pad and server."""
