"""Typical wrong answers to the exercises of lesson 09: no check may accept one."""

HEAD = 'my_app = fastapi.FastAPI()\n@my_app.post("/parity")\ndef parity(body: dict):\n'
READ = '    image = np.array(body["image"], dtype="float32")\n'
TRY = (
    "    try:\n"
    '        image = np.array(body["image"], dtype="float32")\n'
    "    except (KeyError, ValueError, TypeError):\n"
    '        raise fastapi.HTTPException(422, "Send an image.")\n'
)
SHAPE = (
    "    if image.shape != (28, 28):\n"
    '        raise fastapi.HTTPException(422, "The shape is wrong.")\n'
)
RANGE = (
    "    if not (image.min() >= 0 and image.max() <= 1):\n"
    '        raise fastapi.HTTPException(422, "Not from 0 to 1.")\n'
)
INK = (
    "    if image.max() < 0.1:\n"
    '        raise fastapi.HTTPException(422, "There is no ink.")\n'
)
ANSWER = (
    "    logits = model(image.reshape(1, 28, 28, 1), training=False)\n"
    "    digit = int(np.argmax(logits))\n"
    '    return {"answer": "odd" if digit % 2 else "even"}\n'
)

MISTAKES = {
    1: ['choice = "a"', 'choice = "c"', 'choice = "200"'],
    2: [
        # no checks at all
        HEAD + READ + ANSWER,
        # nothing is checked but that an image is there
        HEAD + TRY + ANSWER,
        # an image without ink is even
        HEAD + TRY + SHAPE + RANGE + ANSWER,
        # NaN is neither below 0 nor above 1
        HEAD
        + TRY
        + SHAPE
        + "    if image.min() < 0 or image.max() > 1:\n"
        + '        raise fastapi.HTTPException(422, "Not from 0 to 1.")\n'
        + INK
        + ANSWER,
        # another status
        (HEAD + TRY + SHAPE + RANGE + INK + ANSWER).replace("422", "400"),
        # a sentence, and status 200
        HEAD + '    return {"detail": "Send an image."}\n',
        # refuses everything
        HEAD + '    raise fastapi.HTTPException(422, "No.")\n',
        # no word for even digits
        (HEAD + TRY + SHAPE + RANGE + INK + ANSWER).replace('else "even"', 'else ""'),
        # the digit itself
        HEAD
        + TRY
        + SHAPE
        + RANGE
        + INK
        + "    logits = model(image.reshape(1, 28, 28, 1), training=False)\n"
        + '    return {"answer": int(np.argmax(logits))}\n',
        # another place
        (HEAD + TRY + SHAPE + RANGE + INK + ANSWER).replace("/parity", "/odd"),
    ],
    3: ["my_bits = 8", "my_bits = 7", "my_bits = 2"],
}
