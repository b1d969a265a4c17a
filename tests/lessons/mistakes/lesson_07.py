"""Typical wrong answers to the exercises of lesson 07: no check may accept one."""

DISTANCE = "def my_distance(a, b):\n"
COPY = (
    "def is_copy(images, pool):\n"
    "    index, distance = measures.nearest_neighbors(images, pool)\n"
)

MISTAKES = {
    1: [
        # the same count
        "my_count = SAMPLES",
        # a quarter: four times as high
        "my_count = SAMPLES // 4",
        # more digits lower the floor
        "my_count = 2 * SAMPLES",
        'my_count = "half"',
    ],
    2: [
        # sees centres and shapes only
        DISTANCE + "    return measures.frechet_distance(a, b)",
        # averages of products of three features
        DISTANCE + "    return measures.kernel_distance(a, b)",
        # centres only
        DISTANCE + "    return np.linalg.norm(a.mean(axis=0) - b.mean(axis=0))",
        # nothing subtracted: not near 0 for the same cloud
        DISTANCE + "    return cdist(a, b).mean()",
        # "between" counted once
        DISTANCE + "    inside = cdist(a, a).mean() + cdist(b, b).mean()\n"
        "    return cdist(a, b).mean() - inside",
        # the sign
        DISTANCE + "    inside = cdist(a, a).mean() + cdist(b, b).mean()\n"
        "    return inside - 2 * cdist(a, b).mean()",
        # pairs the points by their place in the list
        DISTANCE + "    return np.linalg.norm(a - b, axis=1).mean()",
        # a table of all pairs instead of a number
        DISTANCE + "    return cdist(a, b)",
    ],
    3: [
        # exactly equal: a little noise hides every copy
        COPY + "    return distance == 0",
        # far too generous
        COPY + "    return distance < 6",
        # the distances themselves
        COPY + "    return distance",
        # where, not whether
        COPY + "    return index",
        # the wrong way round
        COPY + "    return distance > 1.0",
        # one answer for all
        COPY + "    return distance.min() < 1.0",
    ],
    4: [
        # the ratio does not stay
        "my_forecast = np.mean([r['digit FID'] for r in results['final']])\n"
        "my_forecast /= np.mean([r['digit FID'] for r in results['real']])",
        # it grows, it does not shrink
        "my_forecast = np.mean([r['digit FID'] for r in results['final']])\n"
        "my_forecast /= np.mean([r['digit FID'] for r in results['real']])\n"
        "my_forecast *= SAMPLES / 5000",
        # the ratio turned over
        "my_forecast = np.mean([r['digit FID'] for r in results['real']])\n"
        "my_forecast /= np.mean([r['digit FID'] for r in results['final']])",
        "my_forecast = 1",
        'my_forecast = "larger"',
    ],
}
